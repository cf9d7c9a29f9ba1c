"""How the store keeps what it took, for the pages that say so."""

import json
from typing import Any

from inspection.model.errors import Refusal
from inspection.model.ledger import moment
from inspection.model.package import store_line
from inspection.services.compare_store import SEEN
from server.services import Services


def kept(given: Services, name: str) -> dict[str, Any] | None:
    """Of one object: whether the service itself holds it, until when; None while the store is away."""
    try:
        if not given.objects.keeping().object_lock:
            return {"lock": False, "until": None, "hold": False}
        lock = given.objects.lock(name)
    except (Refusal, OSError):
        return None
    return {"lock": lock is not None, "until": lock and lock.until, "hold": bool(lock and lock.legal_hold)}


def store(given: Services) -> dict[str, Any]:
    """Of the whole store, with what the last look through it found."""
    try:
        keeping = given.objects.keeping()
        told: dict[str, Any] = {"lock": keeping.object_lock, "line": store_line(keeping)}
    except (Refusal, OSError):
        told = {"lock": None, "line": ""}
    with given.office.read() as work:
        seen = json.loads(work.settings.get(SEEN) or "null")
    told["seen"] = seen and {**seen, "at": moment(seen["at_us"])}
    return told
