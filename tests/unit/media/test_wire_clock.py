"""From a sender's time to the room's: true reports put sound and picture together, false ones do no harm."""

from dataclasses import dataclass, field
from random import Random

import pytest

from media.wire.clock import QUICK, SLOW, SenderClock, TrackClock
from tests.unit.media.streams import EPOCH_US

MINUTE = 60_000_000


@dataclass
class Phone:
    """A sender with a clock of its own: `ahead_us` off ours, running `ppm` too fast, behind a jittery network."""

    ahead_us: int = 3_600_000_000
    ppm: float = 0.0
    random: Random = field(default_factory=lambda: Random(7))

    def own(self, at_us: float) -> float:
        """His microseconds since the epoch, at a true moment after it."""
        return at_us * (1 + self.ppm / 1e6)

    def ntp(self, at_us: float) -> int:
        return EPOCH_US + self.ahead_us + int(self.own(at_us))

    def delay(self) -> int:
        return 15_000 + int(self.random.expovariate(1 / 4_000))


@dataclass
class Line:
    """One track of a phone: `latency_us` from capture to the wire."""

    phone: Phone
    scale: int
    step_us: int
    latency_us: int
    clock: TrackClock
    first: int = 1 << 31
    floor: int = 0
    placed: list[tuple[int, float]] = field(default_factory=list)  # true microseconds, placed microseconds

    def rtp(self, at_us: float) -> int:
        return self.first + int(self.phone.own(at_us) * self.scale / 1e6)

    def send(self, at_us: int) -> None:
        arrival = EPOCH_US + at_us + self.latency_us + self.phone.delay()
        self.clock.arrived(self.rtp(at_us), arrival)
        ticks = self.clock.place(self.rtp(at_us), self.floor)
        assert ticks >= self.floor
        self.floor = ticks + 1
        self.placed.append((at_us, ticks * 1e6 / self.scale))

    def report(self, at_us: int) -> None:
        self.clock.report(self.phone.ntp(at_us), self.rtp(at_us), EPOCH_US + at_us + self.phone.delay())


def lines(phone: Phone, video_latency_us: int = 60_000) -> tuple[Line, Line]:
    sender = SenderClock()
    video = Line(phone, 90_000, 33_333, video_latency_us, TrackClock(90_000, EPOCH_US, sender, QUICK))
    audio = Line(phone, 48_000, 20_000, 5_000, TrackClock(48_000, EPOCH_US, sender, SLOW))
    return video, audio


def run(video: Line, audio: Line, until_us: int, reports: bool = True, start_us: int = 0) -> None:
    """Both tracks, in the order of time, with reports every second or so."""
    moments = [(at, line.send) for line in (video, audio) for at in range(start_us, until_us, line.step_us)]
    if reports:
        moments += [
            (at, line.report) for line in (video, audio) for at in range(start_us + 500_000, until_us, 1_100_000)
        ]
    for at, act in sorted(moments, key=lambda one: one[0]):
        act(at)


