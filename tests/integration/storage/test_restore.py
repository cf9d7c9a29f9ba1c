"""An object that was replaced, or is gone, is put back from another copy, and only by bytes that have its digest."""

import shutil
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from inspection.model.difference import Difference, Repair
from inspection.model.errors import WrongDigest
from inspection.model.upload import upload_name
from inspection.ports import Alone, Copies, ObjectStore
from inspection.services.fsck import fsck
from server.outbound.copies import FoundCopies
from storage.objects.build import build_objects
from storage.objects.bytes import key_of
from storage.objects.local import ASIDE, LocalObjects
from tests.builders import Stage
from tests.fixtures.s3 import S3


class Kept(Stage):
    """A settled stage over a real store; `package` is a folder with its package, `data` what the store should hold."""

    def __init__(self, store: Any, folder: Path) -> None:
        super().__init__()
        files = self.exported()
        self.logged()
        self.data = dict(self.store)
        self.package = folder / "package"
        for path, data in files.items():
            (self.package / path).parent.mkdir(parents=True, exist_ok=True)
            (self.package / path).write_bytes(data)
        for digest, data in self.data.items():
            store.put(digest, BytesIO(data), len(data))
        self.store = store

    def looked(self, *repairs: Repair, copies: Copies | None = None) -> list[Difference]:
        return list(fsck(self.office, self.store, Alone(), (), frozenset(repairs), copies=copies))

    def some(self) -> list[str]:
        """A segment, an init segment, a snapshot: what a package holds in one piece, and in part of one."""
        return [
            next(digest for digest, data in self.data.items() if data.startswith(start))
            for start in (b"moof", b"ftyp", b"\xff\xd8")
        ]


def told(found: list[Difference]) -> dict[str, tuple[str, bool]]:
    return {one.where.split(" ")[0]: (one.code, one.repaired) for one in found}


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(LocalObjects(tmp_path / "objects"), tmp_path)


def spoil(kept: Kept, folder: Path) -> list[str]:
    """The first of `some` is replaced by bytes of the same length, the second is longer, the third is gone."""
    digests = kept.some()
    for digest, data in zip(digests, (bytes(len(kept.data[digests[0]])), b"much longer" * 99, None), strict=True):
        path = folder / "objects" / key_of(digest)
        path.chmod(0o640)
        path.unlink() if data is None else path.write_bytes(data)
    return digests


def test_from_a_package_whatever_was_done_to_them(kept: Kept, tmp_path: Path) -> None:
    replaced, longer, gone = spoil(kept, tmp_path)
    assert told(kept.looked()) == {
        replaced: ("object-replaced", False), longer: ("object-replaced", False), gone: ("object-missing", False),
    }  # fmt: skip
    mended = kept.looked(Repair.RESTORE, copies=FoundCopies([kept.package]))
    assert {one.repair for one in mended} == {Repair.RESTORE}
    assert all(one.repaired for one in mended)
    assert kept.looked() == []
    for digest in (replaced, longer, gone):
        with kept.store.open(digest) as source:
            assert source.read() == kept.data[digest]


def test_what_stood_in_their_place_is_kept_aside(kept: Kept, tmp_path: Path) -> None:
    replaced, longer, _ = spoil(kept, tmp_path)
    kept.looked(Repair.RESTORE, copies=FoundCopies([kept.package]))
    aside = {path.name.split(".")[0]: path.read_bytes() for path in (tmp_path / "objects" / ASIDE).iterdir()}
    assert aside == {replaced: bytes(len(kept.data[replaced])), longer: b"much longer" * 99}


def test_from_a_folder_of_any_names(kept: Kept, tmp_path: Path) -> None:
    digests = spoil(kept, tmp_path)
    spool = tmp_path / "spool" / "node" / "track"
    spool.mkdir(parents=True)
    for number, digest in enumerate(digests):
        (spool / f"{number:06}.m4s").write_bytes(kept.data[digest])
    assert all(one.repaired for one in kept.looked(Repair.RESTORE, copies=FoundCopies([tmp_path / "spool"])))
    assert kept.looked() == []


def test_a_copy_with_other_bytes_is_passed_over(kept: Kept, tmp_path: Path) -> None:
    digests = spoil(kept, tmp_path)
    false = tmp_path / "false"
    false.mkdir()
    for number, digest in enumerate(digests):
        (false / str(number)).write_bytes(b"x" * len(kept.data[digest]))
    before = told(kept.looked())
    assert told(kept.looked(Repair.RESTORE, copies=FoundCopies([false]))) == before
    forged = shutil.copytree(kept.package, tmp_path / "forged")
    for path in (*forged.rglob("*.mp4"), *forged.rglob("*.jpg")):
        path.write_bytes(b"x" * path.stat().st_size)
    assert told(kept.looked(Repair.RESTORE, copies=FoundCopies([forged]))) == before
    assert all(one.repaired for one in kept.looked(Repair.RESTORE, copies=FoundCopies([false, forged, kept.package])))


