"""The job that makes a case's package: a plan over objects that the store has, so that nothing is kept twice."""

import logging
from collections.abc import Callable

from inspection.model.errors import Conflict, Invalid, NotFound, Refusal
from inspection.services.export import export_case, tell_progress
from inspection.services.want_export import fail_export
from server.outbound.making import making
from server.services import Services

log = logging.getLogger("takan.worker")
TOLD_EVERY = 8_000_000  # bytes


def write_export(given: Services, export: str) -> str | None:
    """One attempt. What is away or pending is tried again; what cannot be mended by waiting ends the wish."""
    with given.office.read() as work:
        if work.exports.get(export).state not in ("wanted", "running"):
            return None
    try:
        export_case(given.office, making(given), export, given.now(), teller(given, export))
    except (NotFound, Invalid, Conflict) as error:
        log.error("export given up", extra={"export": export, "why": error.code})
        fail_export(given.office, export, error.code)
    except (Refusal, OSError) as error:
        log.info("export waits", extra={"export": export, "why": str(error)})
        return str(error) or "away"
    return None


def teller(given: Services, export: str) -> Callable[[int, int], None]:
    """Writes progress down now and then."""
    last = 0

    def tell(done: int, total: int) -> None:
        nonlocal last
        if done - last >= TOLD_EVERY:
            last = done
            tell_progress(given.office, export, done)

    return tell
