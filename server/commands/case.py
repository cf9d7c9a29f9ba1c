"""`takan case new` and `takan case show`: a case that takes uploads by tus, and what became of them; for scripts.

Whoever runs it may read the data folder, so he acts as one of its inspectors.
"""

import json
import sys
from datetime import timedelta
from typing import Any

from inspection.model.errors import NotFound, Refusal
from inspection.model.ledger import microseconds
from inspection.model.people import Actor, Role
from inspection.services.book import book
from inspection.services.open_room import open_room
from inspection.services.read_uploads import uploads_of_case
from inspection.services.take_in import take_in
from server import shapes, tus, wiring
from server.api.surveys import awake
from server.commands.survey import Chosen, person
from server.commands.telling import make_and_tell
from server.configuration import Configuration
from server.services import Services


def new(configuration: Configuration, url: str, people: Chosen, as_json: bool) -> int:
    """`url`: where the running `up` serves."""
    return make_and_tell(configuration, url, lambda given, at: make(given, at, people), _lines, as_json)


def _lines(made: dict[str, Any]) -> list[str]:
    upload = made["tus"]
    return [
        f"case    {made['number']} ({made['case']})",
        f"survey  {made['survey']}",
        f"tus url   {upload['url']}",
        f"tus token {upload['token']}",
    ]


def show(configuration: Configuration, case: str, as_json: bool) -> int:
    """`case`: its id or its number."""
    given = wiring.services(configuration)
    try:
        told = tell(given, case)
    except Refusal as error:
        print(f"takan: {error}", file=sys.stderr)
        return 1
    if as_json:
        print(json.dumps(told, ensure_ascii=False))
        return 0
    print(f"case {told['number']} ({told['case']}), {told['state']}")
    for one in told["evidence"]:
        length = "" if one["seconds"] is None else f"  {one['seconds']:.1f} s"
        print(f"{one['state']:9} {one['bytes']:>14} {one['name']}{length}  {one['reason'] or one['sha256'] or ''}")
    return 0


def make(given: Services, url: str, people: Chosen) -> dict[str, Any]:
    """Case, survey of kind drone, and a token for uploads in the applicant's name. Raises `Refusal`."""
    inspector, approver = person(given, Role.INSPECTOR, people[0]), person(given, Role.APPROVER, people[1])
    actor, now = Actor(inspector.id, inspector.name, inspector.role), given.now()
    with given.office.read() as work:
        item = work.items.list()[0]
    name = people[2] or "Applicant"
    case = take_in(
        given.office, given.signer, actor, item.id, name, "", "-", None, None, approver.id, now, given.new_id
    )
    survey = book(given.office, given.signer, actor, case.id, "drone", now, now, given.new_id)
    with given.office.read() as work:
        sender = next(row for row in work.participants.of_survey(survey.id) if row.role is Role.APPLICANT)
    nodes = awake(given)
    if nodes:  # files are taken all the same; only the live picture needs one
        open_room(given.office, given.signer, actor, survey.id, nodes, given.now())
    until = microseconds(now + timedelta(hours=given.settings.tickets.hours))
    by_link = Actor(sender.id, sender.name, sender.role, survey.id)
    token = tus.token(given.session_key, survey.id, by_link, until)
    upload = {"url": f"{url}/api/v1/uploads", "token": token}
    return {"case": case.id, "survey": survey.id, "number": case.number, "tus": upload}


def tell(given: Services, case: str) -> dict[str, Any]:
    """Raises `NotFound("case-unknown")`."""
    with given.office.read() as work:
        try:
            found = work.cases.get(case)
        except NotFound:
            found = work.cases.by_number(case)
        lead = work.people.get(found.inspector)
    actor = Actor(lead.id, lead.name, lead.role)
    uploads = uploads_of_case(given.office, actor, found.id)
    return {
        "case": found.id,
        "number": found.number,
        "state": found.state.value,
        "evidence": [shapes.upload_as_evidence(one) for one in uploads],
    }
