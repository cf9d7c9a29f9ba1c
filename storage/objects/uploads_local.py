"""Uploads in a folder: a file that grows, synced before it counts, named when it is whole."""

import os
import shutil
from pathlib import Path

from inspection.model.upload import upload_name
from storage.objects.bytes import key_of
from storage.objects.errors import StoreAway
from storage.objects.local import READ_ONLY, _away, _sync

PARTS = "arriving"
STEP = 64 << 20  # bytes between two syncs


class LocalUploads:
    """Implements `inspection.ports.UploadStore` in the folder of `LocalObjects`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._arriving = folder / "incoming" / PARTS
        with _away():
            self._arriving.mkdir(parents=True, exist_ok=True)

    def begin(self, id: str, size: int) -> str:
        with _away():
            if shutil.disk_usage(self._folder).free < size:
                raise StoreAway("not enough room for it")
            with self._part(id).open("xb"):
                pass
            _sync(self._arriving)
        return ""

    def resume(self, id: str, token: str, size: int, offset: int) -> "LocalWriter":
        with _away():
            return LocalWriter(self._part(id), offset)

    def finish(self, id: str, token: str, size: int) -> None:
        target = self._folder / key_of(upload_name(id))
        part = self._part(id)
        with _away():
            if not part.exists() and target.exists():
                return
            if part.stat().st_size != size:
                os.truncate(part, size)
            target.parent.mkdir(parents=True, exist_ok=True)
            part.chmod(READ_ONLY)
            with part.open("rb") as file:
                os.fsync(file.fileno())
            part.rename(target)
            _sync(target.parent)
            _sync(self._folder)

    def path(self, id: str) -> str | None:
        return str(self._folder / key_of(upload_name(id)))

    def drop(self, id: str, token: str) -> None:
        with _away():
            self._part(id).unlink(missing_ok=True)
            (self._folder / key_of(upload_name(id))).unlink(missing_ok=True)

    def _part(self, id: str) -> Path:
        key_of(upload_name(id))  # judges the id
        return self._arriving / id


class LocalWriter:
    """Implements `inspection.ports.UploadWriter`."""

    def __init__(self, path: Path, offset: int) -> None:
        self._handle = os.open(path, os.O_WRONLY)
        self._at = self.held = offset

    def write(self, data: bytes | memoryview) -> None:
        with _away():
            view = memoryview(data)
            while view:
                done = os.pwrite(self._handle, view, self._at)
                self._at += done
                view = view[done:]
            if self._at - self.held >= STEP:
                self.keep()

    def keep(self) -> int:
        with _away():
            os.fdatasync(self._handle)
        self.held = self._at
        return self.held

    def close(self) -> None:
        os.close(self._handle)
