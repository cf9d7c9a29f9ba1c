"""The door of one recorded track: what the node hands in waits here, bounded, for the recorder's thread."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from media.ports import Reception, Track
from media.wire.run import Run

Batch = list[tuple[int, bytes]] | Run  # (arrival, microseconds UTC; RTP packet)


class SurveyEnded(Exception):
    """The survey was closed: nothing more is recorded for it. `code` is stable."""

    code = "survey-ended"


@dataclass(frozen=True, slots=True)
class Limits:
    """What the recorder allows itself."""

    queued_packets: int = 6000  # per track, before `feed` drops
    patience_us: int = 700_000  # how long a missing packet is waited for
    disk_reserve: int = 1 << 30  # bytes free below which `accepting()` is false
    first_retry: float = 0.2  # seconds; doubles up to `last_retry` while the database or the store is away
    last_retry: float = 15.0
    lanes: int = 2  # threads that write


@dataclass(frozen=True, slots=True)
class Figures:
    """One track as the recorder sees it now. `start` and `end` are ticks from the epoch of what is durable."""

    track: Track
    reception: Reception
    segments: int
    start: int
    end: int
    dropped: int  # packets that `feed` had no room for
    refused: int  # packets that are not RTP


class RecordedTrack:
    """Made by `Recorder.begin`. One thread feeds; the recorder's thread takes."""

    def __init__(self, track: Track, parameter_sets: Sequence[bytes], limit: int) -> None:
        self.track = track
        self.parameter_sets = tuple(parameter_sets)
        self.dropped = 0
        self.ended = False
        self._limit = limit
        self._queue: deque[Batch | Report | Interruption] = deque()
        self._fed = 0
        self._taken = 0

    def feed(self, batch: Batch) -> None:
        """Hand in RTP packets as they came, with the header and its extensions, RTX unwrapped. Never blocks.

        The packets must own their bytes (no view of a slab that is used again). Without room they are dropped and
        counted, and become a gap with the reason "storage".
        """
        if self.ended:
            return
        if self._fed - self._taken + len(batch) > self._limit:
            self.dropped += len(batch)
            return
        self._fed += len(batch)
        self._queue.append(batch)

    def sender_report(self, ntp_us: int, rtp: int, arrival_us: int) -> None:
        """An RTCP sender report (RFC 3550, 6.4.1): its NTP time as microseconds since 1970, and its RTP time."""
        if not self.ended and len(self._queue) < self._limit:
            self._queue.append(Report(ntp_us, rtp, arrival_us))

    def interrupt(self, reason: str) -> None:
        """The session ended: a gap opens where the media ended; the next packets close it."""
        if not self.ended:
            self._queue.append(Interruption(reason))

    @property
    def waiting(self) -> bool:
        """Whether anything waits to be taken."""
        return bool(self._queue)

    def take(self) -> "Batch | Report | Interruption | None":
        """The oldest thing handed in, or None (recorder's thread only)."""
        if not self._queue:
            return None
        item = self._queue.popleft()
        if isinstance(item, list | Run):
            self._taken += len(item)
        return item


@dataclass(frozen=True, slots=True)
class Report:
    """A sender report on its way to the recorder's thread."""

    ntp_us: int
    rtp: int
    arrival_us: int


@dataclass(frozen=True, slots=True)
class Interruption:
    """The end of a session on its way to the recorder's thread."""

    reason: str
