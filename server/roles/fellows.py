"""Several workers of one office: each gives a sign of life; what a silent one had begun is taken up by another."""

import json
import logging
import socket

from dbos import DBOS

from inspection.model.ledger import microseconds
from server.configuration import Worker
from server.services import Services

log = logging.getLogger("takan.worker")
SEEN = "worker.seen"  # of any of them, for pages
SIGNS = "worker.signs"  # of each, by name: microseconds UTC


def name_of(settings: Worker) -> str:
    """Under which a worker's running jobs are known; the same again after its restart."""
    return f"worker-{settings.name or socket.gethostname()}"


def look(given: Services, settings: Worker) -> None:
    """One sign of life, one look at the others'. Raises `Refusal` and `OSError` while the database is away."""
    now, own = microseconds(given.now()), name_of(settings)
    with given.office.read() as work:
        signs = _read(work.settings.get(SIGNS))
    silent = sorted(name for name, seen in signs.items() if name != own and now - seen > settings.gone_seconds * 1e6)
    if silent:
        log.warning("workers fell silent", extra={"workers": silent})
        DBOS._recover_pending_workflows(silent)  # twice is once: a job that somebody took up is no longer theirs
    with given.office.write() as work:
        signs = _read(work.settings.get(SIGNS))
        kept = {name: seen for name, seen in signs.items() if name not in silent} | {own: now}
        work.settings.put(SIGNS, json.dumps(kept, sort_keys=True))
        work.settings.put(SEEN, str(now))


def _read(told: str | None) -> dict[str, int]:
    return dict(json.loads(told or "{}"))
