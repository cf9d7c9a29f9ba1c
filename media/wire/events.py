"""What becomes of a track's packets: facts for the recorder to write down. Times are ticks from the epoch."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Init:
    """The fragments that follow need this init segment; it begins a segment."""

    data: bytes
    codecs: str  # RFC 6381
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Fragment:
    """At most 1 s of media. `opens` says that it begins a segment."""

    data: bytes
    start: int
    duration: int
    key_frame: bool
    opens: bool


@dataclass(frozen=True, slots=True)
class SegmentEnd:
    """The segment at hand is complete."""


@dataclass(frozen=True, slots=True)
class GapOpened:
    """The media ended at `start`, for how long is not known yet."""

    start: int
    reason: str


@dataclass(frozen=True, slots=True)
class GapClosed:
    """Nothing usable arrived between these moments."""

    start: int
    end: int
    reason: str


@dataclass(frozen=True, slots=True)
class KeyFrameWanted:
    """Nothing can be recorded until a key frame comes."""


Event = Init | Fragment | SegmentEnd | GapOpened | GapClosed | KeyFrameWanted
