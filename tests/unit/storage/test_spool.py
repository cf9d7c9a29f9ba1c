"""One contract for every spool: the folder's and the tests' own."""

from pathlib import Path

import pytest

from media.ports import Spool
from storage.spool import FolderSpool, UnsafeName
from tests.fake_spool import FakeSpool


@pytest.fixture(params=["fake", "folder"])
def spool(request: pytest.FixtureRequest, tmp_path: Path) -> Spool:
    return FakeSpool() if request.param == "fake" else FolderSpool(tmp_path / "spool")


def read(spool: Spool, folder: str, name: str) -> bytes:
    with spool.read(folder, name) as file:
        return file.read()


def test_what_is_appended_is_there_before_the_file_is_closed(spool: Spool) -> None:
    file = spool.create("a", "one")
    file.append(b"12")
    file.append(b"345")
    assert read(spool, "a", "one") == b"12345"
    assert spool.size("a", "one") == 5
    file.close()


def test_a_new_file_does_not_replace_an_old_one(spool: Spool) -> None:
    spool.create("a", "one").close()
    with pytest.raises(FileExistsError):
        spool.create("a", "one")


def test_a_file_is_extended_and_made_when_missing(spool: Spool) -> None:
    for part in (b"1", b"2"):
        file = spool.extend("a", "one")
        file.append(part)
        file.close()
    assert read(spool, "a", "one") == b"12"


def test_a_file_is_cut_renamed_and_removed(spool: Spool) -> None:
    file = spool.create("a", "one")
    file.append(b"12345")
    file.close()
    spool.truncate("a", "one", 3)
    spool.rename("a", "one", "two")
    assert read(spool, "a", "two") == b"123"
    assert list(spool.names("a")) == ["two"]
    spool.remove("a", "two")
    spool.remove("a", "two")
    assert list(spool.names("a")) == []
    with pytest.raises(FileNotFoundError):
        spool.read("a", "two")


def test_a_folder_is_removed_when_it_is_empty(spool: Spool) -> None:
    spool.create("a", "one").close()
    spool.create("b", "one").close()
    with pytest.raises(OSError):
        spool.remove_folder("a")
    spool.remove("a", "one")
    spool.remove_folder("a")
    assert list(spool.folders()) == ["b"]
    assert list(spool.names("a")) == []


def test_it_knows_what_room_is_left(spool: Spool) -> None:
    assert spool.free() > 0


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "/etc", "a\x00", ".hidden", "ä", "x" * 200])
def test_a_name_cannot_leave_its_folder(tmp_path: Path, name: str) -> None:
    spool = FolderSpool(tmp_path / "spool")
    for attempt in (lambda: spool.create(name, "one"), lambda: spool.extend("a", name), lambda: spool.read("a", name)):
        with pytest.raises(UnsafeName):
            attempt()
