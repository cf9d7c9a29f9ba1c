"""One track from packets to events: order, clock, counts and gaps. What a picture or a sound is, the two kinds say."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from media.wire.clock import QUICK, SLOW, SenderClock, TrackClock
from media.wire.events import Event, GapClosed, GapOpened
from media.wire.fmp4 import Sample
from media.wire.reorder import Counts, Reorder
from media.wire.rtp import BadPacket, Unroller, parse
from media.wire.segmenter import LONGEST, Segmenter

SHORTEST_GAP = 0.1
"""Seconds: what is missing for less is counted as lost packets, not stated as a gap."""
MUTED = 1.0
"""Seconds without media and without loss that are stated as a gap: the sender sent nothing."""
SETTLING_US = 500_000
"""A stream's first packets are held so long: many senders begin with a burst of what has waited."""
OPENING_US = 200_000
"""For so long, a packet overtaken by a stream's first one is still taken."""
MOST_HELD = 4096
"""Packets held in that time at most."""
_FREEZE = 3

Packet = tuple[int, bool, bytes, int, int, int]
"""timestamp, marker, packet, payload start, payload end, arrival"""
Held = list[Packet | None]
"""A stream's first packets; None: a loss"""


@dataclass(slots=True)
class Freezes:
    """Time in which a viewer saw no new picture, as W3C's WebRTC statistics define a freeze."""

    frozen: int = 0
    _average: float = 0.0

    def add(self, interval: int, timescale: int) -> None:
        """The time between two pictures, ticks."""
        usual = self._average or float(interval)
        if interval > max(_FREEZE * usual, usual + 0.15 * timescale):
            self.frozen += int(interval - usual)
        else:
            self._average = usual + (interval - usual) / 16


