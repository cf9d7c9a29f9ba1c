"""A video track from packets to events: only what can be decoded is kept, what cannot is stated as a gap.

Times are those of showing, in their order: where decoding has another, a sample says so (`media.wire.presentation`).
"""

from collections import deque
from collections.abc import Iterable

from media.wire.assembler import Assembler, Held, Packet
from media.wire.clock import SenderClock
from media.wire.events import Event, KeyFrameWanted
from media.wire.fmp4 import Sample
from media.wire.h264 import AccessUnit
from media.wire.h264_fast import STRANGE, FastDepacketiser
from media.wire.parameter_sets import BadParameterSet
from media.wire.presentation import DecodeTimes, Presentation, depth_of
from media.wire.run import Run
from media.wire.video_codecs import CODECS

_ASK_AGAIN_US = 1_000_000
_HELD_BACK_US = 2_000_000  # a picture is not held back longer when nothing follows
SEEKABLE = 5.0
"""Seconds of a segment without a key frame after which one is asked for: browsers send none by themselves, and without
them nobody could seek in what was recorded."""


class VideoAssembler(Assembler):
    """Begins at a key frame; after a loss, waits for the next one. `parameter_sets` may come from the offer."""

    def __init__(
        self,
        timescale: int,
        epoch_us: int,
        sender: SenderClock,
        patience_us: int,
        resume: int = 0,
        gap: tuple[int, str] | None = None,
        parameter_sets: Iterable[bytes] = (),
        codec: str = "H264",
    ) -> None:
        """`codec`: a name of `CODECS`."""
        super().__init__(timescale, epoch_us, sender, patience_us, resume, gap, audio=False, clusters=codec == "VP8")
        self._codec = CODECS[codec]
        self._depacketiser = self._codec.depacketiser(self._unroll)
        self._sets = self._codec.configuration(parameter_sets)
        self._order, self._decode_times = Presentation(), DecodeTimes()
        self._stamp: int | None = None  # of the last turn
        self._turns: dict[int, int] = {}  # timestamps whose turn has come, and when they are shown
        self._ordered: deque[tuple[AccessUnit, int]] = deque()  # pictures with their turn's time, not all shown yet
        self._has_init = False
        self._usable = False
        self._asked_us = 0
        self._asked_in: int | None = None  # the segment in which a key frame was asked for
        self._last: int | None = None  # the last picture's time
        self._last_key: int | None = None
        self._usual = timescale // 30  # ticks from picture to picture

    def receive(self, batch: Iterable[tuple[int, bytes]], out: list[Event]) -> None:
        if not isinstance(batch, Run) or not isinstance(self._depacketiser, FastDepacketiser):
            super().receive(batch, out)
            return
        at = 0
        while at < len(batch.data):
            expected = self._reorder.expected
            if self._held is None and self._ssrc is not None and expected is not None and not self._reorder.holding:
                found, at, taken, unit = self._depacketiser.walk(batch, at, self._ssrc, expected)
                self._reorder.skip(taken)
                if unit is not None:
                    self._decoded((unit,), out)
                if found != STRANGE:
                    continue
            arrival_us, packet, at = batch.entry(at)
            super().receive(((arrival_us, packet),), out)

    def _packet(self, item: Packet, out: list[Event]) -> None:
        units = self._depacketiser.push(*item)
        if units is not None:
            self._decoded(units, out)

    def _decoded(self, units: Iterable[AccessUnit], out: list[Event]) -> None:
        """Pictures in the order of decoding."""
        for unit in units:
            for one, stamp in self._order.push(unit):
                self._in_turn(one, stamp, out)

    def _rest(self, out: list[Event]) -> None:
        for one, stamp in self._order.flush():
            self._in_turn(one, stamp, out)

    def _in_turn(self, unit: AccessUnit, stamp: int, out: list[Event], *, timely: bool = True) -> None:
        """A picture, and the timestamp that is its turn's. It goes on when its own turn has come too: only then is it
        known when it is shown. `timely`: its arrival tells of the way's delay."""
        time = self._turn(unit, stamp, timely)
        if stamp == unit.timestamp and not self._ordered:
            self._picture(unit, time, time, out)
            return
        self._turns[stamp] = time
        self._ordered.append((unit, time))
        while self._ordered and (shown := self._turns.get(self._ordered[0][0].timestamp)) is not None:
            one, at = self._ordered.popleft()
            self._picture(one, at, shown, out)
        if not self._ordered:
            self._turns.clear()

    def _lost(self, out: list[Event]) -> None:
        self._depacketiser.lost()
        for one, stamp in self._order.flush():
            self._in_turn(one, stamp, out, timely=False)  # its turn would have come later
        self._open_gap()
        self._unusable()

    def _new_stream(self, out: list[Event]) -> None:
        self._decoded(self._depacketiser.flush() or (), out)
        self._rest(out)
        self._depacketiser = self._codec.depacketiser(self._unroll)
        self._last = self._last_key = self._stamp = None
        self._unusable()

    def _idle(self, now_us: int, out: list[Event]) -> None:
        waiting = self._order.waiting
        if waiting is not None and now_us - waiting.arrival_us > _HELD_BACK_US:
            self._rest(out)

    def _openings(self, held: Held) -> Iterable[tuple[int, int]]:
        """Pictures arrive in the order of decoding: each turn's arrival goes with its timestamp."""
        stamps = dict[int, int]()
        for rtp, arrival_us in super()._openings(held):
            stamps.setdefault(rtp, arrival_us)
        self._order.expect(depth_of(stamps))
        return zip(sorted(stamps), stamps.values(), strict=True)

    def _unusable(self) -> None:
        self._usable = False

    def _picture(self, unit: AccessUnit, time: int, shown: int, out: list[Event]) -> None:
        """A picture, in the order of decoding, with its turn's time and its own."""
        for nal in unit.sets:
            self._sets.take(nal)
        if not unit.slices and unit.whole:
            return
        if not unit.whole:
            self._open_gap()
            self._unusable()
        if (unit.key and unit.whole and self._renew_init(time, out)) or self._usable:
            self._usable = True
            self._keep(unit, time, shown, out)
            return
        if self._gap is None:
            self._gap = (self._segmenter.end or time, "loss")
        if unit.arrival_us - self._asked_us >= _ASK_AGAIN_US:
            self._asked_us = unit.arrival_us
            out.append(KeyFrameWanted())

    def _turn(self, unit: AccessUnit, stamp: int, timely: bool) -> int:
        before = self._stamp
        if before is not None and 0 < before - stamp < self._scale:
            return self._floor()  # it should have been shown: nobody said that pictures come out of order
        self._stamp = stamp
        return self._place(stamp, unit.arrival_us if timely else None)

    def _floor(self) -> int:
        return max(self._segmenter.floor, self._ordered[-1][1] + 1 if self._ordered else 0)

    def _renew_init(self, time: int, out: list[Event]) -> bool:
        """Whether an init segment fits the key frame at `time`; a new one is made where it is needed."""
        sets = self._sets
        can_wait = not sets.deviated or sets.as_in_init or not self._segmenter.ready_to_end(time)
        if self._has_init and not sets.new_sps and can_wait:
            return True
        try:
            init = sets.make_init(self._scale)
        except BadParameterSet:
            self.refused += 1
            return False
        if init is None:
            return False
        self._segmenter.settle(time, out)
        self._segmenter.close_segment(out)
        out.append(init)
        self._has_init = True
        self._order.expect(self._sets.reordered)
        return True

    def _keep(self, unit: AccessUnit, time: int, shown: int, out: list[Event]) -> None:
        if self._last is not None:
            interval = time - self._last
            self.freezes.add(interval, self._scale)
            if self._gap is None:
                self._usual = max(1, min(interval, self._scale))
        self._last = time
        if unit.key:
            self.key_frames += 1
            if self._last_key is not None:
                self.longest_key_interval = max(self.longest_key_interval, time - self._last_key)
            self._last_key = time
        else:
            self._look_ahead(time, out)
        if self._sets.deviated:
            for nal in reversed(unit.sets):
                unit.pieces[:0] = (len(nal).to_bytes(4, "big"), nal)
                unit.size += 4 + len(nal)
        if unit.key and (self._gap is not None or time - self._segmenter.end >= self._scale):
            self._decode_times.begin()
        coded = self._decode_times.place(time, self._order.depth, shown)
        self._add(Sample(time, self._usual, unit.pieces, unit.size, unit.key, coded), out)

    def _look_ahead(self, time: int, out: list[Event]) -> None:
        """Ask for the key frame that reviewers will need."""
        since = self._segmenter.segment_since
        if time - self._segmenter.end >= self._scale:
            out.append(KeyFrameWanted())  # players cannot go on after a hole with less than that
        elif since is not None and since != self._asked_in and time - since >= SEEKABLE * self._scale:
            self._asked_in = since
            out.append(KeyFrameWanted())
