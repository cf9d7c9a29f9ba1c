"""From a sender's RTP time to ticks from the room's epoch.

A track lies where its packets arrived fastest in the beginning. Later, the line of fastest arrivals follows the
sender's drift, and sender reports (RFC 3550, 6.4.1) say how his tracks lie to one another. What is learned moves the
track's clock slowly, so that nothing is dropped and nothing goes back; only a sender that stood still is followed at
once. What moves all tracks of a sender moves them together.
"""

SLOW, QUICK = 0.02, 0.1
"""A correction takes at most this share of the media's time: for sound and for what is common; for pictures."""
_DEAD_ZONE_US, _REACHED_US = 4_000, 500
_LINE_US = 5_000_000  # half the window of arrivals: a phone's 500 ppm make 5 ms of the whole
_FAR_US = 1_000_000  # picture and sound further apart than this are so by a wrong report
_STALE_US = 60_000_000
_JUMP_US, _STREAK_US = 500_000, 500_000
_APART_US = 200_000  # what two reports may differ in how much time passed
_NTP_ERA_US = 2_208_988_800_000_000  # from 1900 to 1970
_NEVER = (0, 0xFFFFFFFF)  # NTP seconds of a sender that has no clock


class SenderClock:
    """How one participant's wall clock lies to ours: as his fastest track shows it. His tracks share it.

    A report says which time of a track is which of his clock; how late the track's packets of that time arrive is its
    lag. The least lag is the clock's distance, approached slowly. Lags that are far apart mean that some report is
    wrong, nobody knows which: then there is no distance.
    """

    def __init__(self) -> None:
        self.offset_us: int | None = None  # his clock + this = ours, for use now
        self.goal_us: int | None = None  # where that is going
        self._lags: dict[int, int] = {}
        self._now_us = 0
        self._moving = False

    def note(self, track: int, lag_us: int, present_us: int) -> None:
        """A track's lag, and what it would be if its packets came where they are placed now."""
        new = track not in self._lags
        self._lags[track] = lag_us
        lags = self._lags.values()
        self.goal_us = min(lags) if max(lags) - min(lags) <= _FAR_US else None
        if self.goal_us is None:
            self.offset_us = None
        elif self.offset_us is None or abs(self.goal_us - self.offset_us) > _FAR_US:
            self.offset_us = present_us
        elif new:
            self.offset_us = min(self.offset_us, present_us)  # most often the sound's, which then need not move

    def forget(self, track: int) -> None:
        """A track has no report any more that can be believed."""
        if self._lags.pop(track, None) is not None and not self._lags:
            self.offset_us = self.goal_us = None

    def follow(self, now_us: int) -> None:
        """Time has passed."""
        passed, self._now_us = now_us - self._now_us, max(now_us, self._now_us)
        if self.offset_us is not None and self.goal_us is not None and passed > 0:
            step, self._moving = approach(self.goal_us - self.offset_us, int(passed * SLOW), self._moving)
            self.offset_us += step


def approach(away: int, most: int, moving: bool) -> tuple[int, bool]:
    """One step towards something `away`, `most` at once; and whether there is more to go. Small distances are left."""
    if abs(away) < (_REACHED_US if moving else _DEAD_ZONE_US):
        return 0, False
    return max(-most, min(most, away)), True


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
        self._key = id(self)
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
        self._line = self._late_since = self._told_last = None
        self._forget_report()

    def settle(self) -> None:
        """Nothing was placed since the first `arrived`: begin at the fastest of what came since then."""
        if self._line is not None:
            self._shift_us = self._line.value

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
        self._sender.follow(arrival_us)
        if self._report and arrival_us - self._report[2] > _STALE_US:
            self._forget_report()  # the line of arrivals follows his drift, the report would not
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
        if (ntp_us + _NTP_ERA_US) // 1_000_000 in _NEVER or not self._agrees(ntp_us, media_us):
            return
        self._report = (ntp_us, media_us, arrival_us)
        self._sender.note(self._key, self._line.value + media_us - ntp_us, self._shift_us + media_us - ntp_us)
        if self._sender.goal_us is not None:
            self._bias_us = ntp_us + self._sender.goal_us - media_us - self._line.value

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
        told = self._told()
        target, slew = (self._line.value + self._bias_us, SLOW) if told is None else (told, self._slew)
        most = int(media * slew * 1_000_000 / self._scale)
        step, self._moving = approach(target - self._shift_us, most, self._moving)
        self._shift_us += step

    def _told(self) -> int | None:
        """What the last report and the sender's clock say `_shift_us` should be."""
        if self._report is None or self._sender.offset_us is None:
            return None
        ntp_us, media_us, _ = self._report
        return ntp_us + self._sender.offset_us - media_us

    def _forget_report(self) -> None:
        self._report = None
        self._sender.forget(self._key)

    def _anchor(self, rtp: int, arrival_us: int, late_us: int) -> None:
        self._line = _Line(arrival_us, late_us)
        self._shift_us, self._last_rtp = late_us, rtp
        self._bias_us, self._late_since, self._told_last = 0, None, None
        self._forget_report()

    def _stood_still(self, rtp: int, arrival_us: int) -> None:
        """Everything is late by half a second and stays so: the sender paused without counting on."""
        assert self._late_since is not None  # noqa: S101 - the caller looked
        _, first, least = self._late_since
        self._late_since = None
        if first - least < _JUMP_US // 2:  # a queue that empties gets less late
            self._anchor(rtp, arrival_us, least)
