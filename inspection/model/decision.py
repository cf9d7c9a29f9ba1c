"""The approver's outcome of a case."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class DecisionOutcome(StrEnum):
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Decision:
    case: str
    outcome: DecisionOutcome
    reason: str
    by: str  # person id
    at: datetime
    head: str  # hash of the ledger's last entry that the approver had before him


@dataclass(frozen=True, slots=True)
class Export:
    """A case's evidence being written out as a package, with its progress in bytes."""

    id: str
    case: str
    wanted_by: str
    created_at: datetime
    state: str  # "wanted" | "running" | "ready" | "failed"
    done: int = 0
    total: int = 0
    reason: str | None = None
