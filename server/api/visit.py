"""What an applicant's page tells: consent, position, device."""

from typing import Any

from flask import Blueprint, g

from inspection.services.consent import give_consent
from inspection.services.give_position import give_position, refuse_position
from inspection.services.participants import report_device
from server import documents, visitors
from server.operation import operation
from server.schema import Texts, number, text, yes
from server.services import services
from server.shapes import stamp

blueprint = Blueprint("api-visit", __name__, url_prefix="/api/v1/surveys/<survey>")


@blueprint.post("/consent")
@operation({"name": text(100), "version": text(40), "agreed": yes()}, status=201)
def consent(survey: str, sent: dict[str, Any]) -> documents.Consent:
    """Agree to be recorded, or take that back, which ends one's streams."""
    given, actor = services(), visitors.actor()
    answer = give_consent(
        given.office,
        given.signer,
        actor,
        survey,
        sent["name"],
        sent["version"],
        g.lang,
        sent["agreed"],
        given.now(),
    )
    if not answer.agreed:
        _stop_filming(survey, answer.participant)
    return {"agreed": answer.agreed, "version": answer.version, "at": stamp(answer.at)}


def _stop_filming(survey: str, participant: str) -> None:
    """Who takes his consent back is recorded no longer, whatever his page does. Raises `Unavailable`."""
    given = services()
    with given.office.read() as work:
        room = work.rooms.get(survey)
    if room is not None and not room.closed:
        given.nodes.remove(room.node, survey, participant)


@blueprint.post("/position")
@operation(
    {
        "refused": yes(needed=False),
        "latitude": number(-90, 90, needed=False),
        "longitude": number(-180, 180, needed=False),
        "accuracy": number(0, 1e6, needed=False),
        "source": text(40, needed=False),
    },
    status=201,
)
def position(survey: str, sent: dict[str, Any]) -> documents.Position:
    """Where the applicant's phone is (WGS-84 degrees, metres), or that he does not say."""
    given, actor = services(), visitors.actor()
    nowhere = float("nan")  # which the service refuses, naming the field
    if sent["refused"]:
        kept = refuse_position(given.office, given.signer, actor, survey, given.now())
    else:
        told = {name: nowhere if sent[name] is None else sent[name] for name in ("latitude", "longitude", "accuracy")}
        source = sent["source"] or "browser"
        kept = give_position(given.office, given.signer, actor, survey, **told, source=source, now=given.now())
    return {"refused": kept.refused, "at": stamp(kept.at)}


@blueprint.post("/device")
@operation(Texts(24, 300))
def device(survey: str, sent: dict[str, str]) -> documents.Device:
    """What the page knows of the device that it runs on: a flat object of short texts."""
    given, actor = services(), visitors.actor()
    return {"facts": report_device(given.office, actor, survey, sent, given.now()).device}
