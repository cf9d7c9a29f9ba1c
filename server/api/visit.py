"""What an applicant's page tells: consent, position, device."""

from flask import Blueprint, Response, g, jsonify

from inspection.services.consent import give_consent
from inspection.services.give_position import give_position, refuse_position
from inspection.services.participants import report_device
from server import visitors
from server.schema import body, number, text, texts, yes
from server.services import services
from server.shapes import stamp

blueprint = Blueprint("api-visit", __name__, url_prefix="/api/v1/surveys/<survey>")


@blueprint.post("/consent")
def consent(survey: str) -> tuple[Response, int]:
    given, actor = services(), visitors.actor()
    sent = body({"name": text(100), "version": text(40), "agreed": yes()})
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
    return jsonify(agreed=answer.agreed, version=answer.version, at=stamp(answer.at)), 201


def _stop_filming(survey: str, participant: str) -> None:
    """Who takes his consent back is recorded no longer, whatever his page does. Raises `Unavailable`."""
    given = services()
    with given.office.read() as work:
        room = work.rooms.get(survey)
    if room is not None and not room.closed:
        given.nodes.remove(room.node, survey, participant)


@blueprint.post("/position")
def position(survey: str) -> tuple[Response, int]:
    given, actor = services(), visitors.actor()
    sent = body(
        {
            "refused": yes(needed=False),
            "latitude": number(-90, 90, needed=False),
            "longitude": number(-180, 180, needed=False),
            "accuracy": number(0, 1e6, needed=False),
            "source": text(40, needed=False),
        }
    )
    nowhere = float("nan")  # which the service refuses, naming the field
    if sent["refused"]:
        kept = refuse_position(given.office, given.signer, actor, survey, given.now())
    else:
        told = {name: nowhere if sent[name] is None else sent[name] for name in ("latitude", "longitude", "accuracy")}
        source = sent["source"] or "browser"
        kept = give_position(given.office, given.signer, actor, survey, **told, source=source, now=given.now())
    return jsonify(refused=kept.refused, at=stamp(kept.at)), 201


@blueprint.post("/device")
def device(survey: str) -> Response:
    """A flat object of short texts: what the page knows of the device that it runs on."""
    given, actor = services(), visitors.actor()
    row = report_device(given.office, actor, survey, texts(24, 300), given.now())
    return jsonify(facts=row.device)
