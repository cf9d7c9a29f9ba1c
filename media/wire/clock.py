"""From a sender's RTP time to ticks from the room's epoch.

A track begins at its first packet's arrival. Later, the line of fastest arrivals follows the sender's drift, and
sender reports (RFC 3550, 6.4.1) say how its tracks lie to one another. What is learned moves the track's clock slowly
(`SOUND_SLEW`, `PICTURE_SLEW`), so that nothing is dropped and nothing goes back; only a sender that stood still is
followed at once.
"""

from collections import deque

SOUND_SLEW, PICTURE_SLEW = 0.02, 0.1
"""A correction takes at most this share of the media's time: what the ear and the eye do not notice."""
_DEAD_ZONE_US, _REACHED_US = 4_000, 500
_WINDOW_US = 15_000_000  # of sender reports: a phone's 500 ppm make 7.5 ms of it
_LINE_US = 5_000_000  # half the window of arrivals
_FAR_US = 1_000_000  # a report further from the media's own arrivals is wrong
_STALE_US = 60_000_000
_JUMP_US, _STREAK_US = 500_000, 500_000
_APART_US = 200_000  # what two reports may differ in how much time passed
_NTP_ERA_US = 2_208_988_800_000_000  # from 1900 to 1970
_NEVER = (0, 0xFFFFFFFF)  # NTP seconds of a sender that has no clock


class SenderClock:
    """How far one participant's wall clock is behind ours: the least seen, so without the network's waiting time.

    His audio and video share it, so that what the network does to one of them does not part them.
    """

    def __init__(self) -> None:
        self._seen: deque[tuple[int, int]] = deque()
        self._strangers: list[tuple[int, int]] = []
        self.offset_us: int | None = None

    def offer(self, ntp_us: int, arrival_us: int) -> None:
        """A report that says `ntp_us` came at `arrival_us`. One that contradicts the others has to be repeated."""
        offset = arrival_us - ntp_us
        if self.offset_us is not None and abs(offset - self.offset_us) > _FAR_US:
            self._strangers = [s for s in self._strangers if abs(s[1] - offset) < 200_000]
            self._strangers.append((arrival_us, offset))
            if len(self._strangers) < 3:
                return
            self._seen = deque(self._strangers)  # his clock was set
        else:
            self._seen.append((arrival_us, offset))
        self._strangers = []
        while self._seen[0][0] < arrival_us - _WINDOW_US:
            self._seen.popleft()
        self.offset_us = min(seen for _, seen in self._seen)


class _Line:
    """The least of `arrival - media time` over the last 5 to 10 s, microseconds."""

    def __init__(self, arrival_us: int, late_us: int) -> None:
        self._turn = arrival_us + _LINE_US
        self._before = self._now = late_us

    def add(self, arrival_us: int, late_us: int) -> None:
        if arrival_us >= self._turn:
            fresh = arrival_us < self._turn + _LINE_US
            self._before = self._now if fresh else late_us
            self._now, self._turn = late_us, arrival_us + _LINE_US
        elif late_us < self._now:
            self._now = late_us

    @property
    def value(self) -> int:
        return min(self._before, self._now)


