"""Pictures that are decoded in another order than they are shown: each at its moment, decode times that only grow."""

import io
from itertools import pairwise

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.files.joined import Lane, Piece, join
from media.wire.events import Event, Init
from media.wire.fmp4_read import complete_fragments
from media.wire.h264 import AccessUnit
from media.wire.presentation import DecodeTimes, Presentation, depth_of
from media.wire.sps import read_sps
from tests.unit.media.streams import EPOCH_US, Picture, Sender, grey_of, pictures, play_video
from tests.unit.media.test_wire_video import (
    FRAME_US,
    Packets,
    files,
    fragments,
    gaps,
    length,
    play,
    record,
    segments,
)

REORDERED = pictures(300, gop=60, between=3)
DEPTH = 2  # with a pyramid of B-frames


def sent(clip: list[Picture], start_us: int = 0, sender: Sender | None = None) -> Packets:
    """As an encoder sends them: one after another, the time stamps being those of showing."""
    sender = sender or Sender(90_000)
    return [
        packet
        for turn, picture in enumerate(clip)
        for packet in sender.picture(picture, start_us + picture.shown * FRAME_US, start_us + turn * FRAME_US)
    ]


def packets_of(file: bytes) -> list[tuple[int, int]]:
    """Presentation and decode times as ffmpeg reads them."""
    with av.open(io.BytesIO(file), "r") as opened:
        return [(one.pts or 0, one.dts or 0) for one in opened.demux(video=0) if one.size]


