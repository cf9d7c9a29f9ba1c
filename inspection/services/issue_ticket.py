"""Decide who may send or see whom; the web role signs what is said here."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from inspection.model.errors import Forbidden, Invalid, NotFound, WrongMoment
from inspection.model.ledger import microseconds
from inspection.model.participant import Participant
from inspection.model.people import Actor, Role
from inspection.model.survey import SurveyState
from inspection.ports import NewId, Office, Work
from inspection.services.access import Doing, Place, on_survey, own_row
from inspection.services.consent import has_consented

PAGE_LIFE = timedelta(minutes=10)
LONGEST_LIFE = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Claims:
    """What a ticket will say, in the media node's own words; `watched` is whose place the path names."""

    id: str
    node: str
    survey: str
    participant: str
    name: str
    role: str  # "applicant" | "agent" | "inspector" | "viewer"
    direction: Literal["publish", "view"]
    epoch_us: int
    expires_us: int
    sessions: int
    watched: str


def issue_ticket(
    office: Office,
    actor: Actor,
    survey: str,
    direction: str,
    participant: str,
    now: datetime,
    new_id: NewId,
    life: timedelta = PAGE_LIFE,
    sessions: int = 1,
) -> Claims:
    """`publish`: into one's own place, or, for the lead inspector, an encoder into the applicant's. `view`: of
    `participant`. `sessions` bounds how many a viewing ticket may open; a publishing one holds a single place.

    Raises `WrongMoment("survey-not-live")`, `Forbidden("consent-missing")` before the applicant agreed,
    `Forbidden("place-of-another")`, `NotFound("participant-unknown")`, `Invalid("direction-unknown")`.
    """
    life = min(life, LONGEST_LIFE)
    with office.read() as work:
        if direction == "publish":
            place = on_survey(work, actor, survey, Doing.PUBLISH)
            bearer = watched = _publisher(work, actor, place, participant)
            sessions = 1
        elif direction == "view":
            place = on_survey(work, actor, survey, Doing.WATCH)
            bearer, watched = own_row(place), _in_survey(work, place, participant)
        else:
            raise Invalid("direction-unknown", field="direction")
        room = work.rooms.get(survey)
        if place.survey.state is not SurveyState.LIVE or room is None or room.closed:
            raise WrongMoment("survey-not-live")
        return Claims(
            new_id(),
            room.node,
            survey,
            bearer.id,
            bearer.name,
            _room_role(bearer),
            "publish" if direction == "publish" else "view",
            microseconds(room.epoch),
            microseconds(now + life),
            max(sessions, 1),
            watched.id,
        )


def _publisher(work: Work, actor: Actor, place: Place, participant: str) -> Participant:
    row = _in_survey(work, place, participant)
    own = place.mine is not None and row.id == place.mine.id
    if not own and (row.person is not None or not place.may(Doing.STATE_CONSENT)):
        raise Forbidden("place-of-another")
    if row.person is None and not has_consented(work, row.id):
        raise Forbidden("consent-missing")
    return row


def _in_survey(work: Work, place: Place, participant: str) -> Participant:
    for row in work.participants.of_survey(place.survey.id):
        if row.id == participant:
            return row
    raise NotFound("participant-unknown")


def _room_role(row: Participant) -> str:
    if row.role in (Role.APPLICANT, Role.AGENT, Role.INSPECTOR):
        return row.role.value
    return "viewer"
