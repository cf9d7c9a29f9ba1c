"""What media hands out and what it needs from outside: values without behaviour, and protocols.

Time on a recording is an integer count of ticks of the track's `timescale`, from the room's epoch: one moment for
the whole survey, chosen when the room is opened, so that every track of a survey lies on one clock.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True)
class Track:
    """One participant's audio or video in a room. `id` is `<participant>.<kind>`, so a return continues the track."""

    id: str
    survey: str
    participant: str
    kind: str  # "audio" | "video"
    codec: str  # "H264" | "opus"
    timescale: int  # ticks per second: the RTP clock rate, 90000 for video, 48000 for Opus
    epoch_us: int  # the room's epoch, microseconds UTC
    node: str


@dataclass(frozen=True, slots=True)
class InitSegment:
    """The ftyp and moov that the segments of one codec configuration need."""

    track: str
    digest: str  # SHA-256, lower-case hex
    bytes: int
    codecs: str  # RFC 6381, as in `avc1.42e01f` or `opus`
    width: int  # pixels, 0 for audio
    height: int


@dataclass(frozen=True, slots=True)
class Segment:
    """4 to 8 s of one track: one or more moof and mdat pairs, played after the init segment that it names."""

    track: str
    init: str  # digest of its init segment
    digest: str
    bytes: int
    start: int  # ticks from the epoch
    duration: int  # ticks
    key_frame: bool  # begins with one (always true for audio)


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of a track in which nothing usable arrived."""

    track: str
    start: int  # ticks from the epoch
    end: int
    reason: str  # "loss" | "disconnected" | "muted" | "node" | "storage"


@dataclass(frozen=True, slots=True)
class Reception:
    """What was received of one track so far; counts of RTP packets and ticks."""

    track: str
    expected: int = 0
    received: int = 0
    recovered: int = 0  # by retransmission
    lost: int = 0  # for good
    duplicates: int = 0
    key_frames: int = 0
    longest_key_interval: int = 0  # ticks
    frozen: int = 0  # ticks in which a viewer saw no new picture


class ReceptionIndex(Protocol):
    """Rows about what a node received. Every call is idempotent: the spool's journal is replayed after a crash.

    Raises `OSError` while the database is away; the caller keeps the facts and tries again.
    """

    def add_track(self, track: Track) -> None: ...
    def add_init(self, init: InitSegment) -> None: ...
    def add_segment(self, segment: Segment) -> None: ...
    def mark_stored(self, digest: str) -> None: ...
    def add_gap(self, gap: Gap) -> None: ...
    def put_reception(self, reception: Reception) -> None: ...


class WrongDigest(Exception):
    """Bytes that are not those of their digest, or other bytes under a digest that is taken."""


class SegmentStore(Protocol):
    """The object store as media sees it. Raises `OSError` while it is away."""

    def put(self, digest: str, source: BinaryIO, size: int) -> None:
        """Keep bytes under their SHA-256; the same bytes again succeed. Raises `WrongDigest` for others."""

    def confirm(self, digest: str, size: int) -> bool:
        """Whether the store now holds `size` bytes whose own checksum is `digest`."""


class SpoolFile(Protocol):
    """An open file of the spool that only grows."""

    def append(self, data: bytes) -> None:
        """Write and make durable (`fdatasync`) before returning. Raises `OSError` (ENOSPC) when the disk is full."""

    def close(self) -> None: ...


class Spool(Protocol):
    """Local durable bytes, named `<folder>/<file>`; folders and names are `[0-9A-Za-z._-]`."""

    def create(self, folder: str, name: str) -> SpoolFile:
        """A new file, its folder entry durable. Raises `FileExistsError`."""

    def extend(self, folder: str, name: str) -> SpoolFile:
        """A file to append to, made when missing."""

    def read(self, folder: str, name: str) -> BinaryIO: ...
    def size(self, folder: str, name: str) -> int: ...
    def truncate(self, folder: str, name: str, size: int) -> None: ...
    def rename(self, folder: str, name: str, new_name: str) -> None: ...
    def remove(self, folder: str, name: str) -> None: ...
    def remove_folder(self, folder: str) -> None: ...
    def folders(self) -> Iterable[str]: ...
    def names(self, folder: str) -> Iterable[str]: ...
    def free(self) -> int:
        """Bytes free on the spool's disk."""
