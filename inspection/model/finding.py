"""A result for one check, and what it cites."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Result(StrEnum):
    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    RECTIFY = "rectify"
    NOT_APPLICABLE = "not-applicable"


@dataclass(frozen=True, slots=True)
class Finding:
    """The last result for a check; every change is in the ledger. Cites snapshots, annotations and evidence by id."""

    survey: str
    check: str
    result: Result
    note: str
    snapshots: tuple[str, ...]
    by: str  # person id
    at: datetime
    annotations: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
