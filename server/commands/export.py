"""`takan export`: writes a case's package into a folder on this machine, every byte read once."""

import sys
from pathlib import Path

from inspection.model.errors import Refusal
from inspection.services.export import unfold_case
from server import wiring
from server.configuration import Configuration
from server.outbound.making import making
from server.outbound.package import FolderWriter

CANNOT = 2


def run(configuration: Configuration, number: str, path: Path) -> int:
    """Exit status: 0 written, 2 not (the message says why; nothing half-written is taken for a package)."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        print(f"takan: {path} is there already", file=sys.stderr)
        return CANNOT
    given = wiring.services(configuration)
    try:
        with given.office.read() as work:
            case = work.cases.by_number(number)
        unfold_case(given.office, making(given), case.id, FolderWriter(path), given.now(), _Told())
    except (Refusal, OSError) as error:
        print(f"takan: {number} was not exported: {error}", file=sys.stderr)
        return CANNOT
    print(f"\n{path}" if sys.stderr.isatty() else path)
    return 0


class _Told:
    """Says how far it is, every 100 MB, to a person."""

    def __init__(self) -> None:
        self._last = 0

    def __call__(self, done: int) -> None:
        if done - self._last >= 100_000_000 and sys.stderr.isatty():
            self._last = done
            print(f"\r{done // 1_000_000} MB", end="", file=sys.stderr, flush=True)
