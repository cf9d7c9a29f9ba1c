"""Immutable originals, and what is derived from them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

TOLERATED = 4  # a hole up to the fourth part of a second is jitter of the frame clock, not a gap


class EvidenceKind(StrEnum):
    RECORDING = "recording"
    UPLOAD = "upload"
    STILL = "still"
    PANORAMA = "panorama"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class ReceivedInit:
    """An init segment as the media role wrote it down."""

    digest: str
    bytes: int
    codecs: str  # RFC 6381
    width: int
    height: int
    stored: bool


@dataclass(frozen=True, slots=True)
class ReceivedSegment:
    """A segment as the media role wrote it down; times in ticks of the track's timescale from the room's epoch."""

    digest: str
    init: str
    bytes: int
    start: int
    duration: int
    key_frame: bool
    stored: bool  # False: durable in the spool, on its way to the object store

    @property
    def end(self) -> int:
        return self.start + self.duration


@dataclass(frozen=True, slots=True)
class ReceivedGap:
    """A stretch in which nothing usable arrived, in ticks from the epoch."""

    start: int
    end: int
    reason: str


@dataclass(frozen=True, slots=True)
class BegunTrack:
    """One participant's audio or video of which something came in."""

    id: str
    survey: str
    participant: str
    kind: str
    codec: str


@dataclass(frozen=True, slots=True)
class ReceivedTrack:
    """All that was received of one track; `inits`, `segments` and `gaps` in order of time."""

    id: str
    survey: str
    participant: str
    kind: str  # "audio" | "video"
    codec: str
    timescale: int
    epoch: datetime
    inits: tuple[ReceivedInit, ...]
    segments: tuple[ReceivedSegment, ...]
    gaps: tuple[ReceivedGap, ...]
    reception: dict[str, int]

    @property
    def start(self) -> int:
        """Ticks of the first thing received, 0 when there is none."""
        return self.segments[0].start if self.segments else 0

    @property
    def end(self) -> int:
        """Ticks of the end of the last segment, 0 when there is none."""
        return max((segment.end for segment in self.segments), default=0)

    def covering(self, time: int) -> ReceivedSegment | None:
        """The segment that holds `time` (ticks)."""
        return next((segment for segment in self.segments if segment.start <= time < segment.end), None)

    def all_gaps(self) -> tuple[ReceivedGap, ...]:
        """The gaps as written down, and every hole between segments that nobody wrote down: none is papered over."""
        holes: list[ReceivedGap] = []
        reached = self.start
        for segment in self.segments:
            if segment.start - reached > self.timescale // TOLERATED and not self._told(reached, segment.start):
                holes.append(ReceivedGap(reached, segment.start, "unexplained"))
            reached = max(reached, segment.end)
        return tuple(sorted((*self.gaps, *holes), key=lambda gap: (gap.start, gap.end)))

    def _told(self, start: int, end: int) -> bool:
        return any(gap.start < end and gap.end > start for gap in self.gaps)


@dataclass(frozen=True, slots=True)
class ReceivedPiece:
    """Where a digest belongs within one survey: a segment or an init segment of a track."""

    track: str
    digest: str
    bytes: int
    stored: bool
    codecs: str  # RFC 6381, of the init segment that it is or needs


@dataclass(frozen=True, slots=True)
class Evidence:
    """One original. For a recording `sha256` is that of its list of segments and gaps, itself a kept object."""

    id: str
    case: str
    survey: str
    kind: EvidenceKind
    name: str
    sha256: str
    bytes: int  # of the media, all segments together
    facts: dict[str, Any]  # capture facts: who, device, when, where, codec, duration, gaps; JSON values
    track: str | None
    created_at: datetime


class RenditionState(StrEnum):
    WANTED = "wanted"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A picture cut from recorded bytes at a media time; derived, so it names its parent.

    `time` is in ticks of `track` as asked, `presented` that of the frame shown then; `parent` is the digest of the
    segment that holds it.
    """

    id: str
    survey: str
    track: str
    time: int
    state: RenditionState
    wanted_by: str  # participant or person
    created_at: datetime
    check: str | None = None
    presented: int | None = None
    sha256: str | None = None
    bytes: int = 0
    width: int = 0
    height: int = 0
    parent: str | None = None
    reason: str | None = None  # code, when it failed
