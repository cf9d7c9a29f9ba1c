"""Items and cases: intake, what a case holds, its surveys."""

from typing import Any

from flask import Blueprint, g

from inspection.model.survey import SurveyKind
from inspection.services.book import book
from inspection.services.read_case import list_cases, list_items, read_case
from inspection.services.take_in import MOST_CORNERS, name_approver, take_in
from server import documents, shapes, visitors
from server.operation import operation
from server.schema import PAGE, corners, identifier, moment, number, page, text, word
from server.services import services

blueprint = Blueprint("api-cases", __name__, url_prefix="/api/v1")


@blueprint.get("/items")
@operation()
def items() -> documents.Items:
    """The catalogue: what can be applied for, and what each survey checks."""
    found = list_items(services().office, visitors.actor())
    return {"items": [shapes.item(one, g.lang) for one in found]}


@blueprint.get("/cases")
@operation(asks={**PAGE, "state": text(20, needed=False, empty=True), "q": text(200, needed=False, empty=True)})
def listed(asked: dict[str, Any]) -> documents.Cases:
    """The reader's own cases, newest first, fifty a page; `q` is looked for in numbers, applicants and addresses."""
    given = services()
    wanted = (asked["state"] or None, asked["q"], *page(asked))
    rows, total = list_cases(given.office, visitors.actor(), *wanted, given.now())
    return {"cases": [shapes.case_row(row, g.lang) for row in rows], "total": total}


@blueprint.post("/cases")
@operation(
    {
        "item": text(64),
        "applicant": text(100),
        "phone": text(40, needed=False, empty=True),
        "address": text(300),
        "latitude": number(-90, 90, needed=False),
        "longitude": number(-180, 180, needed=False),
        "polygon": corners(MOST_CORNERS + 1),
        "approver": identifier(),
    },
    status=201,
)
def taken_in(sent: dict[str, Any]) -> documents.Case:
    """Take a case in. `polygon`: corners of the site, latitude first."""
    given, actor = services(), visitors.actor()
    case = take_in(given.office, given.signer, actor, **sent, now=given.now(), new_id=given.new_id)
    return shapes.case(case)


@blueprint.get("/cases/<case>")
@operation()
def one(case: str) -> documents.CaseView:
    """A case with all that belongs to it."""
    given = services()
    view = read_case(given.office, given.signer, visitors.actor(), case, given.now())
    return shapes.case_view(view, g.lang)


@blueprint.put("/cases/<case>/approver")
@operation({"approver": identifier()})
def given_to(case: str, sent: dict[str, Any]) -> documents.Case:
    """Give the decision to another approver."""
    given, actor = services(), visitors.actor()
    return shapes.case(name_approver(given.office, given.signer, actor, case, sent["approver"], given.now()))


@blueprint.post("/cases/<case>/surveys")
@operation({"kind": word(SurveyKind), "at": moment(needed=False)}, status=201)
def booked(case: str, sent: dict[str, Any]) -> documents.Survey:
    """Book a survey; without `at` it is now."""
    given, actor, now = services(), visitors.actor(), services().now()
    survey = book(given.office, given.signer, actor, case, sent["kind"], sent["at"] or now, now, given.new_id)
    return shapes.survey(survey)
