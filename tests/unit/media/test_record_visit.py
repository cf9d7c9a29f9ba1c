"""A difficult visit plays through in ffmpeg, and its timeline is the truth."""

import pytest

from tests.unit.media.difficult import FRAME_US, PARTS, film, moments, runs
from tests.unit.media.recording import Bench
from tests.unit.media.streams import play_audio, play_video


def test_whatever_a_phone_does_every_picture_lies_at_its_moment_and_each_gap_is_stated() -> None:
    with Bench() as bench:
        film(bench)
        shown = [one for run in runs(bench, "p.video") for one in play_video(run)]
        heard = [one for run in runs(bench, "p.audio") for one in play_audio(run)]
        gaps = sorted((gap.start / 90_000, gap) for gap in bench.index.gaps if gap.track == "p.video")
        told = bench.index.receptions["p.video"]
    assert len(shown) == sum(part.count for part in PARTS)
    delay = 0.02  # from capture to arrival
    for moment in moments():
        at = next(one for one in reversed(shown) if one.time / 90_000 <= moment.seconds + delay)
        assert at.size == moment.size
        assert at.grey == pytest.approx(moment.grey, abs=2)
    assert [gap.reason for _, gap in gaps] == [part.after for part in PARTS if part.after]
    broken = [part for part in PARTS if part.after]
    for (start, gap), part in zip(gaps, broken, strict=True):
        following = PARTS[PARTS.index(part) + 1]
        assert start == pytest.approx((part.start_us + part.count * FRAME_US) / 1e6 + delay, abs=0.05)
        assert gap.end / 90_000 == pytest.approx(following.start_us / 1e6 + delay, abs=0.05)
    assert heard[-1][0] / 48_000 == pytest.approx(84, abs=0.1)
    assert (told.lost, told.received) == (0, told.expected)
    assert told.frozen > 0
