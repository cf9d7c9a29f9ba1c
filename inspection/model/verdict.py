"""What was found of a package."""

from dataclasses import dataclass, field
from enum import StrEnum


class Part(StrEnum):
    """What is looked at, in this order."""

    STRUCTURE = "structure"  # the bag: its files, and that nothing is missing or added
    DIGESTS = "digests"  # every byte against the manifests
    LEDGER = "ledger"  # each entry against the one before it
    HEAD = "head"  # the signed end of the ledger, and the signed manifest
    KEYS = "keys"  # the office's keys, old and new
    LOG = "log"  # every entry's place in the log over all cases, under a signed checkpoint
    WITNESSES = "witnesses"  # who else has seen that checkpoint
    STAMPS = "stamps"  # the word of a time-stamp authority
    PAPERS = "papers"  # case, surveys, findings and decision against the ledger
    RECORDINGS = "recordings"  # lists against the ledger, files against the lists
    SNAPSHOTS = "snapshots"  # pictures against the ledger and their parents
    CLIPS = "clips"  # clips against the ledger and the recordings that they were cut from
    SIGNATURES = "signatures"  # records, notices and drafts: who signed what, and that it tells what the ledger tells
    CREDENTIALS = "credentials"  # what clips and snapshots say of themselves (C2PA)


class Standing(StrEnum):
    """What is said of one part."""

    SOUND = "sound"
    ALTERED = "altered"
    NONE = "none"  # nothing of this kind is there, and nothing has to be
    UNSEEN = "unseen"  # it could not be looked at: what comes before it does not hold
    LEFT = "left"  # who judges it was not there: a verifier without libraries for PDF and C2PA


class Overall(StrEnum):
    INTACT = "intact"
    ALTERED = "altered"
    UNREADABLE = "unreadable"


class Origin(StrEnum):
    PROVEN = "proven"  # signed with the trusted key
    UNPROVEN = "unproven"  # no key was given to compare with, or nothing that is signed holds
    FOREIGN = "foreign"  # signed with another key than the trusted one


class Vouched(StrEnum):
    """Whose word there is, besides the office's."""

    NAMED = "named"  # somebody's that whoever verifies named
    ITSELF = "itself"  # only of those that the package names itself
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: the part, where in the package, and a stable code."""

    part: Part
    where: str
    code: str


@dataclass(frozen=True, slots=True)
class LogSaid:
    """What holds of the log. Times are microseconds UTC."""

    origin: str
    size: int  # entries of all cases under the checkpoint
    witnesses: tuple[tuple[str, int, bool], ...]  # name, when by its clock, and whether its key was trusted beforehand
    stamps: tuple[tuple[str, int, bool], ...]  # authority, when, and whether judged by certificates named beforehand
    stamped_entries: int  # how many of this case's, from the first, existed at the first stamp


@dataclass(frozen=True, slots=True)
class Verdict:
    """`status` is the exit status of `takan verify`: 0 intact, 1 altered (or signed with a foreign key, or without the
    word of those who were named), 2 not readable. `vouched` is about the witnesses and the stamps; `unmet` are those of
    the two for which somebody was named and did not vouch."""

    overall: Overall
    origin: Origin
    fingerprint: str | None  # of the key in the package: SHA-256 of its 32 raw bytes, hex
    parts: dict[Part, Standing]
    faults: tuple[Fault, ...]  # at most `MOST_FAULTS`
    case: str | None  # number
    files: int
    bytes: int
    log: LogSaid | None = None
    vouched: dict[Part, Vouched] = field(default_factory=dict)
    unmet: tuple[Part, ...] = ()

    @property
    def status(self) -> int:
        if self.overall is Overall.UNREADABLE:
            return 2
        return int(self.overall is Overall.ALTERED or self.origin is Origin.FOREIGN or bool(self.unmet))


MOST_FAULTS = 100
WHERE_LENGTH = 200


@dataclass(slots=True)
class Report:
    """Faults as they are found; what was looked at and had none is sound."""

    faults: list[Fault] = field(default_factory=list)
    seen: set[Part] = field(default_factory=set)
    none: set[Part] = field(default_factory=set)
    left: set[Part] = field(default_factory=set)

    def fault(self, part: Part, where: str, code: str) -> None:
        self.seen.add(part)
        if not where.isprintable():  # it may come from the package, and goes to a terminal
            where = ascii(where)
        where = where[:WHERE_LENGTH]
        if len(self.faults) < MOST_FAULTS or part not in {fault.part for fault in self.faults}:
            self.faults.append(Fault(part, where, code))

    def standing(self, part: Part) -> Standing:
        if any(fault.part is part for fault in self.faults):
            return Standing.ALTERED
        if part in self.none | self.left:
            return Standing.NONE if part in self.none else Standing.LEFT
        return Standing.SOUND if part in self.seen else Standing.UNSEEN