def assert_true(out: list[Event], count: int, start_us: int = 0) -> None:
    shown = play(out)
    assert len(shown) == count
    for turn, one in enumerate(shown):
        assert one.time == pytest.approx((start_us + 20_000 + turn * FRAME_US) * 9 // 100, abs=30)
        assert abs(one.grey - grey_of(turn)) < 3, (one, turn)


def test_the_clip_is_what_it_should_be() -> None:
    assert [one.shown for one in REORDERED[:5]] == [0, 4, 2, 1, 3]
    sps = next(nal for nal in REORDERED[0].nals if nal[0] & 31 == 7)
    assert read_sps(sps).reordered == DEPTH


def test_each_picture_is_shown_at_its_moment_and_no_decode_time_goes_back() -> None:
    out = record(sent(REORDERED))
    assert_true(out, 300)
    assert not gaps(out)
    (file,) = files(out)
    times = packets_of(file)
    assert all(earlier[1] < later[1] for earlier, later in pairwise(times))
    assert all(decode <= shown for shown, decode in times)
    assert [shown for shown, _ in times] != sorted(shown for shown, _ in times)


def test_segments_begin_at_key_frames_and_follow_one_another() -> None:
    out = record(sent(REORDERED))
    assert all(one[0].key_frame and length(one) <= 8 for one in segments(out))
    for one, following in pairwise(fragments(out)):
        assert following.start == one.start + one.duration
    init = next(event for event in out if isinstance(event, Init))
    for segment in segments(out):  # each plays by itself, from where its row says that it begins
        (file,) = files([init, *segment])
        with av.open(io.BytesIO(file), "r") as opened:
            stamps = [frame.pts or 0 for frame in opened.decode(video=0)]
        assert stamps[0] == segment[0].start
        assert stamps == sorted(stamps)


def test_what_a_crash_leaves_is_read_back_in_the_order_of_showing() -> None:
    out = record(sent(REORDERED))
    for segment in segments(out):
        found = complete_fragments(b"".join(one.data for one in segment))
        assert found[0].start == segment[0].start
        end = max(one.start + one.duration for one in found)
        assert end == pytest.approx(segment[-1].start + segment[-1].duration, abs=2 * 3003)


def test_a_loss_is_a_gap_until_the_next_key_frame() -> None:
    packets = sent(REORDERED)
    at = next(n for n, picture in enumerate(REORDERED) if picture.shown == 65)
    first = sum(len(sent([one])) for one in REORDERED[:at])
    out = record(packets[:first] + packets[first + 1 :])
    (gap,) = gaps(out)
    assert gap.reason == "loss"
    assert gap.end == pytest.approx((20_000 + 120 * FRAME_US) * 9 // 100, abs=30)
    shown = play(out)
    turns = [round((one.time / 90_000 - 0.02) * 30) for one in shown]
    assert all(abs(one.grey - grey_of(turn)) < 3 for one, turn in zip(shown, turns, strict=True))
    assert turns[-180:] == list(range(120, 300))
    assert all(decode <= at for file in files(out) for at, decode in packets_of(file))


def test_a_pause_of_a_minute_does_not_draw_decode_times_back() -> None:
    sender = Sender(90_000)
    out = record(sent(REORDERED[:120], sender=sender) + sent(REORDERED[:120], 64_000_000, sender))
    assert [gap.reason for gap in gaps(out)] == ["muted"]
    (file,) = files(out)
    times = packets_of(file)
    assert all(earlier[1] < later[1] for earlier, later in pairwise(times))
    assert all(0 <= shown - decode < 90_000 for shown, decode in times)
    second = [one for one in play(out) if one.time > 63 * 90_000]
    assert [round(one.grey) for one in second] == [round(one.grey) for one in play(out)[:120]]


def test_the_order_shows_itself_where_the_stream_does_not_say_it() -> None:
    stamps = [AccessUnit(n, EPOCH_US, key=n == 0) for n in (0, 3, 1, 2, 6, 4, 5, 9, 7, 8)]
    order = Presentation()
    turns = [turn for unit in stamps for _, turn in order.push(unit)] + [turn for _, turn in order.flush()]
    assert order.depth == 1
    assert turns[3:] == sorted(turns[3:])
    assert sorted(turns) == list(range(10))


def test_a_clip_of_it_begins_at_a_key_frame_and_shows_each_picture_in_its_turn() -> None:
    out = record(sent(REORDERED))
    init = next(event for event in out if isinstance(event, Init)).data
    bodies = {str(n): b"".join(one.data for one in part) for n, part in enumerate(segments(out))}
    lane = Lane(
        90_000,
        [
            Piece(str(n), "init", part[0].start, sum(one.duration for one in part), True)
            for n, part in enumerate(segments(out))
        ],
    )
    file = io.BytesIO()
    begun = join([lane], (bodies | {"init": init}).__getitem__, 5_000_000, 8_000_000, file.write).begin_us
    shown = play_video(file.getvalue())
    first = round((begun + shown[0].time * 100 / 9 - 20_000) / FRAME_US)
    assert first == 120  # the key frame before
    assert shown[0].time < 90_000 // 10  # decoding begins where the clip does
    for turn, one in enumerate(shown, start=first):
        assert abs(one.grey - grey_of(turn)) < 3, turn


def test_a_pause_within_a_group_of_pictures_is_a_hole_in_decoding_too() -> None:
    """The sender stands still between two pictures, and goes on without a key frame."""
    sender = Sender(90_000)
    clip, packets = REORDERED[:60], list[tuple[int, bytes]]()
    resumed = next(turn for turn, picture in enumerate(clip) if picture.shown >= 30)
    for turn, picture in enumerate(clip):
        at_us = picture.shown * FRAME_US + (10_000_000 if picture.shown >= 30 else 0)
        packets += sender.picture(picture, at_us, turn * FRAME_US + (10_000_000 if turn >= resumed else 0))
    out = record(packets)
    shown = play(out)
    assert [round(one.grey) for one in shown] == [round(grey_of(turn)) for turn in range(60)]
    wanted = [(20_000 + turn * FRAME_US + (10_000_000 if turn >= 30 else 0)) * 9 // 100 for turn in range(60)]
    assert [one.time for one in shown] == [pytest.approx(one, abs=90) for one in wanted]  # 1 ms
    (file,) = files(out)
    times = packets_of(file)
    assert all(decode <= at for at, decode in times)
    assert all(earlier[1] < later[1] for earlier, later in pairwise(times))


@given(st.lists(st.integers(0, 4), max_size=80))
def test_no_picture_is_decoded_after_it_is_shown(drawn: list[int]) -> None:
    """Whatever the pattern: groups of pictures that are sent last one first."""
    stamps, first = [0], 1
    for size in drawn:
        stamps += [first + size, *range(first, first + size)]
        first += size + 1
    order, times = Presentation(), DecodeTimes()
    order.expect(depth_of(one * 3000 for one in stamps))
    units = [AccessUnit(90_000 + one * 3000, 0, key=not one) for one in stamps]
    placed = [pair for unit in units for pair in order.push(unit)] + order.flush()
    assert [unit for unit, _ in placed] == units
    assert [turn for _, turn in placed] == sorted(unit.timestamp for unit in units)
    last = -1
    for unit, turn in placed:
        decode, after, offset = times.place(turn, order.depth, unit.timestamp) or (turn, turn + 1, 0)
        assert last <= decode < after
        assert decode + offset == unit.timestamp
        last = after
