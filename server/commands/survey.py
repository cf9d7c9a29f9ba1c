"""`takan survey new`: a live survey with addresses for OBS, ffmpeg, GStreamer or a script, on a running instance.

Whoever runs it may read the data folder, so he acts as one of its inspectors and states the applicant's consent.
"""

import sys
from typing import Any

from inspection.model.errors import NotFound
from inspection.model.participant import CONSENT_VERSION
from inspection.model.people import Actor, Person, Role
from inspection.services.book import book
from inspection.services.consent import state_consent
from inspection.services.keep_people import create_person, sign_in_name
from inspection.services.open_room import open_room
from inspection.services.take_in import take_in
from server.api.surveys import awake
from server.commands.admin import OPERATOR
from server.commands.telling import make_and_tell
from server.configuration import Configuration
from server.one_time import new_password
from server.pages.streams import stream_of
from server.services import Services

Chosen = tuple[str | None, str | None, str]  # sign-in names of inspector and approver, the applicant's name


def run(configuration: Configuration, url: str, people: Chosen, as_json: bool) -> int:
    """`url`: where the running `up` serves."""
    return make_and_tell(configuration, url, lambda given, at: make(given, at, people), _lines, as_json)


def make(given: Services, url: str, people: Chosen) -> dict[str, Any]:
    """Case, survey and tickets that live until the survey ends, 12 hours at most. Raises `Refusal`."""
    inspector = person(given, Role.INSPECTOR, people[0])
    approver = person(given, Role.APPROVER, people[1])
    actor, now = Actor(inspector.id, inspector.name, inspector.role), given.now()
    with given.office.read() as work:
        item = work.items.list()[0]
    name = people[2] or "Applicant"
    case = take_in(
        given.office, given.signer, actor, item.id, name, "", "-", None, None, approver.id, now, given.new_id
    )
    survey = book(given.office, given.signer, actor, case.id, "live", now, now, given.new_id)
    with given.office.read() as work:
        filmed = next(row for row in work.participants.of_survey(survey.id) if row.role is Role.APPLICANT)
    state_consent(given.office, given.signer, actor, survey.id, filmed.id, CONSENT_VERSION, "en", given.now())
    opened, _ = open_room(given.office, given.signer, actor, survey.id, awake(given), given.now())
    stream = stream_of(given, actor, opened, url)
    if stream is None:
        raise NotFound("survey-unknown")
    console = f"{url}/surveys/{survey.id}/console"
    return {"case": case.id, "survey": survey.id, "number": case.number, "console": console} | stream


def person(given: Services, role: Role, sign_in: str | None) -> Person:
    """The one who was named, else the first of that role; an instance that has none gets one."""
    with given.office.read() as work:
        if sign_in is not None:
            found = work.people.by_sign_in(sign_in_name(sign_in))
        else:
            found = next((one for one in work.people.list(role, 0, 200) if one.active), None)
    if found is not None and found.role is role:
        return found
    if sign_in is not None:
        raise NotFound("person-unknown")
    password = new_password()
    made = create_person(
        given.office,
        given.passwords,
        OPERATOR,
        role.value.capitalize(),
        role.value,
        role.value,
        password,
        given.now(),
        given.new_id,
    )
    print(f"takan: made {role.value} {made.sign_in}, one-time password {password}", file=sys.stderr)
    return made


def _lines(made: dict[str, Any]) -> list[str]:
    lines = [f"case    {made['number']} ({made['case']})", f"survey  {made['survey']}", f"console {made['console']}"]
    for name in ("whip", "whep"):
        lines += [f"{name} url   {made[name]['url']}", f"{name} token {made[name]['token']}"]
    return lines
