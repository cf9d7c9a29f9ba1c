"""Addresses and long-lived tickets for OBS, ffmpeg or a script: shown to the inspector, and by `takan survey new`."""

from datetime import timedelta

from inspection.model.errors import Refusal
from inspection.model.people import Actor, Role
from inspection.model.survey import Survey
from inspection.services.issue_ticket import issue_ticket
from server import links
from server.api.room import place_of, signed
from server.services import Services

Stream = dict[str, dict[str, str]]


def stream_of(given: Services, actor: Actor, survey: Survey, base: str | None = None) -> Stream | None:
    """For the applicant's place in a survey; None before it is live and he has agreed to the recording."""
    with given.office.read() as work:
        rows = work.participants.of_survey(survey.id)
    filmed = next((row.id for row in rows if row.role is Role.APPLICANT), None)
    if filmed is None:
        return None
    origin = links.base() if base is None else base
    try:
        return {
            name: _ticket(given, actor, survey.id, direction, filmed, origin)
            for name, direction in (("whip", "publish"), ("whep", "view"))
        }
    except Refusal:
        return None


def _ticket(given: Services, actor: Actor, survey: str, direction: str, filmed: str, origin: str) -> dict[str, str]:
    tickets = given.settings.tickets
    life, now = timedelta(hours=tickets.hours), given.now()
    claims = issue_ticket(given.office, actor, survey, direction, filmed, now, given.new_id, life, tickets.sessions)
    return {"url": f"{origin}{place_of(claims)}", "token": signed(given, claims)}
