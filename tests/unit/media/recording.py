"""A recorder on fakes, for tests: a clock that is set, a database and a store that can be away."""

from collections.abc import Callable
from threading import Event
from typing import BinaryIO

from media.ports import Gap, InitSegment, Reception, Segment, Track
from media.record import Limits, Recorder
from tests.fake_spool import FakeSpool
from tests.unit.media.streams import EPOCH_US

PATIENT = 20.0
"""Seconds until a test gives up."""
VIDEO = Track("p.video", "s", "p", "video", "H264", 90_000, EPOCH_US, "n")
AUDIO = Track("p.audio", "s", "p", "audio", "opus", 48_000, EPOCH_US, "n")


class FakeIndex:
    """Rows in their order, each once."""

    def __init__(self) -> None:
        self.away = False
        self.tracks: dict[str, Track] = {}
        self.inits: dict[str, InitSegment] = {}
        self.segments: dict[str, Segment] = {}
        self.gaps: dict[Gap, None] = {}
        self.receptions: dict[str, Reception] = {}
        self.stored: dict[str, None] = {}

    def add_track(self, track: Track) -> None:
        self._look()
        self.tracks[track.id] = track

    def add_init(self, init: InitSegment) -> None:
        self._look(init.track)
        self.inits[init.digest] = init

    def add_segment(self, segment: Segment) -> None:
        self._look(segment.track)
        assert segment.init in self.inits
        self.segments[segment.digest] = segment

    def mark_stored(self, digest: str) -> None:
        self._look()
        assert digest in self.inits or digest in self.segments
        self.stored[digest] = None

    def add_gap(self, gap: Gap) -> None:
        self._look(gap.track)
        self.gaps[gap] = None

    def put_reception(self, reception: Reception) -> None:
        self._look(reception.track)
        self.receptions[reception.track] = reception

    def _look(self, track: str | None = None) -> None:
        if self.away:
            raise OSError("the database is away")
        assert track is None or track in self.tracks, "a row before its track's"


class FakeStore:
    """Objects in their order. `doubtful` confirms nothing."""

    def __init__(self) -> None:
        self.away = self.doubtful = False
        self.objects: dict[str, bytes] = {}
        self.puts = 0

    def put(self, digest: str, source: BinaryIO, size: int) -> None:
        self.puts += 1
        if self.away:
            raise OSError("the store is away")
        data = source.read()
        assert len(data) == size
        self.objects[digest] = data

    def confirm(self, digest: str, size: int) -> bool:
        if self.away:
            raise OSError("the store is away")
        return not self.doubtful and len(self.objects.get(digest, b"")) == size


class Bench:
    """A recorder with all its surroundings in memory. Set `now_us` as the packets arrive."""

    def __init__(self, spool: FakeSpool | None = None, limits: Limits | None = None) -> None:
        self.now_us = EPOCH_US
        self.spool = spool if spool is not None else FakeSpool()
        self.index, self.store = FakeIndex(), FakeStore()
        self.wanted: list[str] = []
        self.limits = limits or Limits(first_retry=0.005, last_retry=0.02, disk_reserve=1000)
        self.recorder = self._new()

    def __enter__(self) -> "Bench":
        self.recorder.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.recorder.close()

    def restart(self) -> None:
        """Another recorder on the same spool, as after a crash if the old one was not closed."""
        self.recorder = self._new()
        self.recorder.start()

    def _new(self) -> Recorder:
        return Recorder(self.spool, self.index, self.store, lambda: self.now_us, self.wanted.append, self.limits)

    def recording(self, track: str) -> bytes:
        """What a reviewer gets: the init segment and all segments in their order."""
        rows = sorted((one for one in self.index.segments.values() if one.track == track), key=lambda one: one.start)
        parts = [self.bytes_of(rows[0].init)] if rows else []
        return b"".join(parts + [self.bytes_of(one.digest) for one in rows])

    def bytes_of(self, digest: str) -> bytes:
        """From the store, else from the spool."""
        found = self.store.objects.get(digest) or self.recorder.spooled(digest)
        assert found is not None
        return found


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition; fail when it does not come."""
    waiter = Event()
    for _ in range(int(PATIENT / 0.005)):
        if condition():
            return
        waiter.wait(0.005)
    raise AssertionError("it did not come true")
