"""One contract for every object store: a fake, a folder, a real S3 server."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pytest

from inspection.model.errors import NotFound, WrongDigest
from inspection.model.package import store_line
from inspection.ports import ObjectStore
from storage.objects.build import build_objects
from tests.fakes import FakeObjects

KINDS = ["fake", "folder", "s3"]
SIZES = [0, 1, 65_536, 1_048_576 + 1]


def digest_of(data: bytes) -> str:
    return sha256(data).hexdigest()


def put(objects: ObjectStore, data: bytes) -> str:
    digest = digest_of(data)
    objects.put(digest, BytesIO(data), len(data))
    return digest


@pytest.fixture
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "fake":
        return FakeObjects()
    if request.param == "folder":
        return build_objects({"kind": "folder", "folder": str(tmp_path / "objects")})
    s3, bucket = request.getfixturevalue("s3"), request.getfixturevalue("bucket")
    keys = {"access_key": s3.access_key, "secret_key": s3.secret_key}
    return build_objects({"kind": "s3", "endpoint": s3.endpoint, "bucket": bucket, "secure": False, **keys})


every = pytest.mark.parametrize("objects", KINDS, indirect=True)


@every
@pytest.mark.parametrize("size", SIZES)
def test_what_was_put_is_read_again(objects: ObjectStore, size: int) -> None:
    data = os.urandom(size)
    digest = put(objects, data)
    with objects.open(digest) as body:
        assert body.read() == data
    assert objects.size(digest) == size
    assert objects.confirm(digest, size)


@every
def test_bytes_are_kept_under_their_own_digest_only(objects: ObjectStore) -> None:
    digest = put(objects, b"first")
    put(objects, b"first")
    for other in (b"second", b"first and more", b"fir", b""):
        with pytest.raises(WrongDigest):
            objects.put(digest, BytesIO(other), len(other))
    with objects.open(digest) as body:
        assert body.read() == b"first"


@every
def test_what_does_not_match_leaves_nothing(objects: ObjectStore) -> None:
    digest = digest_of(b"promised")
    for data, size in ((b"sent", 4), (b"promised", 7), (b"promised", 9)):
        with pytest.raises(WrongDigest):
            objects.put(digest, BytesIO(data), size)
    assert objects.size(digest) is None
    assert not objects.confirm(digest, 8)


@every
@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (0, None, b"0123456789"),
        (3, None, b"3456789"),
        (0, 4, b"0123"),
        (3, 7, b"3456"),
        (9, 10, b"9"),
        (4, 4, b""),
        (6, 2, b""),
        (8, 99, b"89"),
        (10, None, b""),
        (11, 20, b""),
    ],
)
def test_a_range_is_read_without_the_rest(objects: ObjectStore, start: int, end: int | None, expected: bytes) -> None:
    digest = put(objects, b"0123456789")
    with objects.open(digest, start, end) as body:
        assert body.read() == expected


@every
def test_reading_in_small_pieces_ends_where_the_range_ends(objects: ObjectStore) -> None:
    data = os.urandom(200_000)
    digest = put(objects, data)
    with objects.open(digest, 1_000, 150_001) as body:
        pieces = list(iter(lambda: body.read(70_001), b""))
    assert b"".join(pieces) == data[1_000:150_001]


@every
@pytest.mark.parametrize("digest", ["0" * 64, "../../etc/passwd", "", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_what_is_not_there_is_said_to_be_missing(objects: ObjectStore, digest: str) -> None:
    assert objects.size(digest) is None
    assert not objects.confirm(digest, 0)
    for start, end in ((0, None), (0, 0), (5, 9)):
        with pytest.raises(NotFound) as refusal:
            objects.open(digest, start, end)
        assert refusal.value.code == "object-missing"


@every
def test_confirming_asks_for_the_right_size_too(objects: ObjectStore) -> None:
    digest = put(objects, b"0123456789")
    assert objects.confirm(digest, 10)
    assert not objects.confirm(digest, 9)
    assert not objects.confirm(digest, 11)


@dataclass
class Dripping:
    """A source that gives a few bytes at a time, as a socket does."""

    data: bytes

    def read(self, size: int = -1) -> bytes:
        most = len(self.data) if size < 0 else min(size, 7)
        piece, self.data = self.data[:most], self.data[most:]
        return piece


@every
def test_a_source_may_give_fewer_bytes_than_it_is_asked_for(objects: ObjectStore) -> None:
    data = os.urandom(100)
    source: BinaryIO = Dripping(data)  # type: ignore[assignment]
    objects.put(digest_of(data), source, len(data))
    assert objects.confirm(digest_of(data), 100)


@every
def test_many_at_once_may_put_the_same_bytes(objects: ObjectStore, together: Callable[..., None]) -> None:
    data = os.urandom(300_000)
    together(8, lambda _: put(objects, data))
    assert objects.confirm(digest_of(data), len(data))


@every
def test_every_object_is_listed_with_its_size(objects: ObjectStore) -> None:
    kept = {put(objects, os.urandom(size)): size for size in (0, 1, 70_000)}
    assert dict(objects.all()) == kept


@every
def test_a_store_without_a_lock_says_so(objects: ObjectStore) -> None:
    digest = put(objects, b"kept")
    assert not objects.keeping().object_lock
    assert store_line(objects.keeping()).endswith("; no object lock")
    assert objects.lock(digest) is None
