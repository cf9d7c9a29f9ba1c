"""What leaves the office on paper: the record of a survey, the notice of a decision, the draft of a certificate."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

OFFICE_PLACE = "office"  # of the office's own seal in the file
PICTURE_TICKS = 90_000  # a second of the clock that pictures have


class PaperKind(StrEnum):
    RECORD = "record"
    DECISION = "decision"
    CERTIFICATE = "certificate"


class PaperState(StrEnum):
    WANTED = "wanted"
    READY = "ready"  # may be read and, where it takes signatures, signed
    SEALED = "sealed"  # everybody has signed or said why not, and the office has put its seal on it
    FAILED = "failed"
    SUPERSEDED = "superseded"  # another was made of the same: whoever signed this one starts anew


OPEN = frozenset({PaperState.WANTED, PaperState.READY})


@dataclass(frozen=True, slots=True)
class Signatory:
    """Somebody whose signature a paper asks for. `role` as in `Role`; `id` of the person or participant."""

    id: str
    name: str
    role: str

    def document(self) -> dict[str, str]:
        return {"id": self.id, "name": self.name, "role": self.role}


@dataclass(frozen=True, slots=True)
class Paper:
    """A PDF/A with its facts inside. `sha256` is that of the file as it stands now: each signature adds to it.

    `subject` is the digest of what it tells; when that is no longer what the tables tell, nobody signs it any more.
    `signatures` and `refusals`, in order of time, have `id name role at_us before` (the file's digest until then); a
    signature `time` (`SignedTime`), a refusal its `reason` too.
    """

    id: str
    case: str
    survey: str | None
    kind: PaperKind
    language: str
    state: PaperState
    wanted_by: str
    created_at: datetime
    address: str  # of this site as people reach it, for what a QR code opens
    subject: str | None = None
    sha256: str | None = None
    bytes: int = 0
    needed: list[dict[str, str]] = field(default_factory=list)
    signatures: list[dict[str, Any]] = field(default_factory=list)
    refusals: list[dict[str, Any]] = field(default_factory=list)
    reason: str | None = None  # code, when it failed

    def answered(self) -> set[str]:
        """Who has signed it or said why not."""
        return {one["id"] for one in (*self.signatures, *self.refusals)}

    def open_for(self, id: str) -> bool:
        """Whether that person's or participant's answer is still asked for."""
        return id in {one["id"] for one in self.needed} and id not in self.answered()

    def complete(self, inspectors: int = 0) -> bool:
        """Everybody answered, and so many different inspectors signed: the office may put its seal on it."""
        everybody = bool(self.needed) and {one["id"] for one in self.needed} <= self.answered()
        return everybody and self.signed_by_inspectors() >= inspectors

    def signed_by_inspectors(self) -> int:
        return len({one["id"] for one in self.signatures if one["role"] == "inspector"})

    def may_refuse(self, id: str, inspectors: int) -> bool:
        """Whether enough inspectors are left to sign when this one does not."""
        asked = {one["id"] for one in self.needed if one["role"] == "inspector"}
        refused = {one["id"] for one in self.refusals}
        return id not in asked or len(asked - refused - {id}) >= inspectors


def moment_path(survey: str, ticks: int) -> str:
    """Where at this site a survey is shown at that moment of its pictures' clock."""
    return f"/surveys/{survey}/review?at={ticks * 1000 // PICTURE_TICKS}"


def front_path(kind: PaperKind, case: str, survey: str | None) -> str:
    """What the code on a paper's first page opens at this site."""
    return f"/surveys/{survey}/review" if kind is PaperKind.RECORD else f"/cases/{case}"


@dataclass(frozen=True, slots=True)
class Seal:
    """Who signs a file: `role` as in `Role` ("system": the office itself), `place` a name of its own in the file."""

    name: str
    role: str
    reason: str
    place: str
    sign_in: str = ""  # by which a member of staff with a certificate of his own is found
