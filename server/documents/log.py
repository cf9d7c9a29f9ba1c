"""The log over all cases."""

from typing import TypedDict

from server.documents.values import Digest


class Checkpoint(TypedDict):
    size: int
    root: Digest
    at_us: int


class WitnessState(TypedDict):
    name: str
    size: int
    at_us: int


class Stamp(TypedDict):
    size: int
    at_us: int
    until_us: int
    authority: str


class LogState(TypedDict):
    """`time`: who vouches for it; `alarm`: what a witness contradicted."""

    size: int
    waiting: bool
    checkpoint: Checkpoint | None
    witnesses: list[WitnessState]
    time: str
    time_words: str
    stamp: Stamp | None
    alarm: str | None
    witnesses_wanted: list[str]


class Consistency(TypedDict):
    """The hashes of RFC 9162 § 2.1.4."""

    old: int
    new: int
    path: list[Digest]
