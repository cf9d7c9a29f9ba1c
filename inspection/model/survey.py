"""One visit: its kind, its states as data, its outcomes."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from inspection.model.errors import Invalid, WrongMoment
from inspection.model.text import text


class SurveyKind(StrEnum):
    GUIDANCE = "guidance"
    LIVE = "live"
    DRONE = "drone"
    PANORAMA = "panorama"


class SurveyState(StrEnum):
    BOOKED = "booked"
    LIVE = "live"
    CONCLUDED = "concluded"
    CANCELLED = "cancelled"


class Outcome(StrEnum):
    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    PARTIAL = "partial"
    GUIDANCE = "guidance"
    INSUFFICIENT = "insufficient"
    NO_SHOW = "no-show"
    CANCELLED = "cancelled"


MOVES = {
    (SurveyState.BOOKED, "open"): SurveyState.LIVE,
    (SurveyState.LIVE, "open"): SurveyState.LIVE,  # the inspector's page came back
    (SurveyState.LIVE, "conclude"): SurveyState.CONCLUDED,
    (SurveyState.BOOKED, "no_show"): SurveyState.CONCLUDED,
    (SurveyState.LIVE, "no_show"): SurveyState.CONCLUDED,
    (SurveyState.BOOKED, "cancel"): SurveyState.CANCELLED,
    (SurveyState.LIVE, "cancel"): SurveyState.CANCELLED,
}

# Outcomes that judge the site: all inspectors that the item asks for have to have been there.
FORMAL = frozenset({Outcome.PASS, Outcome.FAIL, Outcome.PARTIAL})
# What a reader of the record must be told in words.
NEEDS_NOTE = frozenset({Outcome.FAIL, Outcome.PARTIAL, Outcome.GUIDANCE, Outcome.INSUFFICIENT, Outcome.CANCELLED})
ENDED = frozenset({SurveyState.CONCLUDED, SurveyState.CANCELLED})


def move(state: SurveyState, event: str) -> SurveyState:
    """The state after `event`. Raises `WrongMoment` for every pair that `MOVES` does not list."""
    if (state, event) not in MOVES:
        raise WrongMoment("survey-wrong-state", state=state.value, event=event)
    return MOVES[state, event]


def require_note(outcome: Outcome, note: str) -> str:
    """The trimmed note. Raises `Invalid` when the outcome needs one and it is empty, or when it is unusable."""
    note = text(note, "note")
    if outcome in NEEDS_NOTE and not note:
        raise Invalid("note-needed", field="note", outcome=outcome.value)
    return note


@dataclass(frozen=True, slots=True)
class Survey:
    """A visit to one case's site. `checklist_version` is the one that it began with."""

    id: str
    number: str  # as in TK-20261124-0001-S1
    case: str
    kind: SurveyKind
    state: SurveyState
    inspector: str  # person id of the lead
    checklist: str
    checklist_version: int
    at: datetime  # the appointment
    created_at: datetime
    opened_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: Outcome | None = None
    note: str = ""
    focus: str | None = None  # the check that the applicant is asked to show now
    admitted: bool = False  # its recordings are evidence
    inspectors: int = 1  # so many have to take part and sign its record, as its item asked for when it was booked


@dataclass(frozen=True, slots=True)
class Room:
    """The live side of a survey: which node holds it and the moment from which its media time counts."""

    survey: str
    node: str
    epoch: datetime
    closed: bool = False
