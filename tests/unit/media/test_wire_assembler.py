"""Whatever arrives, in whatever order: no track goes back in time, and no packet ends the recorder's thread."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.wire.assembler import Assembler
from media.wire.audio import AudioAssembler
from media.wire.clock import SenderClock
from media.wire.events import Event, Fragment, GapClosed, SegmentEnd
from media.wire.fmp4_read import complete_fragments
from media.wire.video import VideoAssembler
from tests.unit.media.streams import EPOCH_US, pictures, rtp, sound

SETS = [nal for nal in pictures(1)[0].nals if nal[0] & 0x1F in (7, 8)]
PAYLOADS = [
    b"",
    b"\x41\x9a" + bytes(30),
    b"\x65\x88" + bytes(30),
    b"\x7c\x85\x88" + bytes(9),
    b"\x7c\x45" + bytes(9),
    *SETS,
    *sound(2),
]
COUNTER = st.one_of(st.integers(0, 20), st.integers(0, 0xFFFFFFFF), st.integers(0, 20).map(lambda n: n * 3000))
PACKET = st.builds(
    lambda sequence, stamp, payload, marker, ssrc: rtp(sequence, stamp, payload, marker=marker, ssrc=ssrc),
    COUNTER,
    COUNTER,
    st.one_of(st.sampled_from(PAYLOADS), st.binary(max_size=20)),
    st.booleans(),
    st.sampled_from([1, 1, 1, 1, 2]),
)
STEP = st.one_of(
    st.tuples(st.just("packet"), PACKET),
    st.tuples(st.just("packet"), st.binary(max_size=30)),
    st.tuples(st.just("report"), st.tuples(st.integers(-(1 << 40), 1 << 52), st.integers(0, 0xFFFFFFFF))),
    st.tuples(st.sampled_from(["tick", "interrupt", "full", "dropped"]), st.none()),
)


def take(assembler: Assembler, step: tuple[str, object], now_us: int, out: list[Event]) -> None:
    match step:
        case "packet", bytes() as packet:
            assembler.receive([(now_us, packet)], out)
        case "report", (int() as ntp, int() as stamp):
            assembler.report(ntp, stamp, now_us)
        case "tick", _:
            assembler.tick(now_us, out)
        case "interrupt", _:
            assembler.interrupt("disconnected", out)
        case "dropped", _:
            assembler.queue_overflowed()


def assert_segments(out: list[Event], scale: int) -> None:
    """None is longer than 8 s, and each ends before the next one begins."""
    start: int | None = None
    for event in out:
        if isinstance(event, Fragment):
            assert event.opens == (start is None)
            start = event.start if start is None else start
            assert event.start + event.duration - start <= 8 * scale
        elif isinstance(event, SegmentEnd):
            assert start is not None
            start = None
    assert start is None


@pytest.mark.parametrize("kind", ["audio", "video"])
@settings(max_examples=300, deadline=None)
@given(steps=st.lists(st.tuples(STEP, st.integers(0, 3_000_000)), max_size=60), sets=st.booleans())
def test_any_packets_make_a_true_file(kind: str, steps: list[tuple[tuple[str, object], int]], sets: bool) -> None:
    clock = SenderClock()
    assembler: Assembler = (
        AudioAssembler(48_000, EPOCH_US, clock, 500_000)
        if kind == "audio"
        else VideoAssembler(90_000, EPOCH_US, clock, 500_000, parameter_sets=SETS if sets else ())
    )
    now, out = EPOCH_US - 1_000_000, list[Event]()
    for step, pause in steps:
        now += pause
        take(assembler, step, now, out)
    assembler.finish(now, out)
    made = [event for event in out if isinstance(event, Fragment)]
    for one in made:
        (found,) = complete_fragments(one.data)
        if b"trun\x01" not in one.data:  # where pictures are shown in another order, fragments overlap
            assert (found.start, found.duration) == (one.start, one.duration)
        assert one.duration <= (48_000 if kind == "audio" else 90_000)
    for one, later in pairwise(made):
        assert later.start >= one.start + one.duration
    assert_segments(out, 48_000 if kind == "audio" else 90_000)
    gaps = [event for event in out if isinstance(event, GapClosed)]
    assert all(gap.end > gap.start >= 0 for gap in gaps)
