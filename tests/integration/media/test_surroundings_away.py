"""Object store and database away at full rate: nothing is lost, memory stays flat, and the spool gives up its files
only when the store has confirmed them. The media's time runs as fast as the recorder can take it."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from threading import Event

import pytest

from media.live.clients.sources import Silence, SyntheticVideo
from media.record import Limits, RecordedTrack, Recorder
from storage.spool import FolderSpool
from tests.unit.media.recording import AUDIO, VIDEO, FakeIndex, FakeStore, until
from tests.unit.media.streams import EPOCH_US, rtp

FLAT = 12 << 20  # bytes by which the process may grow while everything is away


class CarefulStore(FakeStore):
    """Remembers what it has confirmed."""

    def __init__(self) -> None:
        super().__init__()
        self.confirmed: set[str] = set()

    def confirm(self, digest: str, size: int) -> bool:
        good = super().confirm(digest, size)
        if good:
            self.confirmed.add(digest)
        return good


class CarefulSpool(FolderSpool):
    """Tells which media left it without a confirmed object."""

    def __init__(self, root: Path, store: CarefulStore) -> None:
        super().__init__(root)
        self._store = store
        self.early: list[str] = []

    def remove(self, folder: str, name: str) -> None:
        if name.endswith((".m4s", ".init")):
            with self.read(folder, name) as file:
                if sha256(file.read()).hexdigest() not in self._store.confirmed:
                    self.early.append(f"{folder}/{name}")
        super().remove(folder, name)


class Away:
    """A recorder over a real folder, and a sender whose seconds pass as fast as they are taken."""

    def __init__(self, folder: Path, packets: int) -> None:
        self.index, self.store = FakeIndex(), CarefulStore()
        self.spool = CarefulSpool(folder, self.store)
        self.now_us = EPOCH_US
        limits = Limits(first_retry=0.005, last_retry=0.02, queued_packets=100_000)
        self.recorder = Recorder(self.spool, self.index, self.store, lambda: self.now_us, lambda _: None, limits)
        self._sources = SyntheticVideo(packets=packets), Silence()
        self._numbers = [100, 200]
        self._second = 0
        self._pause = Event()

    def film(self, seconds: int) -> None:
        """So many seconds of picture (30 a second) and sound."""
        video, audio = self.recorder.begin(VIDEO), self.recorder.begin(AUDIO)
        for _ in range(seconds):
            self._feed(video, 0, 30, 90_000)
            self._feed(audio, 1, 50, 48_000)
            self._second += 1
            self.now_us = EPOCH_US + self._second * 1_000_000 + 20_000
            while video.waiting or audio.waiting:
                self._pause.wait(0.001)

    def _feed(self, door: RecordedTrack, which: int, rate: int, clock: int) -> None:
        batch = []
        for at in range(rate):
            payloads = self._sources[which].next(False)
            stamp = self._second * clock + at * clock // rate
            arrival = EPOCH_US + self._second * 1_000_000 + at * 1_000_000 // rate + 20_000
            for index, payload in enumerate(payloads):
                packet = rtp(self._numbers[which], stamp, payload, marker=index == len(payloads) - 1, ssrc=which + 7)
                self._numbers[which] += 1
                batch.append((arrival, packet))
        door.feed(batch)


@contextmanager
def recording(folder: Path, packets: int) -> Iterator[Away]:
    away = Away(folder, packets)
    away.recorder.start()
    try:
        yield away
    finally:
        away.recorder.close()


def resident() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def go_through(folder: Path, seconds: int, packets: int, *, store: bool, database: bool) -> None:
    """Film a while, then `seconds` with the surroundings away, then a while more; judge what is there in the end."""
    with recording(folder, packets) as away:
        away.film(20)
        until(lambda: bool(away.store.objects))
        away.store.away, away.index.away = store, database
        away.film(seconds // 5)
        before, kept = resident(), len(away.store.objects)
        away.film(seconds - seconds // 5)
        grown = resident() - before
        assert away.recorder.troubles()
        assert len(away.store.objects) <= kept + 2  # no object without its row, and none while it is away
        assert away.recorder.backlog()[0] >= 2 * (seconds // 8)
        away.store.away, away.index.away = False, False
        away.film(20)
        closed = away.recorder.close_survey("s").result(60)
        until(lambda: not list(away.spool.folders()))
        assert grown < FLAT
        assert not away.spool.early
        judge(away, seconds + 40)
        assert {one["id"] for one in closed} == {"p.video", "p.audio"}


def judge(away: Away, seconds: int) -> None:
    index = away.index
    assert not index.gaps
    assert set(away.store.objects) == set(index.segments) | set(index.inits) == set(index.stored)
    for track, scale in ((VIDEO.id, 90_000), (AUDIO.id, 48_000)):
        rows = sorted((one for one in index.segments.values() if one.track == track), key=lambda one: one.start)
        assert all(later.start == one.start + one.duration for one, later in pairwise(rows))
        assert sum(one.duration for one in rows) == pytest.approx(seconds * scale, abs=scale // 10)
        assert index.receptions[track].lost == 0


@pytest.mark.parametrize(("store", "database"), [(True, False), (False, True), (True, True)])
def test_while_store_or_database_is_away_nothing_is_lost(tmp_path: Path, store: bool, database: bool) -> None:
    go_through(tmp_path / "spool", 40, 2, store=store, database=database)


def test_an_object_that_is_not_confirmed_stays_in_the_spool(tmp_path: Path) -> None:
    with recording(tmp_path / "spool", 2) as away:
        away.store.doubtful = True
        away.film(20)
        until(lambda: away.store.puts > 3)
        assert away.recorder.backlog()[0] > 0
        assert not away.spool.early
        away.store.doubtful = False
        away.recorder.close_survey("s").result(60)
        until(lambda: not list(away.spool.folders()))
        assert not away.spool.early
