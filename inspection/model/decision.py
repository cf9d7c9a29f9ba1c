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
    """A case's evidence being made into a package, with its progress in bytes.

    A package is not kept twice: `plan` names the object that says of what objects of the store it is made up.
    """

    id: str
    case: str
    wanted_by: str
    created_at: datetime
    state: str  # "wanted" | "running" | "ready" | "failed"
    done: int = 0
    total: int = 0
    reason: str | None = None
    plan: str | None = None  # digest of the plan, when ready
    size: int = 0  # bytes of the ZIP file, when ready


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A file of a package that is in the making: what was found of it, so that an interrupted job goes on from there.

    `recipe` is the SHA-256 of what it is made of, `crc` the CRC-32 that ZIP wants.
    """

    export: str
    path: str
    recipe: str
    sha256: str
    crc: int
    size: int
