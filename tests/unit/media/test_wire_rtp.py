"""RTP headers, and counters that wrap."""

from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.wire import opus
from media.wire.gaps import GapTracker
from media.wire.rtp import BadPacket, Unroller, parse
from tests.unit.media.streams import rtp, sound


def test_a_plain_header_is_read() -> None:
    assert parse(rtp(65_535, 0xFFFFFFFF, b"abc", marker=True, ssrc=9)) == (True, 65_535, 0xFFFFFFFF, 9, 12, 15)


def test_contributors_extensions_and_padding_are_no_payload() -> None:
    header = pack("!BBHII", 0x80 | 0x20 | 0x10 | 2, 96, 1, 2, 3)
    packet = header + bytes(8) + pack("!HH", 0xBEDE, 1) + bytes(4) + b"payload" + b"\x00\x00\x03"
    *_, start, end = parse(packet)
    assert packet[start:end] == b"payload"


def test_a_packet_of_padding_alone_has_no_payload() -> None:
    packet = pack("!BBHII", 0xA0, 96, 1, 2, 3) + bytes(9) + b"\x0a"
    *_, start, end = parse(packet)
    assert start == end


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"\x80",
        bytes(12),  # version 0
        pack("!BBHII", 0x8F, 96, 1, 2, 3),  # fifteen contributors, none there
        pack("!BBHII", 0x90, 96, 1, 2, 3),  # an extension, not there
        pack("!BBHII", 0x90, 96, 1, 2, 3) + pack("!HH", 0xBEDE, 9),
        pack("!BBHII", 0xA0, 96, 1, 2, 3) + b"\x00",
        pack("!BBHII", 0xA0, 96, 1, 2, 3) + b"\xff",
    ],
)
def test_what_is_no_rtp_is_refused(packet: bytes) -> None:
    with pytest.raises(BadPacket):
        parse(packet)


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        *_, start, end = parse(data)
    except BadPacket:
        return
    assert 12 <= start <= end <= len(data)


@given(st.lists(st.integers(-30_000, 30_000), max_size=50), st.integers(0, 0xFFFF))
def test_a_counter_that_wraps_is_followed_both_ways(steps: list[int], first: int) -> None:
    unroll = Unroller(16)
    true = seen = unroll(first)
    for step in steps:
        true += step
        seen = unroll(true & 0xFFFF)
        assert seen == true


def test_missing_packets_are_asked_for_again_and_given_up_once() -> None:
    gaps = GapTracker(patience=1.0, again=0.1)
    for sequence in (65_534, 2):
        gaps.receive(sequence, 0.0)
    assert gaps.due(0.0) == [65_535, 0, 1]
    assert gaps.due(0.05) == []
    assert gaps.receive(0, 0.06)
    assert gaps.due(0.1) == [65_535, 1]
    assert gaps.lost(0.5) == []
    assert gaps.lost(1.0) == [65_535, 1]
    assert gaps.lost(2.0) == []


def test_an_outage_is_not_asked_for_packet_by_packet() -> None:
    gaps = GapTracker(patience=1.0)
    gaps.receive(0, 0.0)
    gaps.receive(20_000, 9.0)
    assert gaps.due(9.0) == []


def test_opus_packets_of_an_encoder_last_20_ms() -> None:
    assert {opus.duration(packet) for packet in sound(20)} == {960}


@pytest.mark.parametrize(
    ("packet", "samples"),
    [
        (b"\x00", 480),
        (b"\x18x", 2880),
        (b"\x79", 1920),
        (b"\xff\x03", 2880),
        (b"\xff", 0),
        (b"", 0),
        (b"\x1b\x03", 0),  # 180 ms: longer than a packet may be
    ],
)
def test_how_long_a_packet_lasts_is_in_its_first_bytes(packet: bytes, samples: int) -> None:
    assert opus.duration(packet) == samples


@given(st.binary(max_size=4))
def test_any_packet_lasts_at_most_120_ms(packet: bytes) -> None:
    assert 0 <= opus.duration(packet) <= opus.LONGEST
