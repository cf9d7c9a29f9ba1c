"""An Opus track from packets to a file that plays as long as the clock ran."""

from itertools import pairwise
from struct import pack

from hypothesis import given, settings
from hypothesis import strategies as st

from media.wire.audio import AudioAssembler
from media.wire.clock import SenderClock
from media.wire.events import Event, Fragment, GapClosed, Init
from tests.unit.media.streams import EPOCH_US, Sender, play_audio, sound

PATIENCE_US = 500_000
PACKET_US = 20_000
CLIP = sound(500)

Packets = list[tuple[int, bytes]]


def record(packets: Packets) -> list[Event]:
    assembler = AudioAssembler(48_000, EPOCH_US, SenderClock(), PATIENCE_US)
    out: list[Event] = []
    now = EPOCH_US
    for arrival, packet in packets:
        while now + 200_000 < arrival:
            now += 200_000
            assembler.tick(now, out)
        assembler.receive([(arrival, packet)], out)
    assembler.finish(now + PATIENCE_US, out)
    return out


def sent(clip: list[bytes], sender: Sender | None = None, start_us: int = 0) -> Packets:
    sender = sender or Sender(48_000)
    return [sender.sample(packet, start_us + n * PACKET_US) for n, packet in enumerate(clip)]


def file_of(out: list[Event]) -> bytes:
    return b"".join(event.data for event in out if isinstance(event, Init | Fragment))


def fragments(out: list[Event]) -> list[Fragment]:
    return [event for event in out if isinstance(event, Fragment)]


def gaps(out: list[Event]) -> list[GapClosed]:
    return [event for event in out if isinstance(event, GapClosed)]


def test_every_packet_is_kept_at_its_moment_across_both_wraps() -> None:
    out = record(sent(CLIP))
    assert play_audio(file_of(out)) == [(960 + n * 960, 960) for n in range(500)]
    assert all(one.duration <= 48_000 for one in fragments(out))
    assert sum(one.opens for one in fragments(out)) == 2
    assert not gaps(out)


def test_silence_that_is_not_sent_keeps_the_sound_as_long_as_the_clock() -> None:
    packets = [packet for n, packet in enumerate(sent(CLIP[:400])) if n % 200 < 100 or n % 20 == 0]
    # the numbers go on without a hole, as a sender with DTX writes them
    packets = [(at, packet[:2] + pack("!H", n) + packet[4:]) for n, (at, packet) in enumerate(packets)]
    out = record(packets)
    times = [time for time, _ in play_audio(file_of(out))]
    assert times[-1] == 960 + 380 * 960
    assert not gaps(out)
    assert sum(one.duration for one in fragments(out)) > 7.6 * 48_000


def test_a_stall_of_20_s_is_a_stretch_of_the_clock_without_sound() -> None:
    sender = Sender(48_000)
    out = record([*sent(CLIP[:100], sender), *sent(CLIP[100:200], sender, 22_000_000)])
    (gap,) = gaps(out)
    assert gap.reason == "muted"
    assert gap.end - gap.start == 20 * 48_000
    assert play_audio(file_of(out))[-1][0] == 960 + 22 * 48_000 + 99 * 960


def test_a_burst_at_the_beginning_is_placed_where_its_end_arrives() -> None:
    """A sender that lets half a second wait and then sends it at once was not half a second late from then on."""
    packets = [(max(at, EPOCH_US + 520_000), packet) for at, packet in sent(CLIP[:200])]
    times = [time for time, _ in play_audio(file_of(record(packets)))]
    assert all(abs(time - 960 - n * 960) < 48 for n, time in enumerate(times))


def test_a_loss_in_a_burst_at_the_beginning_does_not_place_the_sound_late() -> None:
    """What stands behind the hole came faster than what came before it: that is looked at first."""
    packets = [(max(at, EPOCH_US + 320_000), packet) for at, packet in sent(CLIP[:200])]
    times = [time for time, _ in play_audio(file_of(record(packets[:2] + packets[3:])))]
    assert abs(times[0] - 960) < 48
    assert abs(times[-1] - 960 - 199 * 960) < 48


def test_a_hole_that_is_filled_late_in_a_burst_at_the_beginning_does_not_place_the_sound_late() -> None:
    """The packet that fills it ends the time of looking: what waits behind it is looked at all the same."""
    packets = [(max(at, EPOCH_US + 520_000), packet) for at, packet in sent(CLIP[:200])]
    packets[2] = (EPOCH_US + 1_025_000, packets[2][1])
    times = [time for time, _ in play_audio(file_of(record(sorted(packets, key=lambda one: one[0]))))]
    assert all(abs(time - 960 - n * 960) < 48 for n, time in enumerate(times))


def test_a_stream_whose_first_packets_are_overtaken_is_kept_whole() -> None:
    packets = sent(CLIP[:100])
    late = [(packets[6][0], packet) for _, packet in packets[:5]]
    times = [time for time, _ in play_audio(file_of(record([packets[5], packets[6], *late, *packets[7:]])))]
    assert len(times) == 100
    assert all(later - one == 960 for one, later in pairwise(times))


def test_a_lost_packet_is_counted_and_a_lost_stretch_is_stated() -> None:
    packets = sent(CLIP[:300])
    out = record([packet for n, packet in enumerate(packets) if n != 50 and not 100 <= n < 110])
    (gap,) = gaps(out)
    assert (gap.end - gap.start, gap.reason) == (10 * 960, "loss")
    assert len(play_audio(file_of(out))) == 289


def test_a_correction_drops_no_sound() -> None:
    sender = Sender(48_000)
    assembler = AudioAssembler(48_000, EPOCH_US, SenderClock(), PATIENCE_US)
    out: list[Event] = []
    for n, (arrival, packet) in enumerate(sent(CLIP, sender)):
        assembler.receive([(arrival, packet)], out)
        if n % 50 == 10:  # the report says that the sound was captured 90 ms before it arrived
            at_us = n * PACKET_US
            assembler.report(1_600_000_000_000_000 + at_us + 70_000, sender.stamp(at_us), arrival)
    assembler.finish(EPOCH_US + 20_000_000, out)
    assert len(play_audio(file_of(out))) == 500
    for one, following in pairwise(fragments(out)):
        assert following.start == one.start + one.duration


@settings(max_examples=40, deadline=None)
@given(st.sets(st.integers(1, 299), max_size=60), st.lists(st.integers(0, 80_000), min_size=300, max_size=300))
def test_whatever_is_lost_or_overtaken_the_rest_is_in_its_place(lost: set[int], delays: list[int]) -> None:
    delayed = [(at + delays[n], packet) for n, (at, packet) in enumerate(sent(CLIP[:300])) if n not in lost]
    out = record([delayed[0], *sorted(delayed[1:], key=lambda one: one[0])])
    times = [time for time, _ in play_audio(file_of(out))]
    expected = [960 + n * 960 for n in range(300) if n not in lost]
    assert len(times) == len(expected)
    assert all(abs(time - want) < 0.08 * 48_000 for time, want in zip(times, expected, strict=True))