def worst_sync(video: Line, audio: Line, after_us: int) -> float:
    """The largest distance of picture from sound for the same true moment, microseconds."""
    sound = {at // 100_000: placed - at for at, placed in audio.placed}
    return max(
        abs(placed - at - sound[at // 100_000])
        for at, placed in video.placed
        if at >= after_us and at // 100_000 in sound
    )


def test_without_reports_a_track_lies_where_it_arrived() -> None:
    video, audio = lines(Phone(), video_latency_us=30_000)
    run(video, audio, MINUTE, reports=False)
    assert worst_sync(video, audio, 0) < 80_000
    assert all(abs(placed - at) < 80_000 for at, placed in audio.placed)


def test_true_reports_bring_sound_and_picture_together() -> None:
    video, audio = lines(Phone(), video_latency_us=150_000)
    run(video, audio, MINUTE)
    assert worst_sync(video, audio, 3_000_000) < 40_000
    assert worst_sync(video, audio, 10_000_000) < 10_000


@pytest.mark.parametrize("ppm", [-500, 500])
@pytest.mark.parametrize("reports", [True, False])
def test_a_phone_that_runs_too_fast_or_slow_is_followed(ppm: int, reports: bool) -> None:
    video, audio = lines(Phone(ppm=ppm))
    run(video, audio, 10 * MINUTE, reports)
    assert worst_sync(video, audio, 10_000_000) < (40_000 if reports else 80_000)
    assert max(abs(placed - at) for at, placed in audio.placed[500:]) < 80_000


def test_corrections_are_too_slow_to_be_noticed_and_nothing_goes_back() -> None:
    video, audio = lines(Phone(), video_latency_us=300_000)
    run(video, audio, MINUTE)
    for line, slew in ((video, QUICK), (audio, SLOW)):
        steps = [b[1] - a[1] for a, b in zip(line.placed, line.placed[1:], strict=False)]
        assert min(steps) > line.step_us * (1 - slew) - 30
        assert max(steps) < line.step_us * (1 + slew) + 30


@pytest.mark.parametrize("seconds", [0, 0xFFFFFFFF, 0x83AA7E81])
def test_a_report_without_a_clock_changes_nothing(seconds: int) -> None:
    video, audio = lines(Phone(), video_latency_us=40_000)
    run(video, audio, 5_000_000, reports=False)
    for at in range(5_000_000, MINUTE, 1_000_000):
        run(video, audio, at + 1_000_000, reports=False, start_us=at)
        for line in (video, audio):
            ntp = (0xFFFFFFFF - 2_208_988_800) * 1_000_000
            line.clock.report(ntp, line.rtp(at + 900_000), EPOCH_US + at + 1_000_000)
    assert worst_sync(video, audio, 0) < 80_000


def test_a_report_off_its_media_by_two_seconds_changes_nothing() -> None:
    video, audio = lines(Phone(), video_latency_us=40_000)
    run(video, audio, 5_000_000)
    for at in range(5_000_000, MINUTE, 1_000_000):
        run(video, audio, at + 1_000_000, reports=False, start_us=at)
        audio.report(at + 999_000)
        video.clock.report(video.phone.ntp(at), video.rtp(at + 2_300_000), EPOCH_US + at + 1_000_000)
    assert worst_sync(video, audio, 0) < 80_000


def test_reports_that_stay_away_for_long_part_nothing() -> None:
    video, audio = lines(Phone(ppm=200), video_latency_us=120_000)
    run(video, audio, 20_000_000)
    run(video, audio, 5 * MINUTE, reports=False, start_us=20_000_000)
    assert worst_sync(video, audio, 10_000_000) < 40_000


def test_a_phone_whose_clock_is_set_is_followed() -> None:
    phone = Phone()
    video, audio = lines(phone, video_latency_us=120_000)
    run(video, audio, 20_000_000)
    phone.ahead_us -= 7_200_000_000
    run(video, audio, MINUTE, start_us=20_000_000)
    assert worst_sync(video, audio, 10_000_000) < 40_000


def test_a_capture_that_stood_still_for_20_s_keeps_to_the_clock() -> None:
    phone = Phone()
    _, audio = lines(phone)
    for at in range(0, 10_000_000, 20_000):
        audio.send(at)
    resumed = audio.rtp(10_000_000)
    for at in range(30_000_000, 40_000_000, 20_000):
        audio.first = resumed - int(phone.own(30_000_000) * 48_000 / 1e6)  # it counts on as if nothing had been
        audio.send(at)
    late = [placed - at for at, placed in audio.placed if at >= 31_000_000]
    assert max(map(abs, late)) < 80_000


def test_a_queue_that_empties_after_an_outage_moves_nothing() -> None:
    _, audio = lines(Phone())
    for at in range(0, 10_000_000, 20_000):
        audio.send(at)
    for at in range(10_000_000, 13_000_000, 20_000):  # held back by the network, delivered ten times as fast
        audio.clock.arrived(audio.rtp(at), EPOCH_US + 13_000_000 + (at - 10_000_000) // 10)
        audio.placed.append((at, audio.clock.place(audio.rtp(at), 0) * 1e6 / 48_000))
    for at in range(13_300_000, 20_000_000, 20_000):
        audio.send(at)
    assert max(abs(placed - at) for at, placed in audio.placed) < 80_000


def test_times_that_begin_a_new_count_are_placed_where_they_arrive() -> None:
    _, audio = lines(Phone())
    for at in range(0, 5_000_000, 20_000):
        audio.send(at)
    audio.first += 90_000_000
    for at in range(5_000_000, 10_000_000, 20_000):
        audio.send(at)
    assert max(abs(placed - at) for at, placed in audio.placed) < 80_000


@pytest.mark.parametrize("reports", [True, False])
def test_a_network_that_gets_slower_or_faster_parts_nothing(reports: bool) -> None:
    video, audio = lines(Phone(), video_latency_us=20_000)
    run(video, audio, 20_000_000, reports)
    for start, more in ((20_000_000, 250_000), (60_000_000, -200_000)):
        for line in (video, audio):
            line.latency_us += more
        run(video, audio, start + 40_000_000, reports, start_us=start)
    assert worst_sync(video, audio, 3_000_000) < 40_000
