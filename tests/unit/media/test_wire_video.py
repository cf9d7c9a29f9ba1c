"""An H.264 track from packets to a file that plays: every picture decodes, the timeline is true, gaps are stated."""

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.wire.clock import SenderClock
from media.wire.events import Event, Fragment, GapClosed, GapOpened, Init, KeyFrameWanted, SegmentEnd
from media.wire.video import VideoAssembler
from tests.unit.media.streams import EPOCH_US, Picture, Sender, Shown, grey_of, pictures, play_video, split_nals

FRAME_US = 33_333
PATIENCE_US = 500_000
CLIP = pictures(300, gop=30)
LONG_GROUP = pictures(360, gop=300)

Packets = list[tuple[int, bytes]]


def record(packets: Iterable[tuple[int, bytes]], **more: object) -> list[Event]:
    """What becomes of packets that arrive one by one, with the clock going on between them."""
    assembler = VideoAssembler(90_000, EPOCH_US, SenderClock(), PATIENCE_US, **more)  # type: ignore[arg-type]
    out: list[Event] = []
    now = EPOCH_US
    for arrival, packet in packets:
        while now + 200_000 < arrival:
            now += 200_000
            assembler.tick(now, out)
        assembler.receive([(arrival, packet)], out)
    assembler.tick(now + PATIENCE_US, out)
    assembler.finish(now + PATIENCE_US, out)
    return out


def sent(clip: list[Picture], sender: Sender | None = None, start_us: int = 0) -> Packets:
    sender = sender or Sender(90_000)
    return [p for n, picture in enumerate(clip) for p in sender.picture(picture, start_us + n * FRAME_US)]


def files(out: list[Event]) -> list[bytes]:
    """One file for each init segment."""
    made: list[bytes] = []
    for event in out:
        if isinstance(event, Init):
            made.append(event.data)
        elif isinstance(event, Fragment):
            made[-1] += event.data
    return made


def play(out: list[Event]) -> list[Shown]:
    return [shown for file in files(out) for shown in play_video(file)]


def fragments(out: list[Event]) -> list[Fragment]:
    return [event for event in out if isinstance(event, Fragment)]


def gaps(out: list[Event]) -> list[GapClosed]:
    return [event for event in out if isinstance(event, GapClosed)]


def segments(out: list[Event]) -> list[list[Fragment]]:
    made: list[list[Fragment]] = []
    for fragment in fragments(out):
        if fragment.opens:
            made.append([])
        made[-1].append(fragment)
    return made


def length(segment: list[Fragment]) -> float:
    return (segment[-1].start + segment[-1].duration - segment[0].start) / 90_000


def assert_true(shown: list[Shown], start_us: int = 0) -> None:
    """Every picture is shown at its own moment (20 ms of network later)."""
    for one in shown:
        index = round((one.time / 90_000 - 0.02) * 30 - start_us / FRAME_US)
        assert abs(one.grey - grey_of(index)) < 3, (one, index)


def test_every_picture_is_kept_at_its_moment_across_both_wraps() -> None:
    out = record(sent(CLIP))
    shown = play(out)
    assert len(shown) == 300
    assert_true(shown)
    assert not gaps(out)
    assert out.count(SegmentEnd()) == len(segments(out))


def test_fragments_last_a_second_and_segments_4_to_8_from_key_frame_to_key_frame() -> None:
    out = record(sent(CLIP))
    assert all(one.duration <= 90_000 for one in fragments(out))
    assert len(segments(out)) == 2
    assert all(4 <= length(one) <= 8 for one in segments(out))
    assert all(one[0].key_frame for one in segments(out))
    for one, following in pairwise(fragments(out)):
        assert following.start == one.start + one.duration


def test_ten_seconds_without_a_key_frame_make_short_fragments_and_whole_segments() -> None:
    out = record(sent(LONG_GROUP))
    assert all(one.duration <= 90_000 for one in fragments(out))
    assert [4 <= length(one) <= 8 for one in segments(out)[:-1]] == [True]
    assert len(play(out)) == 360
    assert out.count(KeyFrameWanted()) == sum(length(one) > 5 for one in segments(out))


def test_duplicates_and_overtaking_within_200_ms_change_nothing() -> None:
    packets = sent(CLIP[:90])
    base = play(record(packets))
    mixed = sorted(
        ((arrival + (n * 7919) % 200_000, packet) for n, (arrival, packet) in enumerate(packets)), key=lambda p: p[0]
    )
    out = record([packets[0], *mixed, *mixed[10:20]])
    assert [one.grey for one in play(out)] == [one.grey for one in base]
    assert not gaps(out)


