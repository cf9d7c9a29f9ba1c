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
    """Where: an address, and a WGS-84 point in degrees when it is known (never GCJ-02). `polygon`: corners of its
    outline, latitude and longitude, in order, when they are known."""

    address: str
    latitude: float | None = None
    longitude: float | None = None
    polygon: tuple[tuple[float, float], ...] = ()

    @property
    def outline(self) -> tuple[tuple[float, float], ...]:
        """What a place is compared with: the polygon, else the one point, else nothing."""
        if self.polygon or self.latitude is None or self.longitude is None:
            return self.polygon
        return ((self.latitude, self.longitude),)

    @property
    def centre(self) -> tuple[float, float] | None:
        """The point; else the middle of the corners."""
        if self.latitude is not None and self.longitude is not None:
            return self.latitude, self.longitude
        count = len(self.polygon)
        if not count:
            return None
        return sum(one[0] for one in self.polygon) / count, sum(one[1] for one in self.polygon) / count


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
