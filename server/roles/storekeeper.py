"""At the worker's start: what a crash left between store and rows is adopted, or reported where people see it."""

import json
import logging
import threading

from inspection.model.difference import Repair
from inspection.model.errors import Refusal
from inspection.model.ledger import microseconds
from inspection.ports import Alone
from inspection.services.compare_store import SEEN, compare_store
from server.services import Services

log = logging.getLogger("takan.worker")
NAMED = 20
PATIENCE = 30.0  # seconds between two looks at a store that is away


def start(given: Services, ending: threading.Event) -> threading.Thread:
    thread = threading.Thread(target=_until_seen, args=(given, ending), name="storekeeper", daemon=True)
    thread.start()
    return thread


def look(given: Services) -> dict[str, object]:
    """Names and sizes only, since a start is no time to read everything: `takan fsck` does. Rows whose object has
    arrived are told so; everything else is left as it is and named."""
    differences, adopted, first = 0, 0, list[str]()
    for one in compare_store(given.office, given.objects, Alone(), frozenset({Repair.ADOPT}), whole=False):
        if one.repaired:
            adopted += 1
            continue
        differences += 1
        if len(first) < NAMED:
            first.append(f"{one.where}: {one.code}")
            log.warning("store differs", extra={"where": one.where, "why": one.code})
    seen = {"at_us": microseconds(given.now()), "differences": differences, "adopted": adopted, "first": first}
    with given.office.write() as work:
        work.settings.put(SEEN, json.dumps(seen))
    log.info("store looked through", extra={"differences": differences, "adopted": adopted})
    return seen


def _until_seen(given: Services, ending: threading.Event) -> None:
    while not ending.is_set():
        try:
            look(given)
        except (Refusal, OSError) as error:
            log.warning("store not looked through", extra={"why": str(error)})
            ending.wait(PATIENCE)
        else:
            return
