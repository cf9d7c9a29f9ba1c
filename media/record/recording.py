"""One track being recorded: its door, its assembler and its writer, worked by one thread."""

from collections.abc import Callable

from media.client import ClosedTrack
from media.ports import Reception, Spool
from media.record.holdings import Holdings
from media.record.track import Figures, Interruption, RecordedTrack, Report
from media.record.writer import Kept, TrackWriter
from media.wire.assembler import Assembler
from media.wire.audio import AudioAssembler
from media.wire.clock import SenderClock
from media.wire.events import Event, KeyFrameWanted, SegmentEnd
from media.wire.run import Run
from media.wire.video import VideoAssembler

MOST_AT_ONCE = 64
"""Batches of one track taken before the others have their turn."""


class Recording:
    """Everything of one track that only its lane touches; `figures` may be read from any thread."""

    def __init__(
        self,
        door: RecordedTrack,
        spool: Spool,
        holdings: Holdings,
        kept: Kept,
        sender: SenderClock,
        patience_us: int,
        wanted: Callable[[str], None],
    ) -> None:
        self.door = door
        self._base = kept.reception or Reception(door.track.id)
        self._writer = TrackWriter(spool, door.track, holdings, kept)
        self._assembler = _assembler(door, sender, patience_us, kept)
        self._wanted = wanted
        self._dropped = 0

    def work(self, now_us: int, *, tick: bool) -> bool:
        """Take what waits at the door; whether the journal grew."""
        out: list[Event] = []
        if self.door.dropped != self._dropped:
            self._dropped = self.door.dropped
            self._assembler.queue_overflowed()
        for _ in range(MOST_AT_ONCE):
            item = self.door.take()
            if item is None:
                break
            if isinstance(item, list | Run):
                self._assembler.receive(item, out)
            elif isinstance(item, Report):
                self._assembler.report(item.ntp_us, item.rtp, item.arrival_us)
            elif isinstance(item, Interruption):
                self._assembler.interrupt(item.reason, out)
        if tick:
            self._assembler.tick(now_us, out)
        self._put_down(out)
        return (bool(out) or tick) and self._writer.flush()

    def interrupt(self, reason: str) -> bool:
        """Write everything and leave a gap open; whether the journal grew."""
        out: list[Event] = []
        self._assembler.interrupt(reason, out)
        self._put_down(out)
        self._writer.reception(self.reception)
        return self._writer.flush()

    def finish(self, now_us: int) -> ClosedTrack:
        """The survey is closed: everything durable, or refused by the disk and stated as a gap."""
        self.door.ended = True
        while self.door.waiting:
            self.work(now_us, tick=False)
        for _ in range(2):  # a second time when the disk refused the last fragment: its gap is to be closed
            out: list[Event] = []
            self._assembler.finish(now_us, out)
            self._put_down(out)
        self._writer.reception(self.reception)
        self._writer.end()
        self._writer.flush()
        kept = self._writer.kept
        return {"id": self.door.track.id, "segments": kept.segments, "end": kept.end}

    @property
    def begun(self) -> bool:
        """Whether the track has a journal."""
        return self._writer.kept.begun

    def settle(self) -> bool:
        """Whether everything is durable; tries again to make it so."""
        self._writer.flush()
        return self._writer.settled

    def close(self) -> None:
        """Give the files back."""
        self._writer.close()

    @property
    def reception(self) -> Reception:
        """What was received, together with what was before a restart."""
        base, now = self._base, self._assembler
        return Reception(
            track=self.door.track.id,
            expected=base.expected + now.expected,
            received=base.received + now.counts.received,
            recovered=base.recovered + now.counts.recovered,
            lost=base.lost + now.counts.lost,
            duplicates=base.duplicates + now.counts.duplicates,
            key_frames=base.key_frames + now.key_frames,
            longest_key_interval=max(base.longest_key_interval, now.longest_key_interval),
            frozen=base.frozen + now.freezes.frozen,
        )

    def figures(self) -> Figures:
        """As they are now."""
        kept = self._writer.kept
        return Figures(
            self.door.track,
            self.reception,
            kept.segments,
            kept.start,
            kept.end,
            self.door.dropped,
            self._assembler.refused,
        )

    def _put_down(self, out: list[Event]) -> None:
        failed = self._writer.write(out)
        if failed is not None:
            self._assembler.storage_failed(failed)
        for event in out:
            if isinstance(event, KeyFrameWanted):
                self._wanted(self.door.track.id)
            elif isinstance(event, SegmentEnd):
                self._writer.reception(self.reception)


def _assembler(door: RecordedTrack, sender: SenderClock, patience_us: int, kept: Kept) -> Assembler:
    track = door.track
    if track.kind == "video":
        return VideoAssembler(
            track.timescale, track.epoch_us, sender, patience_us, kept.end, kept.gap, door.parameter_sets, track.codec
        )
    return AudioAssembler(track.timescale, track.epoch_us, sender, patience_us, kept.end, kept.gap)
