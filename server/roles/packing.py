"""The job that writes a case's package into `data/exports/<id>`."""

import logging
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256

from inspection.model.decision import ExportFile
from inspection.model.errors import Conflict, Invalid, NotFound, Refusal
from inspection.model.package import FileFacts
from inspection.services.export import export_case, tell_progress
from inspection.services.want_export import fail_export
from server.outbound.package import FolderWriter
from server.services import Services

log = logging.getLogger("takan.worker")
TOLD_EVERY = 8_000_000  # bytes


def write_export(given: Services, export: str) -> str | None:
    """One attempt. What is away or pending is tried again; what cannot be mended by waiting ends the wish."""
    with given.office.read() as work:
        if work.exports.get(export).state not in ("wanted", "running"):
            return None
    writer = Remembered(given, export)
    told = teller(given, export)
    try:
        export_case(given.office, given.objects, given.signer, export, writer, given.now(), told)
    except (NotFound, Invalid, Conflict) as error:
        log.error("export given up", extra={"export": export, "why": error.code})
        fail_export(given.office, export, error.code)
    except (Refusal, OSError) as error:
        log.info("export waits", extra={"export": export, "why": str(error)})
        return str(error) or "away"
    return None


class Remembered:
    """Implements `inspection.ports.PackageWriter` on a folder: what an earlier attempt finished is not made again."""

    def __init__(self, given: Services, export: str) -> None:
        self._office, self._export = given.office, export
        self._folder = FolderWriter(given.settings.data / "exports" / export)
        with given.office.read() as work:
            self._known = {file.path: file for file in work.exports.files(export)}
        if not self._known:
            self._folder.clear()

    def had(self, path: str, pieces: Sequence[str]) -> FileFacts | None:
        known = self._known.get(path)
        if known is None or known.recipe != _recipe(pieces) or not self._folder.has(path, known.size):
            return None
        return FileFacts(known.sha256, known.size, known.crc)

    def write(self, path: str, chunks: Iterator[bytes], pieces: Sequence[str] = ()) -> FileFacts:
        facts = self._folder.write(path, chunks)
        if pieces:
            file = ExportFile(self._export, path, _recipe(pieces), facts.sha256, facts.crc, facts.size)
            with self._office.write() as work:
                work.exports.add_file(file)
        return facts


def _recipe(pieces: Sequence[str]) -> str:
    return sha256("\n".join(pieces).encode()).hexdigest()


def teller(given: Services, export: str) -> Callable[[int, int], None]:
    """Writes progress down now and then."""
    last = 0

    def tell(done: int, total: int) -> None:
        nonlocal last
        if done - last >= TOLD_EVERY:
            last = done
            tell_progress(given.office, export, done)

    return tell
