"""An upload's bytes as the media core reads them: a local file, or ranges of an object."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from inspection.model.upload import upload_name
from inspection.ports import ObjectStore
from media.files.source import LocalFile, Source
from server.services import Services

CHUNK = 1 << 20
TYPES: Mapping[str, str] = {
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".geojson": "application/geo+json",
    ".gpx": "application/gpx+xml",
    ".vtt": "text/vtt",
    ".m3u8": "application/vnd.apple.mpegurl",
    ".mp4": "video/mp4",
}


@dataclass(frozen=True, slots=True)
class Ranges:
    """Implements `media.files.source.Source` over the object store."""

    store: ObjectStore
    name: str
    size: int

    def read(self, offset: int, length: int) -> bytes:
        with self.store.open(self.name, offset, min(offset + length, self.size)) as source:
            return source.read(length)


def source_of(given: Services, upload: str, size: int) -> Source:
    path = given.uploads.path(upload)
    return Ranges(given.objects, upload_name(upload), size) if path is None else LocalFile(Path(path))


def local_path(given: Services, upload: str, folder: Path) -> Path:
    """For programs that want a file: the object itself where it lies here, else a copy in `folder`."""
    path = given.uploads.path(upload)
    if path is not None:
        return Path(path)
    return copied(given, upload_name(upload), folder / "original")


def copied(given: Services, name: str, target: Path) -> Path:
    """An object as a file at `target`."""
    with given.objects.open(name) as source, target.open("wb") as file:
        shutil.copyfileobj(source, file, CHUNK)
    return target


def keep_file(given: Services, path: Path) -> tuple[str, int, str]:
    """Into the store under its digest: SHA-256, bytes, media type."""
    hashed, size = sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            hashed.update(chunk)
            size += len(chunk)
    with path.open("rb") as file:
        given.objects.put(hashed.hexdigest(), file, size)
    return hashed.hexdigest(), size, TYPES.get(path.suffix, "application/octet-stream")
