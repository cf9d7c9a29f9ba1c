"""A survey by its inspector: what it is, the applicant's link, opening its room, who is asked in."""

from flask import Blueprint, Response, g, jsonify

from inspection.model.errors import Refusal
from inspection.services.make_link import make_link
from inspection.services.open_room import open_room
from inspection.services.participants import invite, join
from inspection.services.read_survey import list_surveys, read_survey
from server import links, shapes, visitors
from server.schema import body, identifier, paging
from server.services import Services, services
from server.words import pick

blueprint = Blueprint("api-surveys", __name__, url_prefix="/api/v1")


@blueprint.get("/surveys")
def listed() -> Response:
    rows, total = list_surveys(services().office, visitors.actor(), *paging())
    shown = [
        shapes.survey(row.survey)
        | {"case_number": row.case.number, "item_name": pick(row.item.title, g.lang), "applicant": row.case.applicant}
        for row in rows
    ]
    return jsonify(surveys=shown, total=total)


@blueprint.get("/surveys/<survey>")
def one(survey: str) -> Response:
    return jsonify(shapes.survey_view(read_survey(services().office, visitors.actor(), survey), g.lang))


@blueprint.post("/surveys/<survey>/link")
def link(survey: str) -> tuple[Response, int]:
    """A new one; the old is shut."""
    body({})
    given, actor, link_id = services(), visitors.actor(), services().new_id()
    secret = links.secret_of(link_id)
    made = make_link(given.office, given.signer, actor, survey, link_id, secret, given.now(), given.new_id)
    return jsonify(url=links.address_of(made), expires_at=shapes.stamp(made.expires_at)), 201


@blueprint.post("/surveys/<survey>/open")
def opened(survey: str) -> Response:
    body({})
    given = services()
    found, room = open_room(given.office, given.signer, visitors.actor(), survey, awake(given), given.now())
    return jsonify(shapes.survey(found) | {"node": room.node})


@blueprint.post("/surveys/<survey>/join")
def joined(survey: str) -> Response:
    body({})
    given = services()
    mine = join(given.office, given.signer, visitors.actor(), survey, given.now(), given.new_id)
    return jsonify(participant=mine.id)


@blueprint.post("/surveys/<survey>/participants")
def invited(survey: str) -> tuple[Response, int]:
    given, actor = services(), visitors.actor()
    sent = body({"person": identifier()})
    row = invite(given.office, given.signer, actor, survey, sent["person"], given.now(), given.new_id)
    return jsonify(participant=row.id, name=row.name), 201


def awake(given: Services) -> list[str]:
    """The nodes that answer now."""
    found = []
    for node in given.nodes.names():
        try:
            given.nodes.health(node)
        except Refusal:
            continue
        found.append(node)
    return found
