"""What is published of the log over all cases: to all the checkpoint and the keys, to staff proofs and its state."""

from typing import Any

from flask import Blueprint, Response, g

from inspection.model.log import Published, Stamp
from inspection.services.ask_witnesses import ALARM
from inspection.services.read_case import read_case
from inspection.services.read_log import LogState, consistency_paths, log_state, newest_checkpoint, proof_of_entry
from inspection.services.rotate_key import published_keys
from inspection.services.sequence import origin_of
from server import documents, visitors
from server.operation import operation
from server.schema import whole
from server.services import services

blueprint = Blueprint("log", __name__)


@blueprint.get("/log/checkpoint")
@operation(gives="text/plain", open=True)
def checkpoint() -> Response:
    """The newest checkpoint, with every witness's line (C2SP tlog-checkpoint)."""
    return Response(newest_checkpoint(services().office), mimetype="text/plain")


@blueprint.get("/log/keys")
@operation(open=True)
def keys() -> documents.Facts:
    """Every key that ever signed, oldest first."""
    given = services()
    return published_keys(given.office, origin_of(given.office, given.settings.ledger.origin))


@blueprint.get("/api/v1/log")
@operation(staff=True)
def state() -> documents.LogState:
    """How long the log is, who witnesses it and who vouches for its time."""
    given = services()
    found = log_state(given.office, given.authority is not None)
    with given.office.read() as work:
        alarm = work.settings.get(ALARM) or None
    return _document(found, alarm, [one.key.name for one in given.witnesses])


@blueprint.get("/api/v1/log/consistency")
@operation(asks={"old": whole(0, 10**15), "new": whole(0, 10**15)}, staff=True)
def consistency(asked: dict[str, Any]) -> documents.Consistency:
    """That the tree of `new` entries begins with that of `old`."""
    old, new = asked["old"], asked["new"]
    return {"old": old, "new": new, "path": consistency_paths(services().office, old, new)}


@blueprint.get("/api/v1/cases/<case>/proofs/<int:number>")
@operation(gives="text/plain")
def proof(case: str, number: int) -> Response:
    """One entry of a case that the reader may see, in C2SP's tlog-proof form."""
    given = services()
    read_case(given.office, given.signer, visitors.actor(), case, given.now())
    return Response(proof_of_entry(given.office, case, number), mimetype="text/plain")


def _document(found: LogState, alarm: str | None, wanted: list[str]) -> documents.LogState:
    published, stamp = found.published, found.stamp
    return {
        "size": found.size,
        "waiting": found.waiting,
        "checkpoint": None if published is None else _checkpoint(published),
        "witnesses": [{"name": name, "size": size, "at_us": at_us} for name, size, at_us in found.witnesses],
        "time": found.time.value,
        "time_words": g.say(f"log.time.{found.time.value}"),
        "stamp": None if stamp is None else _stamp(stamp),
        "alarm": alarm,
        "witnesses_wanted": wanted,
    }


def _checkpoint(found: Published) -> documents.Checkpoint:
    return {"size": found.size, "root": found.root, "at_us": found.at_us}


def _stamp(found: Stamp) -> documents.Stamp:
    return {"size": found.size, "at_us": found.at_us, "until_us": found.until_us, "authority": found.authority}
