"""A recording on one clock."""

from typing import Literal, TypedDict

from server.documents.findings import Snapshot, TimelineFinding
from server.documents.values import Digest


class Init(TypedDict):
    """An init segment; `codecs` as in RFC 6381."""

    digest: Digest
    codecs: str
    width: int
    height: int


class Segment(TypedDict):
    digest: Digest
    init: Digest
    start: int
    duration: int
    bytes: int
    key_frame: bool
    state: Literal["stored", "pending"]


class Gap(TypedDict):
    start: int
    end: int
    reason: str


class Track(TypedDict):
    id: str
    participant: str
    name: str
    role: str
    kind: str
    codec: str
    timescale: int
    inits: list[Init]
    segments: list[Segment]
    gaps: list[Gap]
    reception: dict[str, int]


class Timeline(TypedDict):
    epoch_us: int | None
    clock_us: int
    ended: bool
    tracks: list[Track]
    snapshots: list[Snapshot]
    findings: list[TimelineFinding]
