"""A package as a plan: what files it has, and of which objects of the store each is made. Nothing is kept twice."""

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

from inspection.model.archive import Archive, Member
from inspection.model.decision import ExportFile
from inspection.model.errors import WrongDigest
from inspection.model.ledger import canonical
from inspection.model.package import FileFacts
from inspection.model.shape import parse, part, parts
from inspection.ports import ObjectStore, Office, PackageWriter

Pieces = Sequence[tuple[str, int]]  # digests of objects, or bytes after `LITERAL`; and the size of each
PLAN_FORMAT = "takan-plan/1"
PLAN_LARGEST = 256_000_000
CHUNK = 1 << 20


class Planner:
    """Implements `PackageWriter` for one export: papers become objects, playable files stay what they are made of.

    What an interrupted attempt found of a file is not looked for again.
    """

    def __init__(self, office: Office, store: ObjectStore, export: str) -> None:
        self._office, self._store, self._export = office, store, export
        with office.read() as work:
            self._had = {(one.path, one.recipe): one for one in work.exports.files(export)}
        self._files: list[dict[str, Any]] = []

    def had(self, path: str, pieces: Pieces) -> FileFacts | None:
        found = self._had.get((path, _recipe(pieces)))
        if found is None:
            return None
        facts = FileFacts(found.sha256, found.size, found.crc)
        self._note(path, facts, pieces)
        return facts

    def write(self, path: str, chunks: Iterator[bytes], pieces: Pieces) -> FileFacts:
        whole, size, crc = hashlib.sha256(), 0, 0
        kept = []
        for chunk in chunks:
            whole.update(chunk)
            crc, size = zlib.crc32(chunk, crc), size + len(chunk)
            if not pieces:
                kept.append(chunk)
        facts = FileFacts(whole.hexdigest(), size, crc)
        if pieces:
            with self._office.write() as work:
                row = ExportFile(self._export, path, _recipe(pieces), facts.sha256, crc, size)
                work.exports.add_file(row)
        elif size:
            self._store.put(facts.sha256, BytesIO(b"".join(kept)), size)
            pieces = [(facts.sha256, size)]
        self._note(path, facts, pieces)
        return facts

    def finish(self) -> None:
        """Objects and rows are durable as they are written."""

    def keep(self, number: str, day: str) -> tuple[str, int]:
        """Put the plan itself into the store: its digest, and the size of the ZIP file. `day` is YYYY-MM-DD."""
        plan = {"day": day, "files": self._files, "format": PLAN_FORMAT, "name": number}
        data = canonical(plan)
        digest = hashlib.sha256(data).hexdigest()
        self._store.put(digest, BytesIO(data), len(data))
        return digest, _archive(plan).size

    def _note(self, path: str, facts: FileFacts, pieces: Pieces) -> None:
        self._files.append(
            {
                "crc": facts.crc,
                "path": path,
                "pieces": [list(piece) for piece in pieces],
                "sha256": facts.sha256,
                "size": facts.size,
            }
        )


class PlannedPackage:
    """A package that was planned, given out as a ZIP file from any offset, or file by file."""

    def __init__(self, store: ObjectStore, plan: str) -> None:
        """Raises `NotFound("object-missing")`, `WrongDigest`."""
        self._store = store
        with store.open(plan) as source:
            data = source.read(PLAN_LARGEST)
        if hashlib.sha256(data).hexdigest() != plan:
            raise WrongDigest(plan)
        self._plan: dict[str, Any] = parse(data)
        self._files = parts(self._plan, "files")
        self._archive = _archive(self._plan)
        self.name = part(self._plan, "name", str)
        self.size = self._archive.size

    def zipped(self, start: int, end: int) -> Iterator[bytes]:
        """Raises `WrongDigest` rather than give a whole file with other bytes than were found when it was planned."""
        return self._archive.part(start, end, self._content)

    def unfold(self, writer: PackageWriter) -> None:
        for one in self._files:
            writer.write(one["path"], self._checked(one), [(piece, size) for piece, size in one["pieces"]])
        writer.finish()

    def objects(self) -> set[str]:
        """Digests of all that it is made of, but the plan itself."""
        return {piece for one in self._files for piece, _ in one["pieces"] if not piece.startswith(LITERAL)}

    def _content(self, number: int, start: int, end: int) -> Iterator[bytes]:
        one = self._files[number]
        return self._checked(one) if (start, end) == (0, one["size"]) else self._range(one, start, end)

    def _checked(self, one: dict[str, Any]) -> Iterator[bytes]:
        """By the quick CRC: it finds a disk's faults; whoever means harm is found by `takan verify`."""
        crc = 0
        for chunk in self._range(one, 0, one["size"]):
            crc = zlib.crc32(chunk, crc)
            yield chunk
        if crc != one["crc"]:
            raise WrongDigest(one["path"])

    def _range(self, one: dict[str, Any], start: int, end: int) -> Iterator[bytes]:
        at = 0
        for piece, size in one["pieces"]:
            if at >= end:
                return
            first, last = max(start - at, 0), min(end - at, size)
            if first < last and piece.startswith(LITERAL):
                yield bytes.fromhex(piece[1:])[first:last]
            elif first < last:
                with self._store.open(piece, first, last) as source:
                    while chunk := source.read(CHUNK):
                        yield chunk
            at += size


LITERAL = "="  # a piece that is no object: its bytes in hex follow


def literal(data: bytes) -> tuple[str, int]:
    """A piece that lies in the plan itself."""
    return LITERAL + data.hex(), len(data)


def _recipe(pieces: Pieces) -> str:
    return hashlib.sha256(canonical([list(piece) for piece in pieces])).hexdigest()


def _archive(plan: dict[str, Any]) -> Archive:
    name = part(plan, "name", str)
    year, month, day = (int(text) for text in part(plan, "day", str).split("-"))
    members = [Member(f"{name}/{one['path']}", one["size"], one["crc"]) for one in parts(plan, "files")]
    return Archive(members, (year, month, day))