class TrackClock:
    """One track. RTP times are unwrapped ticks; `arrived` before `place`, both in the order of the stream."""

    def __init__(self, timescale: int, epoch_us: int, sender: SenderClock, slew: float) -> None:
        self._scale, self._epoch_us, self._sender, self._slew = timescale, epoch_us, sender, slew
        self._line: _Line | None = None
        self._shift_us = 0  # media time + this = wall clock, microseconds
        self._bias_us = 0  # what reports said beyond the line of arrivals
        self._report: tuple[int, int, int] | None = None  # NTP, RTP as microseconds, arrival
        self._told_last: tuple[int, int] | None = None  # NTP, RTP as microseconds, believed or not
        self._last_rtp = 0
        self._late_since: tuple[int, int, int] | None = None  # arrival, first and least lateness
        self._moving = False

    def restart(self) -> None:
        """The RTP times to come have nothing to do with those before: another SSRC or session."""
        self._line = self._report = self._late_since = self._told_last = None

    def arrived(self, rtp: int, arrival_us: int) -> None:
        """A packet with this time arrived; the first of each picture is enough."""
        late = arrival_us - rtp * 1_000_000 // self._scale
        if self._line is None:
            self._anchor(rtp, arrival_us, late)
            return
        if late < self._shift_us - _FAR_US:
            self._anchor(rtp, arrival_us, late)  # a time from the future: the sender began a new count
            return
        self._line.add(arrival_us, late)
        if self._report and arrival_us - self._report[2] > _STALE_US:
            self._report = None  # the line of arrivals follows his drift, the report would not
        if late <= self._shift_us + _JUMP_US:
            self._late_since = None
        elif self._late_since is None:
            self._late_since = (arrival_us, late, late)
        else:
            since, first, least = self._late_since
            self._late_since = (since, first, min(least, late))
            if arrival_us - since >= _STREAK_US:
                self._stood_still(rtp, arrival_us)

    def report(self, ntp_us: int, rtp: int, arrival_us: int) -> None:
        """A sender report of this track. One that cannot be true changes nothing."""
        if self._line is None:
            return
        media_us = rtp * 1_000_000 // self._scale
        if abs(arrival_us - media_us - self._line.value) > _FAR_US:
            return
        if (ntp_us + _NTP_ERA_US) // 1_000_000 in _NEVER or not self._agrees(ntp_us, media_us):
            return
        self._sender.offer(ntp_us, arrival_us)
        before, self._report = self._report, (ntp_us, media_us, arrival_us)
        told = self._told()
        if told is None or abs(told - self._line.value) > _FAR_US:
            self._report = before
        else:
            self._bias_us = told - self._line.value

    def _agrees(self, ntp_us: int, media_us: int) -> bool:
        """Whether as much time passed since the last report by its NTP time as by its media's."""
        before, self._told_last = self._told_last, (ntp_us, media_us)
        return before is None or abs(ntp_us - before[0] - (media_us - before[1])) < _APART_US

    def place(self, rtp: int, floor: int) -> int:
        """Ticks from the epoch for this RTP time, `floor` at least."""
        self._follow(max(0, rtp - self._last_rtp))
        self._last_rtp = rtp
        wall_us = self._shift_us - self._epoch_us
        ticks = rtp + wall_us * self._scale // 1_000_000
        if ticks < floor:
            self._shift_us += (floor - ticks) * 1_000_000 // self._scale
            return floor
        return ticks

    def _follow(self, media: int) -> None:
        if self._line is None:
            return
        away = self._target() - self._shift_us
        if abs(away) < (_REACHED_US if self._moving else _DEAD_ZONE_US):
            self._moving = False
            return
        self._moving = True
        most = int(media * self._slew * 1_000_000 / self._scale)
        self._shift_us += max(-most, min(most, away))

    def _target(self) -> int:
        assert self._line is not None  # noqa: S101 - callers looked
        told = self._told()
        return self._line.value + self._bias_us if told is None else told

    def _told(self) -> int | None:
        """What the last report and the sender's clock say `_shift_us` should be."""
        if self._report is None or self._sender.offset_us is None:
            return None
        ntp_us, media_us, _ = self._report
        return ntp_us + self._sender.offset_us - media_us

    def _anchor(self, rtp: int, arrival_us: int, late_us: int) -> None:
        self._line = _Line(arrival_us, late_us)
        self._shift_us, self._last_rtp = late_us, rtp
        self._bias_us, self._report, self._late_since, self._told_last = 0, None, None, None

    def _stood_still(self, rtp: int, arrival_us: int) -> None:
        """Everything is late by half a second and stays so: the sender paused without counting on."""
        assert self._late_since is not None  # noqa: S101 - the caller looked
        _, first, least = self._late_since
        self._late_since = None
        if first - least < _JUMP_US // 2:  # a queue that empties gets less late
            self._anchor(rtp, arrival_us, least)
