"""What only a folder can suffer: crashes, damaged files, a disk that is away."""

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest

import media.ports
from inspection.model.errors import Unavailable, WrongDigest
from storage.objects.local import LocalObjects

# Puts `size` random bytes, which its source gives slowly: the parent kills it in the middle.
WRITER = """
import hashlib, io, os, sys
from pathlib import Path
from storage.objects.local import LocalObjects

class Endless(io.RawIOBase):
    def read(self, size=-1):
        if self.given > 3_000_000:
            print("in the middle", flush=True)
            sys.stdin.read()
        self.given += 1_000_000
        return os.urandom(1_000_000)

source = Endless()
source.given = 0
LocalObjects(Path(sys.argv[1])).put("0" * 64, source, 10**9)
"""


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def digest_of(data: bytes) -> str:
    return sha256(data).hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "objects"


def test_a_killed_writer_leaves_nothing_under_a_name_and_the_next_start_sweeps(folder: Path) -> None:
    root = Path(__file__).parents[3]
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder)],
        cwd=root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "in the middle\n"
        assert len(files(folder)) == 1
        LocalObjects(folder)  # another role starts: the living writer's file stays
        assert len(files(folder)) == 1
        writer.send_signal(signal.SIGKILL)
        writer.wait(10)
    assert [path.parent.name for path in files(folder)] == ["incoming"]
    objects = LocalObjects(folder)
    assert files(folder) == []
    assert objects.size("0" * 64) is None


def test_a_failed_put_leaves_no_file(folder: Path) -> None:
    objects = LocalObjects(folder)
    with pytest.raises(WrongDigest) as error:
        objects.put("0" * 64, BytesIO(b"something else"), 14)
    assert isinstance(error.value, media.ports.WrongDigest)
    assert files(folder) == []


def test_objects_cannot_be_written_over_by_accident(folder: Path) -> None:
    LocalObjects(folder).put(digest_of(b"kept"), BytesIO(b"kept"), 4)
    [path] = files(folder)
    assert path.stat().st_mode & 0o777 == 0o440
    assert path.relative_to(folder).parts[:2] == (path.name[:2], path.name[2:4])


def test_a_damaged_object_is_not_confirmed_and_not_taken_for_the_same(folder: Path) -> None:
    objects, digest = LocalObjects(folder), digest_of(b"kept")
    objects.put(digest, BytesIO(b"kept"), 4)
    [path] = files(folder)
    path.chmod(0o640)
    path.write_bytes(b"keqt")
    assert not objects.confirm(digest, 4)
    with pytest.raises(WrongDigest):
        objects.put(digest, BytesIO(b"kept"), 4)


def test_a_folder_that_went_away_is_away_and_not_empty(folder: Path, tmp_path: Path) -> None:
    objects, digest = LocalObjects(folder), digest_of(b"kept")
    objects.put(digest, BytesIO(b"kept"), 4)
    folder.rename(tmp_path / "unmounted")
    calls: list[Callable[[], object]] = [
        lambda: objects.put(digest, BytesIO(b"kept"), 4),
        lambda: objects.confirm(digest, 4),
        lambda: objects.open(digest),
        lambda: objects.size(digest),
    ]
    for call in calls:
        with pytest.raises(Unavailable) as away:
            call()
        assert isinstance(away.value, OSError)
        assert away.value.code == "store-away"
    assert not folder.exists()


def test_a_full_disk_is_a_store_that_is_away(folder: Path) -> None:
    class Full(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(28, os.strerror(28))

    with pytest.raises(Unavailable) as away:
        LocalObjects(folder).put("0" * 64, Full(), 10)
    assert "No space left" in str(away.value)


def test_sweeping_spares_a_file_that_somebody_holds(folder: Path) -> None:
    LocalObjects(folder)
    held, dead = folder / "incoming" / "held", folder / "incoming" / "dead"
    dead.touch()
    with held.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        LocalObjects(folder)
        assert held.exists()
        assert not dead.exists()
