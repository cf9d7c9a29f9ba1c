"""A survey by its inspector: what it is, the applicant's link, opening its room, who is asked in."""

from typing import Any

from flask import Blueprint, g

from inspection.model.errors import Refusal
from inspection.services.make_link import make_link
from inspection.services.open_room import open_room
from inspection.services.participants import invite, join
from inspection.services.read_survey import SurveyRow, list_surveys, read_survey
from server import documents, links, shapes, visitors
from server.operation import operation
from server.schema import PAGE, identifier, page
from server.services import Services, services
from server.words import pick

blueprint = Blueprint("api-surveys", __name__, url_prefix="/api/v1")


@blueprint.get("/surveys")
@operation(asks=PAGE)
def listed(asked: dict[str, Any]) -> documents.Surveys:
    """The reader's own surveys, fifty a page."""
    rows, total = list_surveys(services().office, visitors.actor(), *page(asked))
    return {"surveys": [_row(row) for row in rows], "total": total}


def _row(row: SurveyRow) -> documents.SurveyRow:
    return {
        **shapes.survey(row.survey),
        "case_number": row.case.number,
        "item_name": pick(row.item.title, g.lang),
        "applicant": row.case.applicant,
    }


@blueprint.get("/surveys/<survey>")
@operation()
def one(survey: str) -> documents.SurveyView:
    """A survey as its reader may see it."""
    return shapes.survey_view(read_survey(services().office, visitors.actor(), survey), g.lang)


@blueprint.post("/surveys/<survey>/link")
@operation({}, status=201)
def link(survey: str, sent: dict[str, Any]) -> documents.Link:
    """A new link for the applicant; the old one is shut."""
    given, actor, link_id = services(), visitors.actor(), services().new_id()
    secret = links.secret_of(link_id)
    made = make_link(given.office, given.signer, actor, survey, link_id, secret, given.now(), given.new_id)
    return {"url": links.address_of(made), "expires_at": shapes.stamp(made.expires_at)}


@blueprint.post("/surveys/<survey>/open")
@operation({})
def opened(survey: str, sent: dict[str, Any]) -> documents.OpenedSurvey:
    """Open the room on a node that answers."""
    given = services()
    found, room = open_room(given.office, given.signer, visitors.actor(), survey, awake(given), given.now())
    return {**shapes.survey(found), "node": room.node}


@blueprint.post("/surveys/<survey>/join")
@operation({})
def joined(survey: str, sent: dict[str, Any]) -> documents.Joined:
    """Take one's place in the room."""
    given = services()
    mine = join(given.office, given.signer, visitors.actor(), survey, given.now(), given.new_id)
    return {"participant": mine.id}


@blueprint.post("/surveys/<survey>/participants")
@operation({"person": identifier()}, status=201)
def invited(survey: str, sent: dict[str, Any]) -> documents.Invited:
    """Ask a member of staff in."""
    given, actor = services(), visitors.actor()
    row = invite(given.office, given.signer, actor, survey, sent["person"], given.now(), given.new_id)
    return {"participant": row.id, "name": row.name}


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
