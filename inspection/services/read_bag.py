"""Read a package: what files it has, and whether each has the bytes that the manifests name."""

import re
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any, BinaryIO

from inspection.model.package import (
    BAGIT,
    BAGIT_PATH,
    INFO_PATH,
    MANIFEST_LINE,
    MANIFEST_PATH,
    PATH,
    TAG_PATHS,
    TAGMANIFEST_PATH,
    manifest,
)
from inspection.model.shape import Malformed, parse
from inspection.model.verdict import Part, Report
from inspection.ports import Crew, PackageReader

CHUNK = 1 << 20
PAPER_LARGEST = 16_000_000  # bytes of one JSON document or manifest: the list of eight hours has one
MOST_FILES = 200_000
ORIGINAL = re.compile(r"/uploads/[^/]+/original\.")
MEDIA = (".mp4", ".webm", ".jpg")  # read once all papers were judged, side by side with their pieces


class NoPackage(Exception):
    """It has none of what makes a package, or a name that no package has: `where` and `code` say which."""

    def __init__(self, where: str = MANIFEST_PATH, code: str = "no-package") -> None:
        super().__init__(f"{where}: {code}")
        self.where, self.code = where, code


class Bag:
    """What lies there. `sizes` has every file, `files` the SHA-256 and size of those that were read so far, `listed`
    what the payload's manifest says, `tags` what the other one says."""

    def __init__(self, reader: PackageReader, crew: Crew, progress: Callable[[int], None]) -> None:
        self._reader, self.crew, self._progress = reader, crew, progress
        self._done = 0
        self.sizes: dict[str, int] = {}
        self.files: dict[str, tuple[str, int]] = {}
        self.listed: dict[str, str] = {}
        self.tags: dict[str, str] = {}

    def open(self, path: str) -> BinaryIO:
        return self._reader.open(path)

    def digest(self, path: str) -> tuple[str, str, int]:
        """(path, SHA-256, bytes), read in pieces: for the crew."""
        whole, size = sha256(), 0
        with self.open(path) as source:
            while chunk := source.read(CHUNK):
                whole.update(chunk)
                size += len(chunk)
        return path, whole.hexdigest(), size

    def note(self, path: str, digest: str, size: int) -> None:
        self.files[path] = (digest, size)
        self._done += size
        self._progress(self._done)

    def read(self, paths: Iterable[str]) -> None:
        for path, digest, size in self.crew.each(self.digest, list(paths)):
            self.note(path, digest, size)

    def small(self, path: str, largest: int = PAPER_LARGEST) -> bytes:
        """A whole file. Raises `Malformed` for one that is missing or larger than any paper is."""
        if path not in self.files:
            raise Malformed(path, "missing")
        if self.files[path][1] > largest:
            raise Malformed(path, "too-large")
        with self.open(path) as source:
            return source.read(largest + 1)

    def paper(self, path: str, largest: int = PAPER_LARGEST) -> Any:
        """A JSON document in canonical form. Raises `Malformed`, with the path as its place."""
        data = self.small(path, largest)
        try:
            return parse(data)
        except Malformed as error:
            raise Malformed(path, error.code) from error


def read_bag(reader: PackageReader, report: Report, crew: Crew, progress: Callable[[int], None]) -> Bag:
    """All but the media is read; `check_digests` compares when the media was read too.

    Raises `NoPackage`, and `OSError` when the disk gives nothing."""
    bag = Bag(reader, crew, progress)
    try:
        bag.sizes = {path: reader.size(path) for path in reader.paths()}
    except ValueError as error:
        raise NoPackage(str(error), "name-refused") from error
    if not {BAGIT_PATH, MANIFEST_PATH, TAGMANIFEST_PATH} & set(bag.sizes) or len(bag.sizes) > MOST_FILES:
        raise NoPackage
    report.seen |= {Part.STRUCTURE, Part.DIGESTS}
    for path in [path for path in bag.sizes if not PATH.fullmatch(path)]:
        report.fault(Part.STRUCTURE, path, "file-unexpected")
        del bag.sizes[path]
    bag.read(path for path in bag.sizes if not path.endswith(MEDIA) and not ORIGINAL.search(path))
    bag.listed = _listed(bag, report, MANIFEST_PATH)
    bag.tags = _listed(bag, report, TAGMANIFEST_PATH)
    _require_exactly(bag, report)
    return bag


def check_digests(bag: Bag, report: Report) -> None:
    """Every file against the manifest that lists it; what nobody has read yet is read now."""
    bag.read(path for path in bag.sizes if path not in bag.files)
    for path, digest in (*bag.listed.items(), *bag.tags.items()):
        if path in bag.files and bag.files[path][0] != digest:
            report.fault(Part.DIGESTS, path, "digest-wrong")


def _listed(bag: Bag, report: Report, name: str) -> dict[str, str]:
    """What a manifest lists; each file that is missing is a fault."""
    try:
        listed = _lines(bag.small(name), name)
    except Malformed as error:
        report.fault(Part.STRUCTURE, name, error.code)
        return {}
    for path in listed:
        if path not in bag.sizes:
            report.fault(Part.STRUCTURE, path, "file-missing")
    return listed


def _lines(data: bytes, name: str) -> dict[str, str]:
    """Read strictly: whatever is not what we write is a fault, even where it means the same."""
    try:
        lines = data.decode("ascii").splitlines()
    except UnicodeDecodeError as error:
        raise Malformed(name) from error
    matches = [MANIFEST_LINE.fullmatch(line) for line in lines]
    listed = {found.group(2): found.group(1) for found in matches if found}
    if manifest(listed.items()) != data:
        raise Malformed(name)
    return listed


def _require_exactly(bag: Bag, report: Report) -> None:
    """Nothing that is not listed, nothing listed in the wrong place."""
    payload = {path for path in bag.sizes if path.startswith("data/")}
    for path in sorted(payload ^ set(bag.listed)):
        if path in bag.sizes:
            report.fault(Part.STRUCTURE, path, "file-unexpected")
        elif not path.startswith("data/"):
            report.fault(Part.STRUCTURE, path, "file-misplaced")
    for path in sorted(set(bag.sizes) - payload - {*TAG_PATHS, TAGMANIFEST_PATH}):
        report.fault(Part.STRUCTURE, path, "file-unexpected")
    if set(bag.tags) != set(TAG_PATHS):
        report.fault(Part.STRUCTURE, TAGMANIFEST_PATH, "malformed")
    if bag.files.get(BAGIT_PATH, ("",))[0] != sha256(BAGIT).hexdigest():
        report.fault(Part.STRUCTURE, BAGIT_PATH, "malformed")
    if INFO_PATH not in bag.sizes:
        report.fault(Part.STRUCTURE, INFO_PATH, "file-missing")
