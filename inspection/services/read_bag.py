"""Read a package's folder: what files it has, and whether each has the bytes that the manifests name."""

from collections.abc import Callable
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
from inspection.ports import PackageReader

CHUNK = 256 * 1024
PAPER_LARGEST = 16_000_000  # bytes of one JSON document or manifest: the list of eight hours has one
MOST_FILES = 200_000


class NoPackage(Exception):
    """It has none of what makes a package, or names that leave its folder."""


class Bag:
    """What lies there. `files` has each path's SHA-256 and size, `listed` what the payload's manifest says."""

    def __init__(self, reader: PackageReader) -> None:
        self._reader = reader
        self.files: dict[str, tuple[str, int]] = {}
        self.listed: dict[str, str] = {}

    def open(self, path: str) -> BinaryIO:
        return self._reader.open(path)

    def small(self, path: str) -> bytes:
        """A whole file. Raises `Malformed` for one that is missing or larger than any paper is."""
        if path not in self.files:
            raise Malformed(path, "missing")
        if self.files[path][1] > PAPER_LARGEST:
            raise Malformed(path, "too-large")
        with self.open(path) as source:
            return source.read(PAPER_LARGEST + 1)

    def paper(self, path: str) -> Any:
        """A JSON document in canonical form. Raises `Malformed`, with the path as its place."""
        data = self.small(path)
        try:
            return parse(data)
        except Malformed as error:
            raise Malformed(path, error.code) from error


def read_bag(reader: PackageReader, report: Report, progress: Callable[[int], None]) -> Bag:
    """Raises `NoPackage`, and `OSError` when the disk gives nothing."""
    try:
        paths = list(reader.paths())
    except ValueError as error:
        raise NoPackage from error
    if not {BAGIT_PATH, MANIFEST_PATH, TAGMANIFEST_PATH} & set(paths) or len(paths) > MOST_FILES:
        raise NoPackage
    report.seen |= {Part.STRUCTURE, Part.DIGESTS}
    bag = Bag(reader)
    done = 0
    for path in paths:
        if not PATH.fullmatch(path):
            report.fault(Part.STRUCTURE, path, "file-unexpected")
            continue
        bag.files[path] = _digest(bag, path, done, progress)
        done += bag.files[path][1]
    bag.listed = _check(bag, report, MANIFEST_PATH)
    tags = _check(bag, report, TAGMANIFEST_PATH)
    _require_exactly(bag, report, tags)
    return bag


def _digest(bag: Bag, path: str, before: int, progress: Callable[[int], None]) -> tuple[str, int]:
    whole, size = sha256(), 0
    with bag.open(path) as source:
        while chunk := source.read(CHUNK):
            whole.update(chunk)
            size += len(chunk)
            progress(before + size)
    return whole.hexdigest(), size


def _check(bag: Bag, report: Report, name: str) -> dict[str, str]:
    """What a manifest lists; each file that is missing or has other bytes is a fault."""
    try:
        listed = _lines(bag.small(name), name)
    except Malformed as error:
        report.fault(Part.STRUCTURE, name, error.code)
        return {}
    for path, digest in listed.items():
        if path not in bag.files:
            report.fault(Part.STRUCTURE, path, "file-missing")
        elif bag.files[path][0] != digest:
            report.fault(Part.DIGESTS, path, "digest-wrong")
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


def _require_exactly(bag: Bag, report: Report, tags: dict[str, str]) -> None:
    """Nothing that is not listed, nothing listed in the wrong place."""
    payload = {path for path in bag.files if path.startswith("data/")}
    for path in sorted(payload ^ set(bag.listed)):
        if path in bag.files:
            report.fault(Part.STRUCTURE, path, "file-unexpected")
        elif not path.startswith("data/"):
            report.fault(Part.STRUCTURE, path, "file-misplaced")
    for path in sorted(set(bag.files) - payload - {*TAG_PATHS, TAGMANIFEST_PATH}):
        report.fault(Part.STRUCTURE, path, "file-unexpected")
    if set(tags) != set(TAG_PATHS):
        report.fault(Part.STRUCTURE, TAGMANIFEST_PATH, "malformed")
    if bag.files.get(BAGIT_PATH, ("",))[0] != sha256(BAGIT).hexdigest():
        report.fault(Part.STRUCTURE, BAGIT_PATH, "malformed")
    if INFO_PATH not in bag.files:
        report.fault(Part.STRUCTURE, INFO_PATH, "file-missing")
