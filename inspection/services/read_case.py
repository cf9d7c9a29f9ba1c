"""What the pages of a case show, and the lists that lead there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from inspection.model.case import Case, CaseState
from inspection.model.catalogue import Checklist, Item
from inspection.model.deadline import office_day, working_days_left
from inspection.model.decision import Decision, Export
from inspection.model.errors import Invalid
from inspection.model.evidence import Evidence, ReceivedTrack, Snapshot
from inspection.model.finding import Finding
from inspection.model.ledger import Entry, Head
from inspection.model.people import Actor, Person, Role
from inspection.model.survey import Survey
from inspection.model.text import LINE_LENGTH, line
from inspection.ports import Office, Signer, Work
from inspection.services.access import ALLOWED, Doing, Standing, case_standings, on_case, require_role
from inspection.services.guard import guarded


@dataclass(frozen=True, slots=True)
class SurveyOfCase:
    survey: Survey
    inspector: str  # name
    checklist: Checklist  # the version that it began with
    findings: Sequence[Finding]
    snapshots: Sequence[Snapshot]
    tracks: Sequence[ReceivedTrack]  # what is stored and what is pending, by now


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case with all that belongs to it. `surveys` newest first, `entries` oldest first."""

    case: Case
    item: Item
    inspector: Person
    approver: Person
    surveys: Sequence[SurveyOfCase]
    evidence: Sequence[Evidence]
    decision: Decision | None
    exports: Sequence[Export]
    entries: Sequence[Entry]
    head: Head | None
    due_in: int | None  # working days left, negative when late, None once decided
    standings: frozenset[Standing]
    may: frozenset[Doing]


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One line of a list."""

    case: Case
    item: Item
    due_in: int | None
    surveys: int
    live: bool


def read_case(office: Office, signer: Signer, actor: Actor, case: str, now: datetime) -> CaseView:
    """Raises `NotFound("case-unknown")` for somebody else's, and enters that refusal in its ledger."""
    with guarded(office, signer, actor, now, case=case), office.read() as work:
        return _view(work, actor, on_case(work, actor, case, Doing.READ_CASE), now)


def list_cases(
    office: Office, actor: Actor, state: str | None, text: str, offset: int, limit: int, now: datetime
) -> tuple[Sequence[CaseRow], int]:
    """One page of the actor's own cases, newest first, and how many there are."""
    require_role(actor, "list-cases")
    wanted = _state(state)
    text = line(text, "text", LINE_LENGTH, needed=False)
    inspector = actor.id if actor.role is Role.INSPECTOR else None
    approver = actor.id if actor.role is Role.APPROVER else None
    with office.read() as work:
        cases = work.cases.list(inspector, approver, wanted, text, max(offset, 0), min(max(limit, 1), 200))
        rows = [_row(work, case, now) for case in cases]
        return rows, work.cases.count(inspector, approver, wanted, text)


def list_items(office: Office, actor: Actor) -> Sequence[Item]:
    """The catalogue, for those who take cases in."""
    require_role(actor, "take-in")
    with office.read() as work:
        return work.items.list()


def due_in(case: Case, now: datetime) -> int | None:
    """Working days left to the promised day; None once the case is decided."""
    if case.state in (CaseState.APPROVED, CaseState.REFUSED):
        return None
    today = office_day(now)
    return working_days_left(today, today.fromisoformat(case.due_on))


def _view(work: Work, actor: Actor, case: Case, now: datetime) -> CaseView:
    standings = case_standings(work, actor, case)
    surveys = sorted(work.surveys.of_case(case.id), key=lambda survey: survey.created_at, reverse=True)
    return CaseView(
        case,
        work.items.get(case.item),
        work.people.get(case.inspector),
        work.people.get(case.approver),
        [_survey(work, survey) for survey in surveys],
        work.evidence.of_case(case.id),
        work.decisions.get(case.id),
        work.exports.of_case(case.id),
        work.ledger.entries(case.id),
        work.ledger.head(case.id),
        due_in(case, now),
        standings,
        frozenset(doing for doing, allowed in ALLOWED.items() if allowed & standings),
    )


def _survey(work: Work, survey: Survey) -> SurveyOfCase:
    return SurveyOfCase(
        survey,
        work.people.get(survey.inspector).name,
        work.items.checklist(survey.checklist, survey.checklist_version),
        work.findings.of_survey(survey.id),
        work.snapshots.of_survey(survey.id),
        work.receptions.tracks(survey.id),
    )


def _row(work: Work, case: Case, now: datetime) -> CaseRow:
    surveys = work.surveys.of_case(case.id)
    live = any(survey.state.value == "live" for survey in surveys)
    return CaseRow(case, work.items.get(case.item), due_in(case, now), len(surveys), live)


def _state(state: str | None) -> CaseState | None:
    if state is None:
        return None
    try:
        return CaseState(state)
    except ValueError as error:
        raise Invalid("state-unknown", field="state") from error