def test_after_a_loss_only_what_decodes_is_kept_and_the_gap_is_stated() -> None:
    packets = sent(CLIP[:120])
    lost = [n for n, (arrival, _) in enumerate(packets) if arrival == EPOCH_US + 40 * FRAME_US + 20_000]
    out = record([packet for n, packet in enumerate(packets) if n not in lost])
    shown = play(out)
    assert_true(shown)
    assert len(shown) == 120 - 20  # from picture 40 to the key frame 60
    (gap,) = gaps(out)
    assert gap.reason == "loss"
    assert abs(gap.start - (40 * FRAME_US + 20_000) * 0.09) < 200
    assert abs(gap.end - (60 * FRAME_US + 20_000) * 0.09) < 200
    assert KeyFrameWanted() in out


def test_an_outage_of_20000_packets_makes_no_sample_longer_than_a_second() -> None:
    sender = Sender(90_000)
    before = sent(CLIP[:45], sender)
    sender.sequence += 20_000
    out = record([*before, *sent(CLIP[60:150], sender, 60_000_000)])
    assert max(one.duration for one in fragments(out)) <= 90_000
    (gap,) = gaps(out)
    assert 58 * 90_000 < gap.end - gap.start < 60 * 90_000
    assert len(play(out)) == 45 + 90


def test_a_stream_that_begins_within_a_group_of_pictures_waits_for_its_key_frame() -> None:
    out = record(sent(CLIP[10:60]))
    assert isinstance(out[0], KeyFrameWanted)
    (gap,) = gaps(out)
    assert abs(gap.end - gap.start - 20 * FRAME_US * 0.09) < 200
    assert len(play(out)) == 30


def test_another_ssrc_continues_the_track() -> None:
    out = record([*sent(CLIP[:60]), *sent(CLIP[60:120], Sender(90_000, 5, 99, ssrc=8), 60 * FRAME_US)])
    assert len(play(out)) == 120
    assert not gaps(out)
    for one, following in pairwise(fragments(out)):
        assert following.start >= one.start + one.duration


def test_a_return_after_an_interruption_closes_its_gap() -> None:
    assembler = VideoAssembler(90_000, EPOCH_US, SenderClock(), PATIENCE_US)
    out: list[Event] = []
    assembler.receive(sent(CLIP[:60]), out)
    assembler.interrupt("disconnected", out)
    opened = out[-1]
    assert isinstance(opened, GapOpened)
    assembler.receive(sent(CLIP[60:120], Sender(90_000, 5, 99, ssrc=8), 12_000_000), out)
    assembler.finish(EPOCH_US + 14_100_000, out)
    (gap,) = gaps(out)
    assert (gap.start, gap.reason) == (opened.start, "disconnected")
    assert abs(gap.end - 12.02 * 90_000) < 200
    assert len(play(out)) == 120


def test_who_does_not_come_back_leaves_a_gap_until_the_end() -> None:
    assembler = VideoAssembler(90_000, EPOCH_US, SenderClock(), PATIENCE_US)
    out: list[Event] = []
    assembler.receive(sent(CLIP[:60]), out)
    assembler.interrupt("disconnected", out)
    assembler.finish(EPOCH_US + 30_000_000, out)
    (gap,) = gaps(out)
    assert gap.end == 30 * 90_000


def test_a_camera_that_pauses_without_loss_is_muted() -> None:
    sender = Sender(90_000)
    out = record([*sent(CLIP[:60], sender), *sent(CLIP[60:90], sender, 7_000_000)])
    (gap,) = gaps(out)
    assert gap.reason == "muted"
    assert len(play(out)) == 90


def test_a_recording_goes_on_after_a_restart_where_it_ended() -> None:
    out = record(sent(CLIP[:30], start_us=9_000_000), resume=5 * 90_000, gap=(5 * 90_000, "node"))
    (gap,) = gaps(out)
    assert (gap.start, gap.reason) == (5 * 90_000, "node")
    assert fragments(out)[0].start == gap.end


def test_another_size_makes_another_init_segment() -> None:
    sender = Sender(90_000)
    sizes = [(320, 180), (480, 270), (640, 360), (960, 540)]
    packets: Packets = []
    for n, size in enumerate(sizes):
        packets += sent(pictures(45, size=size), sender, n * 45 * FRAME_US)
    out = record(packets)
    inits = [event for event in out if isinstance(event, Init)]
    assert [(one.width, one.height) for one in inits] == sizes
    shown = play(out)
    assert [one.size for one in shown] == [size for size in sizes for _ in range(45)]
    assert not gaps(out)
    for one, following in pairwise(fragments(out)):
        assert following.start == one.start + one.duration


def test_parameter_sets_repeated_unchanged_do_nothing() -> None:
    assert sum(isinstance(event, Init) for event in record(sent(CLIP))) == 1


