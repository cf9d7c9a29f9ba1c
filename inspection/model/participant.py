"""Who takes part in one survey, what he agreed to, and what his device said."""

from dataclasses import dataclass, field
from datetime import datetime

from inspection.model.people import Role

CONSENT_VERSIONS = frozenset({"2026-11"})  # of the wording that the pages show; the last one is in force
CONSENT_VERSION = "2026-11"


@dataclass(frozen=True, slots=True)
class Participant:
    """`person` for staff, None for those who come by link. `seen_at`: his page asked for the room's state."""

    id: str
    survey: str
    name: str
    role: Role
    person: str | None
    created_at: datetime
    seen_at: datetime | None = None
    device: dict[str, str] = field(default_factory=dict)  # user agent, camera, microphone, screen, clock offset


@dataclass(frozen=True, slots=True)
class Consent:
    """An answer to the question whether this may be recorded; `stated_by` when someone else vouches for it."""

    participant: str
    survey: str
    name: str  # as he confirmed it
    version: str  # of the wording
    language: str
    agreed: bool
    at: datetime
    stated_by: str | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """Where the device said it is: WGS-84 degrees, `accuracy` in metres. A refusal is kept as one."""

    participant: str
    survey: str
    at: datetime
    refused: bool
    latitude: float | None = None
    longitude: float | None = None
    accuracy: float | None = None
    source: str = "browser"
