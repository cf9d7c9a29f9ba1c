"""What is published of the log over all cases: to all the checkpoint and the keys, to staff proofs and its state."""

from flask import Blueprint, Response, g, jsonify, request

from inspection.model.errors import Invalid
from inspection.services.ask_witnesses import ALARM
from inspection.services.read_case import read_case
from inspection.services.read_log import LogState, consistency_paths, log_state, newest_checkpoint, proof_of_entry
from inspection.services.rotate_key import published_keys
from inspection.services.sequence import origin_of
from server import visitors
from server.services import services

blueprint = Blueprint("log", __name__)


@blueprint.get("/log/checkpoint")
def checkpoint() -> Response:
    """The newest one, with every witness's line (C2SP tlog-checkpoint)."""
    return Response(newest_checkpoint(services().office), mimetype="text/plain")


@blueprint.get("/log/keys")
def keys() -> Response:
    """Every key that ever signed, oldest first."""
    given = services()
    return jsonify(published_keys(given.office, origin_of(given.office, given.settings.ledger.origin)))


@blueprint.get("/api/v1/log")
def state() -> Response:
    visitors.staff()
    given = services()
    found = log_state(given.office, given.authority is not None)
    with given.office.read() as work:
        alarm = work.settings.get(ALARM) or None
    return jsonify(_document(found) | {"alarm": alarm, "witnesses_wanted": [one.key.name for one in given.witnesses]})


@blueprint.get("/api/v1/log/consistency")
def consistency() -> Response:
    """That the tree of `new` entries begins with that of `old`."""
    visitors.staff()
    old, new = _size("old"), _size("new")
    return jsonify(old=old, new=new, path=consistency_paths(services().office, old, new))


@blueprint.get("/api/v1/cases/<case>/proofs/<int:number>")
def proof(case: str, number: int) -> Response:
    """One entry of a case that the reader may see, in C2SP's tlog-proof form."""
    given = services()
    read_case(given.office, given.signer, visitors.actor(), case, given.now())
    return Response(proof_of_entry(given.office, case, number), mimetype="text/plain")


def _size(name: str) -> int:
    told = request.args.get(name, "")
    if not told.isascii() or not told.isdigit() or len(told) > 15:
        raise Invalid("field-wrong", field=name)
    return int(told)


def _document(found: LogState) -> dict[str, object]:
    published, stamp = found.published, found.stamp
    return {
        "size": found.size,
        "waiting": found.waiting,
        "checkpoint": published and {"size": published.size, "root": published.root, "at_us": published.at_us},
        "witnesses": [{"name": name, "size": size, "at_us": at_us} for name, size, at_us in found.witnesses],
        "time": found.time.value,
        "time_words": g.say(f"log.time.{found.time.value}"),
        "stamp": stamp
        and {"size": stamp.size, "at_us": stamp.at_us, "until_us": stamp.until_us, "authority": stamp.authority},
    }
