"""What is found in a file that carries its own proof: a paper's signatures, a picture's or clip's credentials."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class SignatureSaid:
    """`name` and `role` are those of its certificate; `faults` are empty when it holds."""

    place: str
    name: str
    role: str
    at: datetime | None
    reason: str
    faults: tuple[str, ...]


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


@dataclass(frozen=True, slots=True)
class CredentialsSaid:
    """`state` as the library says it ("Valid"), `facts` our assertion, `faults` what it found besides no trust list."""

    state: str
    facts: dict[str, Any] | None
    faults: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return self.state in ("Valid", "Trusted") and not self.faults and self.facts is not None
