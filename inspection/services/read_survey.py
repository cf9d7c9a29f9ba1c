"""What a page may know of one survey, and of who is in its room."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from inspection.model.case import Case
from inspection.model.catalogue import Checklist, Item
from inspection.model.evidence import Snapshot
from inspection.model.finding import Finding
from inspection.model.participant import Consent, Participant, Position
from inspection.model.people import Actor, Role
from inspection.model.survey import Room, Survey
from inspection.ports import Office
from inspection.services.access import ALLOWED, Doing, Standing, on_survey
from inspection.services.participants import is_here


@dataclass(frozen=True, slots=True)
class SurveyView:
    """A survey with what stands around it. `mine` is the reader's own place, None before he joined."""

    survey: Survey
    case: Case
    item: Item
    checklist: Checklist
    room: Room | None
    mine: Participant | None
    participants: Sequence[Participant]
    consents: dict[str, Consent]  # the latest answer, by participant
    positions: Sequence[Position]
    findings: Sequence[Finding]  # empty for one who came by a link
    snapshots: Sequence[Snapshot]
    inspector: str  # name
    standings: frozenset[Standing]
    may: frozenset[Doing]


@dataclass(frozen=True, slots=True)
class RoomView:
    """Who is in a room, for a page that asks every few seconds; what is streamed, only the node knows."""

    survey: Survey
    room: Room | None
    mine: Participant | None
    participants: Sequence[tuple[Participant, bool]]  # and whether his page asked lately
    consented: frozenset[str]


@dataclass(frozen=True, slots=True)
class SurveyRow:
    """One line of a list."""

    survey: Survey
    case: Case
    item: Item


def read_survey(office: Office, actor: Actor, survey: str) -> SurveyView:
    """Raises `NotFound("survey-unknown")` for somebody else's."""
    with office.read() as work:
        place = on_survey(work, actor, survey, Doing.READ_SURVEY)
        found, staff = place.survey, actor.survey is None
        rows = work.participants.of_survey(survey)
        shown = rows if staff else [row for row in rows if row == place.mine]
        answers = ((row.id, work.participants.consent(row.id)) for row in shown)
        ids = {row.id for row in shown}
        return SurveyView(
            found,
            place.case,
            work.items.get(place.case.item),
            work.items.checklist(found.checklist, found.checklist_version),
            work.rooms.get(survey),
            place.mine,
            rows,
            {id: answer for id, answer in answers if answer is not None},
            [position for position in work.participants.positions(survey) if position.participant in ids],
            work.findings.of_survey(survey) if staff else (),
            work.snapshots.of_survey(survey) if staff else (),
            work.people.get(found.inspector).name,
            place.standings,
            frozenset(doing for doing in ALLOWED if place.may(doing)),
        )


def room_view(office: Office, actor: Actor, survey: str, now: datetime) -> RoomView:
    """Who is here, the focus and the room. Raises `NotFound` for somebody else's."""
    with office.read() as work:
        place = on_survey(work, actor, survey, Doing.READ_SURVEY)
        rows = work.participants.of_survey(survey)
        answers = (work.participants.consent(row.id) for row in rows)
        return RoomView(
            place.survey,
            work.rooms.get(survey),
            place.mine,
            [(row, is_here(row, now)) for row in rows],
            frozenset(answer.participant for answer in answers if answer is not None and answer.agreed),
        )


def list_surveys(office: Office, actor: Actor, offset: int, limit: int) -> tuple[Sequence[SurveyRow], int]:
    """One page of the surveys that the actor leads or takes part in; none for one who came by a link."""
    if actor.survey is not None or actor.role is Role.ADMINISTRATOR:
        return (), 0
    with office.read() as work:
        surveys = work.surveys.of_person(actor.id, max(offset, 0), min(max(limit, 1), 200))
        rows = [SurveyRow(survey, case := work.cases.get(survey.case), work.items.get(case.item)) for survey in surveys]
        return rows, work.surveys.count_of_person(actor.id)