def test_parameter_sets_of_the_offer_serve_a_stream_without_them() -> None:
    sets = [nal for nal in CLIP[0].nals if nal[0] & 0x1F in (7, 8)]
    bare = [Picture(p.index, [nal for nal in p.nals if nal[0] & 0x1F not in (7, 8)], p.key) for p in CLIP[:60]]
    assert len(play(record(sent(bare), parameter_sets=sets))) == 60
    assert not fragments(record(sent(bare)))


def test_alternating_picture_parameters_make_at_most_one_init_segment_each_segment() -> None:
    def with_pps(picture: Picture, odd: bool) -> Picture:
        nals = [_other_pps(nal) if odd and nal[0] & 0x1F == 8 else nal for nal in picture.nals]
        return Picture(picture.index, nals, picture.key)

    out = record(sent([with_pps(picture, picture.index // 30 % 2 == 1) for picture in CLIP]))
    assert sum(isinstance(event, Init) for event in out) <= len(segments(out))
    assert len(play(out)) == 300


def _other_pps(nal: bytes) -> bytes:
    """The same parameters with rbsp_trailing cabac_zero_words: other bytes, one meaning."""
    return nal + b"\x00\x00\x03"


def test_pictures_of_several_slices_are_kept_whole() -> None:
    clip = pictures(60, slices=4, size=(640, 368))
    assert sum(nal[0] & 0x1F == 5 for nal in clip[0].nals) == 4
    packets = sent(clip)
    assert len(play(record(packets))) == 60
    without_a_slice = packets[:2] + packets[3:]
    assert len(play(record(without_a_slice))) == 30


def test_empty_packets_leave_no_hole() -> None:
    sender = Sender(90_000)
    packets: Packets = []
    for n, picture in enumerate(CLIP[:60]):
        packets += sender.picture(picture, n * FRAME_US)
        arrival = packets[-1][0]
        padding = b"\xa0" + packets[-1][1][1:2]
        padding += (sender.sequence & 0xFFFF).to_bytes(2, "big") + packets[-1][1][4:12] + bytes(99) + b"\x64"
        sender.sequence += 1
        packets.append((arrival, padding))
    out = record(packets)
    assert len(play(out)) == 60
    assert not gaps(out)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_whatever_is_lost_what_is_kept_decodes_and_lies_at_its_moment(data: st.DataObject) -> None:
    packets = sent(CLIP[:150])
    lost = data.draw(st.sets(st.integers(0, len(packets) - 1), max_size=12))
    run = data.draw(st.tuples(st.integers(0, len(packets)), st.integers(0, 60)))
    kept = [p for n, p in enumerate(packets) if n not in lost and not run[0] <= n < run[0] + run[1]]
    out = record(kept)
    if fragments(out):
        assert_true(play(out))
    for one, following in pairwise(fragments(out)):
        assert following.start >= one.start + one.duration
    assert all(one.duration <= 90_000 for one in fragments(out))
    for gap, later in pairwise(gaps(out)):
        assert later.start >= gap.end


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 299), st.integers(0, 40), st.integers(0, 255)), max_size=20))
def test_damaged_packets_break_nothing(damage: list[tuple[int, int, int]]) -> None:
    packets = sent(CLIP[:60])
    for n, at, value in damage:
        arrival, packet = packets[n % len(packets)]
        at %= len(packet)
        packets[n % len(packets)] = (arrival, packet[:at] + bytes((value,)) + packet[at + 1 :])
    out = record(packets)
    for one, following in pairwise(fragments(out)):
        assert following.start >= one.start + one.duration


@pytest.mark.parametrize("gop", [30, 300])
def test_figures_say_how_far_key_frames_are_apart(gop: int) -> None:
    assembler = VideoAssembler(90_000, EPOCH_US, SenderClock(), PATIENCE_US)
    assembler.receive(sent(CLIP if gop == 30 else LONG_GROUP), [])
    assert abs(assembler.longest_key_interval - gop * 3000) < 100
    assert assembler.freezes.frozen == 0


def test_a_frozen_picture_is_counted() -> None:
    sender = Sender(90_000)
    assembler = VideoAssembler(90_000, EPOCH_US, SenderClock(), PATIENCE_US)
    assembler.receive([*sent(CLIP[:60], sender), *sent(CLIP[60:90], sender, 3_000_000)], [])
    assert abs(assembler.freezes.frozen - 1.0 * 90_000) < 9_000


def test_the_clip_has_parameter_sets_in_its_key_frames() -> None:
    assert split_nals(b"\x00\x00\x00\x01ab\x00\x00\x01c") == [b"ab", b"c"]
    assert [nal[0] & 0x1F for nal in CLIP[0].nals][:2] == [7, 8]
