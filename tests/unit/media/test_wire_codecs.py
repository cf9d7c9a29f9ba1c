"""VP8, VP9 and AV1: each picture is kept at its moment, only what decodes is kept, any bytes are read or refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.wire.clock import SenderClock
from media.wire.events import Event, Fragment, GapClosed, Init
from media.wire.fmp4_read import complete_fragments
from media.wire.rtp import Unroller
from media.wire.video import VideoAssembler
from media.wire.video_codecs import CODECS
from media.wire.webm import complete_clusters
from tests.unit.media.coded import FRAME_US, Coded, CodedSender, encoded, payloads
from tests.unit.media.streams import EPOCH_US, Shown, grey_of, play_video

NEW = ("VP8", "VP9", "AV1")
CLIPS = {name: encoded(name, 120) for name in NEW}


def record(name: str, packets: list[tuple[int, bytes]]) -> list[Event]:
    assembler = VideoAssembler(90_000, EPOCH_US, SenderClock(), 200_000, codec=name)
    out: list[Event] = []
    for packet in packets:
        assembler.receive([packet], out)
        assembler.tick(packet[0], out)
    assembler.finish(packets[-1][0] + 1_000_000, out)
    return out


def play(out: list[Event]) -> list[Shown]:
    """Decoded run by run of an init segment."""
    files: list[bytes] = []
    for event in out:
        if isinstance(event, Init):
            files.append(event.data)
        elif isinstance(event, Fragment):
            files[-1] += event.data
    return [one for file in files for one in play_video(file)]


@pytest.mark.parametrize("name", NEW)
def test_every_picture_is_kept_at_its_moment(name: str) -> None:
    out = record(name, CodedSender(name).send(CLIPS[name]))
    shown = play(out)
    assert len(shown) == 120
    scale, slack = (1000, 1) if name == "VP8" else (90_000, 30)
    for index, one in enumerate(shown):
        assert one.time == pytest.approx((index * FRAME_US + 20_000) * scale / 1e6, abs=slack)
        assert one.grey == pytest.approx(grey_of(index), abs=6)
        assert one.size == (320, 180)
    assert not [event for event in out if isinstance(event, GapClosed)]


@pytest.mark.parametrize(("name", "codecs"), [("VP8", "vp8"), ("VP9", "vp09.00.11.08"), ("AV1", "av01.0.")])
def test_the_init_segment_says_what_a_player_must_know(name: str, codecs: str) -> None:
    (init,) = [event for event in record(name, CodedSender(name).send(CLIPS[name])) if isinstance(event, Init)]
    assert init.codecs.startswith(codecs)
    assert (init.width, init.height) == (320, 180)


@pytest.mark.parametrize("name", NEW)
def test_after_a_loss_only_what_decodes_is_kept(name: str) -> None:
    packets = CodedSender(name).send(CLIPS[name])
    at = next(n for n, (arrival, _) in enumerate(packets) if arrival >= EPOCH_US + 20_000 + 40 * FRAME_US)
    out = record(name, packets[:at] + packets[at + 1 :])
    shown = play(out)
    keys = [n for n, picture in enumerate(CLIPS[name]) if picture.key]
    after = next(n for n in keys if n > 40)
    assert len(shown) == 40 + 120 - after
    (gap,) = [event for event in out if isinstance(event, GapClosed)]
    assert gap.reason == "loss"
    assert (gap.end - gap.start) / 90_000 == pytest.approx((after - 40) * FRAME_US / 1e6, abs=0.05)


@pytest.mark.parametrize("name", NEW)
def test_another_size_makes_another_init_segment(name: str) -> None:
    sender = CodedSender(name)
    packets = sender.send(CLIPS[name][:60]) + sender.send(encoded(name, 45, size=(180, 320)), 60 * FRAME_US)
    out = record(name, packets)
    sizes = [(event.width, event.height) for event in out if isinstance(event, Init)]
    assert sizes == [(320, 180), (180, 320)]
    assert [one.size for one in play(out)] == [(320, 180)] * 60 + [(180, 320)] * 45


@pytest.mark.parametrize("name", NEW)
def test_a_file_cut_anywhere_keeps_its_whole_fragments(name: str) -> None:
    made = [event for event in record(name, CodedSender(name).send(CLIPS[name])) if isinstance(event, Fragment)]
    whole = b"".join(event.data for event in made)

    def read(data: bytes) -> list[tuple[int, int, bool]]:
        found = complete_clusters(data, 90_000) if name == "VP8" else complete_fragments(data)
        return [(one.start, one.duration, one.key_frame) for one in found]

    for cut in range(0, len(whole), 997):
        kept = read(whole[:cut])
        assert len(kept) == sum(len(b"".join(e.data for e in made[: n + 1])) <= cut for n in range(len(made)))
    for (start, duration, key), event in zip(read(whole), made, strict=True):
        assert (start, duration) == pytest.approx((event.start, event.duration), abs=91)
        assert key == event.key_frame


@pytest.mark.parametrize("name", NEW)
def test_a_key_frame_is_seen_by_its_first_payload(name: str) -> None:
    begins = CODECS[name].begins_key_frame
    for picture in CLIPS[name][:40]:
        first, *others = payloads(name, picture)
        assert begins(first) == picture.key
        assert not any(begins(one) for one in others)


@pytest.mark.parametrize("name", NEW)
@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.binary(min_size=1, max_size=40)), max_size=30))
def test_any_payloads_become_pictures_of_the_stated_size(name: str, lot: list[tuple[int, bool, bytes]]) -> None:
    codec = CODECS[name]
    taker, headers = codec.depacketiser(Unroller(32)), codec.configuration(())
    units = []
    for stamp, marker, payload in lot:
        codec.begins_key_frame(payload)
        units += taker.push(stamp, marker, payload, 0, len(payload), 0) or []
    for unit in [*units, *(taker.flush() or [])]:
        assert unit.size == sum(map(len, unit.pieces))
        for header in unit.sets:
            headers.take(header)


@pytest.mark.parametrize("name", NEW)
@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 60), st.integers(0, 255)), max_size=20))
def test_damaged_packets_break_nothing(name: str, damage: list[tuple[int, int, int]]) -> None:
    packets = CodedSender(name).send([Coded(one.data, one.key) for one in CLIPS[name][:40]])
    for which, at, value in damage:
        arrival, packet = packets[which % len(packets)]
        place = 12 + at % max(1, len(packet) - 12)
        packets[which % len(packets)] = arrival, packet[:place] + bytes((value,)) + packet[place + 1 :]
    record(name, packets)
