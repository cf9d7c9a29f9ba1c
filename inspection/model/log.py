"""The log over all cases: every ledger entry is one leaf of one tree, in the order in which the office took them in.

A leaf is the 32 bytes of an entry's hash: the log tells nothing of what is in a case. Times are microseconds UTC.
"""

from dataclasses import dataclass
from enum import StrEnum

from inspection.model.ledger import Entry
from inspection.model.merkle import leaf_hash
from inspection.model.tlog import Checkpoint


class TimeSource(StrEnum):
    """Who vouches for the time: pages and packages say which."""

    OWN_CLOCK = "own-clock"  # the instance's own clock and nobody else's
    AUTHORITY = "authority"  # a time-stamp authority too (RFC 3161)


def time_source(has_authority: bool) -> TimeSource:
    """What pages say of an instance that has, or has not, a time-stamp authority."""
    return TimeSource.AUTHORITY if has_authority else TimeSource.OWN_CLOCK


@dataclass(frozen=True, slots=True)
class Leaf:
    """Where an entry stands: `index` counts from 0 over all cases."""

    index: int
    case: str
    number: int


@dataclass(frozen=True, slots=True)
class Published:
    """A checkpoint as it was signed first; its bytes never change."""

    size: int
    at_us: int
    root: str  # hex
    note: str


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A witness has seen the checkpoint of that size, and nothing that contradicts it."""

    size: int
    witness: str
    key_id: str  # four bytes, hex
    at_us: int  # by the witness's clock
    line: str


@dataclass(frozen=True, slots=True)
class Stamp:
    """An RFC 3161 answer about a checkpoint. The first is over its note's bytes; each later one (a renewal) over the
    note's bytes followed by the answer before, made while that one's certificate still held."""

    size: int
    number: int  # from 1
    at_us: int  # by the authority
    until_us: int  # the authority's certificate ends
    authority: str  # the certificate's subject
    token: bytes  # the whole TimeStampResp, DER


@dataclass(frozen=True, slots=True)
class StampFacts:
    """What a stamp that holds says."""

    at_us: int
    until_us: int
    authority: str


SIZE_TYPE = "text/x.tlog.size"
TEXT_TYPE = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Reply:
    """A witness's answer by HTTP, and the checkpoint to remember before it is given (None: nothing new)."""

    status: int
    body: str
    type: str = TEXT_TYPE
    remember: Checkpoint | None = None


def entry_leaf(entry: Entry) -> bytes:
    """The hash of an entry's leaf."""
    return leaf_hash(bytes.fromhex(entry.hash))


def stamped(note: bytes, before: bytes | None) -> bytes:
    """What a stamp is over: the note, and for a renewal the stamp before it."""
    return note if before is None else note + before