class Assembler(ABC):
    """Common to audio and video. `out` lists collect events; times are ticks from the epoch.

    `resume` is where an earlier recording of this track ended, `gap` the start and reason of a gap still open there.
    """

    def __init__(
        self,
        timescale: int,
        epoch_us: int,
        sender: SenderClock,
        patience_us: int,
        resume: int = 0,
        gap: tuple[int, str] | None = None,
        *,
        audio: bool,
        clusters: bool = False,
    ) -> None:
        self.counts = Counts()
        self.refused = 0
        self.key_frames = self.longest_key_interval = 0
        self.freezes = Freezes()
        self._scale, self._epoch_us = timescale, epoch_us
        self._clock = TrackClock(timescale, epoch_us, sender, SLOW if audio else QUICK)
        self._patience_us = patience_us
        self._segmenter = Segmenter(timescale, epoch_us, resume, audio=audio, clusters=clusters)
        self._gap = gap
        self._reorder: Reorder[Packet] = Reorder(patience_us, self.counts, OPENING_US)
        self._ssrc: int | None = None
        self._held: Held | None = None
        self._held_since = 0
        self._unroll = Unroller(32)
        self._sink: Callable[[Packet, list[Event]], None] = self._packet
        self._last_rtp: int | None = None  # unwrapped
        self._loss_reason = "loss"

    def receive(self, batch: Iterable[tuple[int, bytes]], out: list[Event]) -> None:
        """RTP packets as they arrived. What is no RTP is counted in `refused`."""
        reorder = self._reorder
        for arrival, packet in batch:
            try:
                marker, sequence, timestamp, ssrc, start, end = parse(packet)
            except BadPacket:
                self.refused += 1
                continue
            if ssrc != self._ssrc:
                self._begin_stream(ssrc, arrival, out)
                reorder = self._reorder
            if sequence == reorder.expected and not reorder.holding:
                reorder.advance()
                self._sink((timestamp, marker, packet, start, end, arrival), out)
            else:
                item = (timestamp, marker, packet, start, end, arrival)
                self._pass_on(reorder.push(sequence, arrival, item), out)

    def report(self, ntp_us: int, rtp: int, arrival_us: int) -> None:
        """A sender report: NTP time as microseconds since 1970, RTP time as in the packet."""
        if self._last_rtp is not None:
            ahead = rtp - self._last_rtp & 0xFFFFFFFF
            rtp64 = self._last_rtp + (ahead if ahead < 1 << 31 else ahead - (1 << 32))
            self._clock.report(ntp_us, rtp64, arrival_us)

    def tick(self, now_us: int, out: list[Event]) -> None:
        """Time has passed: give up the missing, and write what waits although nothing follows."""
        if self._reorder.holding:
            self._pass_on(self._reorder.expire(now_us), out)
        if self._held is not None and now_us - self._held_since >= SETTLING_US + self._patience_us:
            self._settle(out)  # not before what stands behind a hole could have been looked at
        self._idle(now_us, out)
        now = (now_us - self._patience_us - self._epoch_us) * self._scale // 1_000_000
        self._segmenter.tick(now, out)
        since = self._segmenter.segment_since
        if since is not None and now - since > LONGEST * self._scale:
            self._segmenter.close_segment(out)

    def interrupt(self, reason: str, out: list[Event]) -> None:
        """The stream ended: write everything, and leave a gap open if there was any media."""
        self._end_stream(out)
        self._segmenter.close_segment(out)
        start = self._gap[0] if self._gap else self._segmenter.end
        if start:
            self._gap = (start, reason)
            out.append(GapOpened(start, reason))

    def finish(self, now_us: int, out: list[Event]) -> None:
        """The survey ended: write everything; a gap still open ends now."""
        self._end_stream(out)
        self._segmenter.close_segment(out)
        if self._gap is not None:
            self._close_gap((now_us - self._epoch_us) * self._scale // 1_000_000, out)

    @property
    def expected(self) -> int:
        """Packets that should have come (RFC 3550, A.3)."""
        return self.counts.received + self.counts.lost

    def storage_failed(self, start: int) -> None:
        """What was written from `start` on is not durable: a gap opens there."""
        self._segmenter.abandon(start)
        self._gap = (start, "storage")
        self._unusable()

    def queue_overflowed(self) -> None:
        """Packets were dropped on their way here: the loss to be seen now is ours."""
        self._loss_reason = "storage"

    @abstractmethod
    def _packet(self, item: Packet, out: list[Event]) -> None:
        """A packet in order."""

    @abstractmethod
    def _lost(self, out: list[Event]) -> None:
        """Packets before the next one are missing for good."""

    @abstractmethod
    def _new_stream(self, out: list[Event]) -> None:
        """Finish what is at hand: what comes next has other numbers and times."""

    @abstractmethod
    def _idle(self, now_us: int, out: list[Event]) -> None:
        """Time has passed: hand on what is held back for something to follow."""

    @abstractmethod
    def _unusable(self) -> None:
        """What follows cannot be shown on what was kept before."""

    def _pass_on(self, items: Iterable[Packet | int], out: list[Event]) -> None:
        for item in items:
            if isinstance(item, int):
                if item and self._held is not None:
                    self._held.append(None)
                elif item:
                    self._lost(out)
            else:
                self._sink(item, out)

    def _hold(self, item: Packet, out: list[Event]) -> None:
        """Keep a stream's first packets until it is known how fast they can come."""
        assert self._held is not None  # noqa: S101 - the sink while something is held
        self._held.append(item)
        if item[5] - self._held_since >= SETTLING_US or len(self._held) > MOST_HELD:
            self._settle(out)

    def _settle(self, out: list[Event]) -> None:
        held, self._held, self._sink = self._held, None, self._packet
        if held is None:
            return
        behind = self._reorder.holding  # what waits behind a hole came as fast as it came
        for rtp, arrival_us in self._openings([*held, *(behind[number][1] for number in sorted(behind))]):
            self._clock.arrived(rtp, arrival_us)
        self._clock.settle()
        for item in held:
            if item is None:
                self._lost(out)
            else:
                self._packet(item, out)

    def _openings(self, held: Held) -> Iterable[tuple[int, int]]:
        """Times (unwrapped) and arrivals of a stream's first packets."""
        return [(self._unroll(item[0]), item[5]) for item in held if item is not None and item[3] < item[4]]

    def _begin_stream(self, ssrc: int, arrival_us: int, out: list[Event]) -> None:
        if self._ssrc is not None:
            self._end_stream(out)
        self._ssrc = ssrc
        self._held, self._held_since, self._sink = [], arrival_us, self._hold

    def _end_stream(self, out: list[Event]) -> None:
        self._pass_on(self._reorder.flush(), out)
        self._settle(out)
        self._unroll = Unroller(32)
        self._new_stream(out)
        self._reorder = Reorder(self._patience_us, self.counts, OPENING_US)
        self._clock.restart()
        self._ssrc = self._last_rtp = None

    def _place(self, rtp: int, arrival_us: int | None) -> int:
        if arrival_us is not None:
            self._clock.arrived(rtp, arrival_us)
        self._last_rtp = rtp
        return self._clock.place(rtp, self._floor())

    def _floor(self) -> int:
        """The earliest time that what comes next may have."""
        return self._segmenter.floor

    def _add(self, sample: Sample, out: list[Event]) -> None:
        """A usable sample: it closes the open gap, or shows a hole to be stated."""
        end = self._segmenter.end
        if self._gap is not None:
            self._close_gap(sample.time, out)
        elif end and sample.time - end >= MUTED * self._scale:
            out.append(GapClosed(end, sample.time, "muted"))
        self._segmenter.add(sample, out)

    def _open_gap(self) -> None:
        """Something is missing from where the media ends."""
        if self._gap is None and self._segmenter.end:
            self._gap = (self._segmenter.end, self._loss_reason)
        self._loss_reason = "loss"

    def _close_gap(self, end: int, out: list[Event]) -> None:
        assert self._gap is not None  # noqa: S101 - callers looked
        start, reason = self._gap
        self._gap = None
        if end - start >= SHORTEST_GAP * self._scale:
            out.append(GapClosed(start, end, reason))
