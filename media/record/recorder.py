"""The recorder of one node: its tracks, its threads, and how a survey is closed."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Lock
from zlib import crc32

from media.client import ClosedTrack
from media.ports import ReceptionIndex, SegmentStore, Spool, Track
from media.record.holdings import Holdings
from media.record.indexer import Indexer
from media.record.journal import folder_of
from media.record.lane import Lane
from media.record.recording import Recording
from media.record.recovery import Recovered, recover
from media.record.shipper import Shipper
from media.record.track import Figures, Limits, RecordedTrack, SurveyEnded
from media.record.writer import Kept
from media.wire.clock import SenderClock

log = logging.getLogger(__name__)

_WAIT = 5.0
"""Seconds that `close` waits for a service that hangs."""

Key = tuple[str, str]  # survey, track id


class Recorder:
    """Owns the spool of this node. `on_key_frame_wanted(track id)` is called on a thread of the recorder."""

    def __init__(
        self,
        spool: Spool,
        index: ReceptionIndex,
        store: SegmentStore,
        now_us: Callable[[], int],
        on_key_frame_wanted: Callable[[str], None],
        limits: Limits | None = None,
    ) -> None:
        self._spool, self._now_us, self._wanted = spool, now_us, on_key_frame_wanted
        self._limits = limits = limits or Limits()
        self._holdings = Holdings(spool)
        pauses = (limits.first_retry, limits.last_retry)
        self._indexer = Indexer(spool, index, *pauses, advanced=lambda: self._shipper.wake())
        self._shipper = Shipper(spool, store, index.mark_stored, self._indexer, self._holdings, *pauses)
        self._lanes = [Lane(f"recorder-{n}", now_us, self._indexer.wake) for n in range(limits.lanes)]
        self._low = False
        self._lock = Lock()
        self._doors: dict[Key, RecordedTrack] = {}
        self._senders: dict[Key, SenderClock] = {}  # survey, participant
        self._recovered: dict[Key, Recovered] = {}
        self._closed_before: dict[str, list[Recovered]] = {}  # by an earlier run, not all shipped
        self._ended: dict[str, Future[list[ClosedTrack]]] = {}

    def start(self) -> None:
        """Recover the spool of a killed node, then run. Blocks while it recovers; raises `OSError`."""
        for one in recover(self._spool, self._holdings):
            self._shipper.already_stored(one.folder, one.stored)
            self._indexer.watch(one.folder)
            if one.track is not None and not one.ended:
                self._recovered[one.track.survey, one.track.id] = one
            elif one.track is not None:
                self._closed_before.setdefault(one.track.survey, []).append(one)
        for lane in self._lanes:
            lane.start()
        self._indexer.start()
        self._shipper.start()

    def begin(self, track: Track, parameter_sets: Sequence[bytes] = ()) -> RecordedTrack:
        """Record `track`; one that was begun before continues. Raises `SurveyEnded`.

        `parameter_sets` are SPS and PPS from the offer (`sprop-parameter-sets`), for senders that omit them in band.
        """
        with self._lock:
            if track.survey in self._ended:
                raise SurveyEnded(track.survey)
            door = self._doors.get((track.survey, track.id))
            if door is None:
                door = RecordedTrack(track, parameter_sets, self._limits.queued_packets)
                self._open(door)
            return door

    def codec(self, survey: str, track: str) -> str | None:
        """What a track was recorded in so far, by this run or an earlier one; None for one that is new."""
        with self._lock:
            door = self._doors.get((survey, track))
            found = self._recovered.get((survey, track))
            known = door.track if door is not None else found.track if found is not None else None
            return known.codec if known is not None else None

    def tracks(self, survey: str) -> list[Figures]:
        """What is recorded of a survey so far; cheap, from any thread."""
        lane = self._lane(survey)
        return [one.figures() for (owner, _), one in list(lane.recordings.items()) if owner == survey]

    def close_survey(self, survey: str, ended_us: int | None = None) -> Future[list[ClosedTrack]]:
        """End every track of a survey; done when all is durable and its rows are written. Idempotent.

        `ended_us` is when it ended, if that was earlier (this node was away): gaps last until then.
        It stays pending while the database is away: wait with a timeout, and ask again later. Do not cancel it.
        """
        with self._lock:
            done = self._ended.get(survey)
            if done is None:
                done = self._ended[survey] = Future()
                for key, one in list(self._recovered.items()):
                    if key[0] == survey and one.track is not None and key not in self._doors:
                        self._open(RecordedTrack(one.track, (), self._limits.queued_packets))
                closing = done
                self._lane(survey).do(lambda: self._finish(survey, ended_us, closing))
            return done

    def spooled(self, digest: str) -> bytes | None:
        """The bytes of a segment or init segment that is still in the spool. Blocks on the disk; raises `OSError`."""
        return self._holdings.read(digest)

    def accepting(self) -> bool:
        """Whether there is disk enough for new recordings. Raises the alarm when there is not any more."""
        free = self._spool.free()
        low = free < self._limits.disk_reserve
        if low and not self._low:
            log.error("little disk left, no new recordings: %d bytes are free", free)
        self._low = low
        return not low

    def free(self) -> int:
        """Bytes free on the spool's disk."""
        return self._spool.free()

    def backlog(self) -> tuple[int, int]:
        """Segments and init segments durable here and not yet in the object store: how many, bytes."""
        return self._holdings.backlog()

    @property
    def alive(self) -> bool:
        """Whether all threads run. If not, a bug ended one: end the process, the next one recovers the spool."""
        lanes = all(lane.alive for lane in self._lanes)
        return lanes and self._indexer.alive and self._shipper.alive

    def troubles(self) -> list[str]:
        """What keeps rows or objects from being written now; empty when all is well."""
        return [one.failing for one in (self._indexer, self._shipper) if one.failing is not None]

    def close(self) -> None:
        """The node stops: close all segments, open a gap "node" in every track, write rows, wait for the threads."""
        for lane in self._lanes:
            lane.close()
        self._indexer.close(_WAIT)
        self._shipper.close(_WAIT)

    def _lane(self, survey: str) -> Lane:
        return self._lanes[crc32(survey.encode()) % len(self._lanes)]

    def _open(self, door: RecordedTrack) -> None:
        """Make the recording of a new door, on its lane (with the lock held)."""
        track = door.track
        key = (track.survey, track.id)
        self._doors[key] = door
        sender = self._senders.setdefault((track.survey, track.participant), SenderClock())
        recovered = self._recovered.pop(key, None)
        kept = recovered.kept if recovered is not None else Kept()
        lane = self._lane(track.survey)

        def make() -> None:
            lane.recordings[key] = Recording(
                door, self._spool, self._holdings, kept, sender, self._limits.patience_us, self._wanted
            )
            self._indexer.watch(folder_of(track))

        lane.do(make)

    def _finish(self, survey: str, ended_us: int | None, done: Future[list[ClosedTrack]]) -> None:
        """On the survey's lane: end its tracks, then let the indexer tell when the rows are written."""
        lane = self._lane(survey)
        now_us = self._now_us() if ended_us is None else min(ended_us, self._now_us())
        before = self._closed_before.pop(survey, [])
        folders = {one.folder for one in before}
        closed: list[ClosedTrack] = [
            {"id": one.track.id, "segments": one.kept.segments, "end": one.kept.end} for one in before if one.track
        ]
        for key in [key for key in lane.recordings if key[0] == survey]:
            recording = lane.recordings.pop(key)
            track = recording.door.track
            result = recording.finish(now_us)
            if recording.begun:
                closed.append(result)
                folders.add(folder_of(track))
                lane.retire(recording)
            else:
                recording.close()
                self._indexer.forget(folder_of(track))
        with self._lock:
            for key in [key for key in self._doors if key[0] == survey]:
                del self._doors[key]
            for key in [key for key in self._senders if key[0] == survey]:
                del self._senders[key]
        self._indexer.when_ended(folders, closed, done)
