"""Judge a package by itself: every byte, the ledger's chain, its signed head, and that the papers say the same."""

from dataclasses import dataclass
from enum import StrEnum

from inspection.ports import PackageReader


class Overall(StrEnum):
    INTACT = "intact"
    ALTERED = "altered"
    UNREADABLE = "unreadable"


class Origin(StrEnum):
    PROVEN = "proven"  # signed with the trusted key
    UNPROVEN = "unproven"  # no key was given to compare with
    FOREIGN = "foreign"  # signed with another key than the trusted one


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: the part, where in the package, and a stable code."""

    part: str
    where: str
    code: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """`status` is the exit status of `takan verify`: 0 intact, 1 altered (a foreign key too), 2 not readable."""

    overall: Overall
    origin: Origin
    fingerprint: str | None
    parts: dict[str, bool]  # part -> sound
    wrong: tuple[Finding, ...]
    case: str | None
    files: int
    bytes: int

    @property
    def status(self) -> int:
        if self.overall is Overall.UNREADABLE:
            return 2
        return int(self.overall is Overall.ALTERED or self.origin is Origin.FOREIGN)


def verify(reader: PackageReader, trust: bytes | None) -> Verdict:
    """Never raises for anything that a package may hold. `trust` is the office's raw public key, 32 bytes."""
    raise NotImplementedError


def parse_public_key(data: bytes) -> bytes:
    """32 raw bytes from a key file: raw, 64 hex digits, or PEM. Raises `Invalid("key-unreadable")`."""
    raise NotImplementedError
