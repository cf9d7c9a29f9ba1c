"""One application for one item."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from inspection.model.errors import WrongMoment


class CaseState(StrEnum):
    OPEN = "open"  # taken in, no survey has been concluded
    REVIEW = "review"  # a survey was concluded; the approver's turn
    APPROVED = "approved"
    REFUSED = "refused"


MOVES = {
    (CaseState.OPEN, "survey_concluded"): CaseState.REVIEW,
    (CaseState.REVIEW, "survey_concluded"): CaseState.REVIEW,
    (CaseState.REVIEW, "approve"): CaseState.APPROVED,
    (CaseState.REVIEW, "refuse"): CaseState.REFUSED,
}


def move(state: CaseState, event: str) -> CaseState:
    """The state after `event`. Raises `WrongMoment` for every pair that `MOVES` does not list."""
    if (state, event) not in MOVES:
        raise WrongMoment("case-wrong-state", state=state.value, event=event)
    return MOVES[state, event]


@dataclass(frozen=True, slots=True)
class Site:
    """Where: an address, and a WGS-84 point in degrees when it is known (never GCJ-02)."""

    address: str
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """`inspector` opened it and runs its surveys; `approver` is given the decision."""

    id: str
    number: str  # as in TK-20261124-0001, unique
    item: str
    applicant: str  # name
    site: Site
    state: CaseState
    inspector: str  # person id
    approver: str  # person id
    created_at: datetime
    due_on: str  # ISO date of the promised day
    phone: str = ""  # of the applicant
