"""Objects in a folder: written beside, synced, then named; a crash leaves only unnamed files, which the next start
removes. Any number of processes may share the folder."""

import fcntl
import io
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from inspection.model.errors import NotFound
from inspection.model.package import Keeping, Lock
from storage.objects.bytes import DIGEST, Window, checked, is_intact, key_of, name_of
from storage.objects.errors import OtherBytes, StoreAway

INCOMING = "incoming"
ASIDE = "set-aside"  # what stood under a name that other bytes belong to: none of ours, and kept
READ_ONLY = 0o440


class LocalObjects:
    """Implements `inspection.ports.ObjectStore` and `media.ports.SegmentStore` in one folder, made when missing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._incoming = folder / INCOMING
        self._durable: set[Path] = set()
        with _away():
            self._incoming.mkdir(parents=True, exist_ok=True)
            self._sweep()

    def prepare(self) -> None:
        """Nothing more is needed than what the constructor did."""

    def put(self, digest: str, source: BinaryIO, size: int) -> None:
        target = self._folder / _key(digest)
        with _away(), self._unnamed() as (temporary, file):
            for chunk in checked(source, digest, size):
                file.write(chunk)
            file.flush()
            os.fchmod(file.fileno(), READ_ONLY)
            os.fsync(file.fileno())
            self._place(temporary, target, digest, size)

    def confirm(self, digest: str, size: int) -> bool:
        """Reads the object back."""
        with _away():
            try:
                with (self._folder / key_of(digest)).open("rb") as file:
                    return is_intact(file, digest, size)
            except (FileNotFoundError, NotFound):
                self._require_folder()
                return False

    def open(self, digest: str, start: int = 0, end: int | None = None) -> BinaryIO:
        path = self._folder / key_of(digest)
        with _away():
            try:
                return io.BufferedReader(Window(path.open("rb", buffering=0), start, end))
            except FileNotFoundError:
                self._require_folder()
                raise NotFound("object-missing") from None

    def size(self, digest: str) -> int | None:
        with _away():
            try:
                return (self._folder / key_of(digest)).stat().st_size
            except (FileNotFoundError, NotFound):
                self._require_folder()
                return None

    def all(self) -> Iterator[tuple[str, int]]:
        with _away():
            self._require_folder()
            for path in sorted(self._folder.iterdir()):
                if path.name not in (INCOMING, ASIDE):
                    yield from self._below(path)

    def _below(self, path: Path) -> Iterator[tuple[str, int]]:
        """A walk that holds one folder's names at a time; what lies elsewhere than its name says is told by path."""
        if path.is_dir() and not path.is_symlink():
            for inner in sorted(path.iterdir()):
                yield from self._below(inner)
            return
        name = path.relative_to(self._folder).as_posix()
        yield name_of(name), path.lstat().st_size

    def versions(self, digest: str) -> Iterator[BinaryIO]:
        return iter(())

    def restore(self, name: str, digest: str, source: BinaryIO, size: int) -> None:
        """What stood there is moved to `set-aside/`, beside whatever was moved there before."""
        target = self._folder / key_of(name)
        with _away(), self._unnamed() as (temporary, file):
            for chunk in checked(source, digest, size):
                file.write(chunk)
            file.flush()
            os.fchmod(file.fileno(), READ_ONLY)
            os.fsync(file.fileno())
            self._make_durable(target.parent)
            if target.exists():
                aside = self._folder / ASIDE
                aside.mkdir(exist_ok=True)
                target.rename(aside / f"{name}.{secrets.token_hex(4)}")
                _sync(aside)
            temporary.rename(target)
            _sync(target.parent)

    def keeping(self) -> Keeping:
        return Keeping("folder", object_lock=False)

    def lock(self, digest: str) -> Lock | None:
        return None

    def _require_folder(self) -> None:
        """A disk that is not mounted is a store that is away, not one without objects."""
        if not self._incoming.is_dir():
            raise StoreAway(f"{self._folder} is not there")

    @contextmanager
    def _unnamed(self) -> Iterator[tuple[Path, BinaryIO]]:
        """A new locked file in the incoming folder, gone at the end unless it was given its name."""
        temporary, file = self._create()
        try:
            with file:
                yield temporary, file
        finally:
            temporary.unlink(missing_ok=True)

    def _create(self) -> tuple[Path, BinaryIO]:
        for _ in range(10):
            temporary = self._incoming / secrets.token_hex(16)
            file = temporary.open("xb")
            fcntl.flock(file, fcntl.LOCK_EX)
            if os.fstat(file.fileno()).st_nlink:
                return temporary, file
            file.close()  # another process swept it between its creation and its lock
        raise StoreAway("new files are swept away at once")

    def _place(self, temporary: Path, target: Path, digest: str, size: int) -> None:
        self._make_durable(target.parent)
        if target.exists():
            with target.open("rb") as file:
                if not is_intact(file, digest, size):
                    raise OtherBytes(digest)
        else:
            # Whoever comes between the check and this has checked the same bytes.
            temporary.rename(target)
        _sync(target.parent)

    def _make_durable(self, folder: Path) -> None:
        """Make the two levels of folders, their entries synced even if another process has just made them."""
        if folder in self._durable:
            return
        folder.mkdir(parents=True, exist_ok=True)
        _sync(folder.parent)
        _sync(folder.parent.parent)
        self._durable.add(folder)

    def _sweep(self) -> None:
        """Remove what crashed writers left. A living writer holds its file's lock."""
        for path in self._incoming.iterdir():
            if path.is_dir():
                continue  # uploads on their way: theirs to sweep
            with suppress(FileNotFoundError, BlockingIOError), path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()


def _key(digest: str) -> str:
    if not DIGEST.match(digest):
        raise OtherBytes(digest)
    try:
        return key_of(digest)
    except NotFound:
        raise OtherBytes(digest) from None


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _away() -> Iterator[None]:
    try:
        yield
    except StoreAway:
        raise
    except OSError as error:
        raise StoreAway(str(error)) from error
