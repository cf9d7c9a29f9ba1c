"""Items and cases: intake, what a case holds, its surveys."""

from flask import Blueprint, Response, g, jsonify, request

from inspection.services.book import book
from inspection.services.read_case import list_cases, list_items, read_case
from inspection.services.take_in import name_approver, take_in
from server import shapes, visitors
from server.schema import body, identifier, moment, number, paging, text
from server.services import services

blueprint = Blueprint("api-cases", __name__, url_prefix="/api/v1")


@blueprint.get("/items")
def items() -> Response:
    found = list_items(services().office, visitors.actor())
    return jsonify(items=[shapes.item(one, g.lang) for one in found])


@blueprint.get("/cases")
def listed() -> Response:
    given = services()
    state, words = request.args.get("state"), request.args.get("q", "")
    rows, total = list_cases(given.office, visitors.actor(), state, words, *paging(), given.now())
    return jsonify(cases=[shapes.case_row(row, g.lang) for row in rows], total=total)


@blueprint.post("/cases")
def taken_in() -> tuple[Response, int]:
    given, actor = services(), visitors.actor()
    sent = body(
        {
            "item": text(64),
            "applicant": text(100),
            "phone": text(40, needed=False, empty=True),
            "address": text(300),
            "latitude": number(-90, 90, needed=False),
            "longitude": number(-180, 180, needed=False),
            "approver": identifier(),
        }
    )
    case = take_in(given.office, given.signer, actor, **sent, now=given.now(), new_id=given.new_id)
    return jsonify(shapes.case(case)), 201


@blueprint.get("/cases/<case>")
def one(case: str) -> Response:
    given = services()
    view = read_case(given.office, given.signer, visitors.actor(), case, given.now())
    return jsonify(shapes.case_view(view, g.lang))


@blueprint.put("/cases/<case>/approver")
def given_to(case: str) -> Response:
    given, actor = services(), visitors.actor()
    sent = body({"approver": identifier()})
    return jsonify(shapes.case(name_approver(given.office, given.signer, actor, case, sent["approver"], given.now())))


@blueprint.post("/cases/<case>/surveys")
def booked(case: str) -> tuple[Response, int]:
    given, actor = services(), visitors.actor()
    sent = body({"kind": text(20), "at": moment(needed=False)})
    now = given.now()
    survey = book(given.office, given.signer, actor, case, sent["kind"], sent["at"] or now, now, given.new_id)
    return jsonify(shapes.survey(survey)), 201
