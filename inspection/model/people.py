"""Who acts: staff who sign in, and those who come by a link to one survey."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What somebody may be. The first five are staff; `SYSTEM` is the instance itself, in the ledger."""

    ADMINISTRATOR = "administrator"
    INSPECTOR = "inspector"
    APPROVER = "approver"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    APPLICANT = "applicant"
    AGENT = "agent"
    SYSTEM = "system"


STAFF = frozenset({Role.ADMINISTRATOR, Role.INSPECTOR, Role.APPROVER, Role.SUPERVISOR, Role.AUDITOR})


@dataclass(frozen=True, slots=True)
class Person:
    """A member of staff. `password` is a hash; `must_change` until a one-time password has been replaced."""

    id: str
    name: str
    sign_in: str
    role: Role
    password: str
    must_change: bool
    active: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever asks. Staff: `id` is the person's; by link: the participant's, and `survey` is the only one he sees."""

    id: str
    name: str
    role: Role
    survey: str | None = None
    must_change: bool = False  # came in with a one-time password: may do nothing but replace it


SYSTEM = Actor(id="system", name="Takan", role=Role.SYSTEM)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """One browser that is signed in. `id` is the SHA-256 of the cookie's secret, so the table opens no door."""

    id: str
    person: str | None  # staff
    participant: str | None  # by link
    survey: str | None  # by link
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Link:
    """What opens one survey to one participant. `digest` is the SHA-256 of the secret in it, hex."""

    id: str
    digest: str
    survey: str
    participant: str
    made_by: str  # person id
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None

    def holds(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.expires_at
