"""What a survey checks, what was found, and the snapshots that show it."""

from typing import TypedDict

from server.documents.values import Digest


class Check(TypedDict):
    id: str
    number: int
    title: str
    hint: str
    required: bool


class Finding(TypedDict):
    check: str
    result: str
    note: str
    snapshots: list[str]
    annotations: list[str]
    evidence: list[str]
    by: str
    at_us: int


class TimelineFinding(Finding):
    title: str
    who: str


class Snapshot(TypedDict):
    id: str
    track: str
    time: int
    state: str
    check: str | None
    who: str
    width: int | None
    height: int | None
    sha256: Digest | None
    reason: str | None
    url: str | None


class Snapshots(TypedDict):
    snapshots: list[Snapshot]
