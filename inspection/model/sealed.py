"""What is found in a file that carries its own proof: a paper's signatures, a picture's or clip's credentials."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class SignedTime(StrEnum):
    """Who vouches for the time of a signature."""

    OWN_CLOCK = "own-clock"
    AUTHORITY = "authority"  # a time-stamp authority (RFC 3161)
    AWAY = "authority-away"  # the authority gave no answer that holds: the own clock again


@dataclass(frozen=True, slots=True)
class StampSaid:
    """A time stamp on a signature. `trusted`: by a certificate that whoever judges was given."""

    at: datetime
    authority: str
    trusted: bool


@dataclass(frozen=True, slots=True)
class SignatureSaid:
    """`name` and `role` are those of its certificate, `stated` the name under which it was given; `faults` are empty
    when it holds. `revoked`: since when its certificate counts for nothing; a fault only where no trusted stamp is
    older."""

    place: str
    name: str
    role: str
    at: datetime | None
    reason: str
    faults: tuple[str, ...]
    stamp: StampSaid | None = None
    revoked: datetime | None = None
    stated: str = ""


@dataclass(frozen=True, slots=True)
class PaperSaid:
    """`facts`: what is attached, None when that is none; `faults` of the file as a whole; `codes`: what the QR codes
    on its pages open."""

    signatures: tuple[SignatureSaid, ...]
    facts: dict[str, Any] | None
    faults: tuple[str, ...]
    codes: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return not self.faults and all(not one.faults for one in self.signatures)


EXPIRED = "signingCredential.expired"  # at this moment: it may have been good when the file was made


@dataclass(frozen=True, slots=True)
class CredentialsSaid:
    """`state` as the library says it ("Valid"), `facts` our assertion, `faults` what it found besides no trust list,
    `ingredients` the digests of what it was made from."""

    state: str
    facts: dict[str, Any] | None
    faults: tuple[str, ...]
    stamp: StampSaid | None = None
    ingredients: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return self.state in ("Valid", "Trusted") and not self.faults and self.facts is not None
