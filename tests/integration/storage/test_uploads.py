"""One contract for uploads on their way in: a fake, a folder, a real S3 server."""

import os
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest

from inspection.model.errors import NotFound, WrongDigest
from inspection.model.upload import upload_name
from inspection.ports import ObjectStore, UploadStore
from storage.objects import uploads_s3
from storage.objects.build import build_objects, build_uploads
from storage.objects.s3 import S3Objects
from storage.objects.uploads_s3 import MOST_PARTS, PART, S3Uploads, part_size
from tests.fake_uploads import FakeUploadStore
from tests.fakes import FakeObjects

KINDS = ["fake", "folder", "s3"]
SMALL = 5 << 20  # the least that S3 takes as a part


@dataclass(frozen=True)
class Place:
    uploads: UploadStore
    objects: ObjectStore


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    if request.param == "fake":
        objects = FakeObjects()
        return Place(FakeUploadStore(objects), objects)
    settings: dict[str, object] = {"kind": "folder", "folder": str(tmp_path / "objects")}
    if request.param == "s3":
        monkeypatch.setattr(uploads_s3, "PART", SMALL)
        s3, bucket = request.getfixturevalue("s3"), request.getfixturevalue("bucket")
        settings = {"kind": "s3", "endpoint": s3.endpoint, "bucket": bucket, "secure": False}
        settings |= {"access_key": s3.access_key, "secret_key": s3.secret_key}
    return Place(build_uploads(settings), build_objects(settings))


every = pytest.mark.parametrize("place", KINDS, indirect=True)


def send(place: Place, id: str, data: bytes, breaks: list[int]) -> str:
    """In stretches that end at these offsets, each by a writer of its own, as after a broken link."""
    token, at = place.uploads.begin(id, len(data)), 0
    for end in [*breaks, len(data)]:
        writer = place.uploads.resume(id, token, len(data), at)
        writer.write(data[at:end])
        at = writer.keep()
        writer.close()
        assert at == end
    return token


def read(place: Place, id: str) -> bytes:
    with place.objects.open(upload_name(id)) as source:
        return source.read()


@every
def test_what_came_in_pieces_is_one_object(place: Place) -> None:
    data = os.urandom(2 * SMALL + 12_345)
    token = send(place, "a1", data, [1, 70_000, SMALL - 1, SMALL, SMALL + 1, 2 * SMALL])
    place.uploads.finish("a1", token, len(data))
    assert sha256(read(place, "a1")).digest() == sha256(data).digest()
    assert place.objects.size(upload_name("a1")) == len(data)
    with place.objects.open(upload_name("a1"), SMALL - 2, SMALL + 2) as part:
        assert part.read() == data[SMALL - 2 : SMALL + 2]


@every
def test_finishing_again_is_harmless(place: Place) -> None:
    token = send(place, "a2", b"film" * 1000, [])
    place.uploads.finish("a2", token, 4000)
    place.uploads.finish("a2", token, 4000)
    assert read(place, "a2") == b"film" * 1000


@every
def test_what_was_not_kept_is_sent_again_and_the_later_bytes_count(place: Place) -> None:
    data = os.urandom(SMALL + 1000)
    token = place.uploads.begin("a3", len(data))
    lost = place.uploads.resume("a3", token, len(data), 0)
    lost.write(os.urandom(SMALL + 500))
    lost.close()
    writer = place.uploads.resume("a3", token, len(data), 0)
    writer.write(data)
    assert writer.keep() == len(data)
    writer.close()
    place.uploads.finish("a3", token, len(data))
    assert read(place, "a3") == data


@every
def test_what_is_given_up_is_gone(place: Place) -> None:
    token = send(place, "a4", b"film" * 1000, [100])
    place.uploads.drop("a4", token)
    place.uploads.drop("a4", token)
    with pytest.raises(NotFound):
        place.objects.open(upload_name("a4"))
    assert not list(place.objects.all())


@every
def test_a_whole_upload_is_listed_by_its_name_and_nothing_can_be_put_there(place: Place) -> None:
    token = send(place, "a5", b"film", [2])
    place.uploads.finish("a5", token, 4)
    assert list(place.objects.all()) == [("u-a5", 4)]
    if not isinstance(place.objects, FakeObjects):
        with pytest.raises(WrongDigest):
            place.objects.put("u-a5", BytesIO(b"else"), 4)


@pytest.mark.parametrize("place", ["s3"], indirect=True)
def test_a_link_that_breaks_two_hundred_times_uses_no_more_parts(place: Place) -> None:
    data = os.urandom(2 * SMALL + 500)
    token = send(place, "a6", data, [len(data) * n // 201 for n in range(1, 201)])
    assert isinstance(place.uploads, S3Uploads)
    assert len(place.uploads._parts("a6", token)) == 3
    place.uploads.finish("a6", token, len(data))
    assert read(place, "a6") == data


@pytest.mark.parametrize("place", ["s3"], indirect=True)
def test_parts_are_listed_page_by_page(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service tells a thousand at a time at most; here two."""
    monkeypatch.setattr(uploads_s3, "PAGE", 2)
    data = os.urandom(4 * SMALL + 500)
    token = send(place, "a7", data, [3 * SMALL + 100])
    place.uploads.finish("a7", token, len(data))
    assert read(place, "a7") == data


@pytest.mark.parametrize("size", [1, PART, 50 * 10**9, PART * MOST_PARTS + 1, 5 * 10**12])
def test_every_size_fits_into_ten_thousand_equal_parts(size: int) -> None:
    part = part_size(size)
    assert -(-size // part) + 1 <= 10_000
    assert part >= 5 << 20
    assert size > 80 * 10**9 or part == PART  # memory: one such part an upload


def test_ids_from_outside_are_no_paths(tmp_path: Path) -> None:
    uploads = build_uploads({"kind": "folder", "folder": str(tmp_path)})
    for id in ("../a", "", "A", "a/b", "a" * 33):
        with pytest.raises(NotFound):
            uploads.begin(id, 1)


def test_the_bucket_of_uploads_is_that_of_objects() -> None:
    keys = {"endpoint": "localhost:1", "bucket": "b", "access_key": "a", "secret_key": "s", "secure": False}
    uploads = build_uploads({"kind": "s3", **keys})
    assert isinstance(uploads, S3Uploads)
    assert isinstance(uploads._objects, S3Objects)
