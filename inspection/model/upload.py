"""A file on its way in: it becomes evidence when it was read back whole, and never before."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from inspection.model.people import Actor, Role


class UploadState(StrEnum):
    ARRIVING = "arriving"
    CHECKING = "checking"  # all of it is here; the worker reads it back
    ADMITTED = "admitted"  # evidence of the same id
    REFUSED = "refused"
    GONE = "gone"  # given up by its sender, or expired


@dataclass(frozen=True, slots=True)
class Upload:
    """`id` is that of the evidence it will be. `received` bytes are durable; `holder` may write the next ones."""

    id: str
    case: str
    survey: str
    by: str  # person or participant
    by_name: str
    by_role: Role
    name: str
    size: int  # bytes
    said: dict[str, Any]  # what the sender's device says of the file: never trusted, kept as said
    state: UploadState
    received: int
    token: str  # the store's own name for what arrives
    holder: str
    created_at: datetime
    expires_at: datetime
    sha256: str | None = None
    kind: str | None = None  # by its content: video audio photo document sidecar zip
    format: str | None = None
    reason: str | None = None  # code, when it was refused

    @property
    def sender(self) -> Actor:
        return Actor(self.by, self.by_name, self.by_role, self.survey)


class JobState(StrEnum):
    WANTED = "wanted"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


UNFINISHED = frozenset({JobState.WANTED, JobState.RUNNING})


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work on one piece of evidence. `id` is `<kind>-<evidence>`: asking twice is asking once."""

    id: str
    evidence: str
    case: str
    kind: str
    state: JobState
    priority: int  # the smaller, the sooner
    done: int  # thousandths
    attempts: int
    created_at: datetime
    updated_at: datetime
    reason: str | None = None
    result: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rendition:
    """What was derived from evidence: bytes under their own digest, naming the parent's."""

    id: str
    evidence: str
    name: str  # as in poster.jpg; one of a name for each piece of evidence
    sha256: str
    bytes: int
    media_type: str
    parent: str  # digest of the original
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Limits:
    """What one role may send. Bytes of one file; files of one survey; kinds by content."""

    size: int
    count: int
    kinds: frozenset[str]


def upload_name(evidence: str) -> str:
    """The object store's name of an upload's bytes: its evidence's id, since its digest is known only afterwards."""
    return f"u-{evidence}"


def object_of(evidence: Any) -> str:
    """The name under which the store has the bytes of a piece of evidence."""
    return upload_name(evidence.id) if evidence.kind == "upload" else str(evidence.sha256)