def test_a_package_that_lies_about_its_layout_does_no_harm(kept: Kept, tmp_path: Path) -> None:
    spoil(kept, tmp_path)
    for path in kept.package.rglob("files.json"):
        path.write_text('{"files": [{"name": "../../../etc/passwd", "init": {}, "segments": [7]}, 5]}')
    found = kept.looked(Repair.RESTORE, copies=FoundCopies([kept.package]))
    assert {one.code for one in found if not one.repaired} == {"object-replaced"}


def test_it_is_done_only_when_it_is_asked_for(kept: Kept, tmp_path: Path) -> None:
    spoil(kept, tmp_path)
    before = told(kept.looked())
    assert told(kept.looked(copies=FoundCopies([kept.package]))) == before
    assert told(kept.looked(Repair.RESTORE)) == before  # nowhere to take it from


def test_a_path_that_is_nothing_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no package")
    for path in (tmp_path / "file", tmp_path / "none"):
        with pytest.raises(OSError, match=path.name):
            FoundCopies([path])


@pytest.fixture(params=["versions", "plain"])
def in_service(s3: S3, tmp_path: Path, request: pytest.FixtureRequest) -> tuple[Kept, str, bool]:
    """A stage over a bucket that keeps versions (as one with Object Lock does), and over one that does not."""
    versions = request.param == "versions"
    bucket = s3.new_bucket(object_lock=versions)
    keys = {"access_key": s3.access_key, "secret_key": s3.secret_key}
    store: ObjectStore = build_objects(
        {"kind": "s3", "endpoint": s3.endpoint, "bucket": bucket, "secure": False, **keys}
    )
    return Kept(store, tmp_path), bucket, versions


def test_from_an_older_version_or_a_package(in_service: tuple[Kept, str, bool], s3: S3) -> None:
    kept, bucket, versions = in_service
    replaced, _, gone = kept.some()
    wrong = b"x" * len(kept.data[replaced])
    s3.client().put_object(bucket_name=bucket, object_name=key_of(replaced), data=BytesIO(wrong), length=len(wrong))
    s3.client().remove_object(bucket_name=bucket, object_name=key_of(gone))
    assert told(kept.looked()) == {replaced: ("object-replaced", False), gone: ("object-missing", False)}
    by_itself = kept.looked(Repair.RESTORE)
    assert all(one.repaired is versions for one in by_itself)
    assert all(one.repaired for one in kept.looked(Repair.RESTORE, copies=FoundCopies([kept.package])))
    assert kept.looked() == []
    with kept.store.open(replaced) as source:
        assert source.read() == kept.data[replaced]
    everything = s3.client().list_objects(bucket_name=bucket, recursive=True, include_version=True)
    held = {(one.object_name, one.version_id) for one in everything if not one.is_delete_marker}
    bodies = [
        s3.client().get_object(bucket_name=bucket, object_name=name, version_id=version if versions else None).read()
        for name, version in held
    ]
    assert wrong in bodies  # what stood there is kept: as a version, or aside


def test_a_store_takes_no_other_bytes_in_place_of_others(in_service: tuple[Kept, str, bool], tmp_path: Path) -> None:
    kept, _, _ = in_service
    for store in (kept.store, LocalObjects(tmp_path / "other")):
        digest, data = sha256(b"right").hexdigest(), b"wrong"
        with pytest.raises(WrongDigest):
            store.restore(digest, digest, BytesIO(data), len(data))
        assert store.size(digest) is None
        name = upload_name("up1")
        store.restore(name, digest, BytesIO(b"right"), 5)
        with store.open(name) as source:
            assert source.read() == b"right"


def test_a_large_object_goes_back_in_parts(s3: S3, bucket: str) -> None:
    keys = {"access_key": s3.access_key, "secret_key": s3.secret_key}
    store: Any = build_objects({"kind": "s3", "endpoint": s3.endpoint, "bucket": bucket, "secure": False, **keys})
    data = bytes(range(256)) * 4096 * 20
    digest = sha256(data).hexdigest()
    s3.client().put_object(bucket_name=bucket, object_name=key_of(digest), data=BytesIO(b"x"), length=1)
    with pytest.raises(WrongDigest):
        store.restore(digest, digest, BytesIO(data[:-1] + b"?"), len(data))
    assert store.size(digest) == 1
    store.restore(digest, digest, BytesIO(data), len(data))
    assert store.confirm(digest, len(data))
