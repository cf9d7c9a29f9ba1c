"""RTCP: what is read is what was written, damage is nothing, and aiortc reads ours."""

from aiortc.rtp import RtcpPacket, RtcpPsfbPacket, RtcpRrPacket, RtcpRtpfbPacket, RtcpSrPacket, unpack_remb_fci
from hypothesis import given
from hypothesis import strategies as st

from media.live import rtcp
from media.live.arrivals import Arrivals
from media.live.source import Source


def only(compound: bytes) -> rtcp.Part:
    (part,) = rtcp.parts(compound)
    return part


def test_a_sender_report_keeps_its_time_to_the_microsecond() -> None:
    made = rtcp.sender_report(7, 1_700_000_000_123_456, 99, 1, 2)
    assert rtcp.sender_facts(only(made)) in (
        rtcp.SenderFacts(7, 1_700_000_000_123_456, 99),
        rtcp.SenderFacts(7, 1_700_000_000_123_455, 99),
    )
    (read,) = RtcpPacket.parse(made)
    assert isinstance(read, RtcpSrPacket)
    assert (read.ssrc, read.sender_info.rtp_timestamp, read.sender_info.octet_count) == (7, 99, 2)


def test_an_absurd_time_is_no_time() -> None:
    made = bytearray(rtcp.sender_report(7, 1_700_000_000_000_000, 99, 1, 2))
    made[8:12] = b"\xff\xff\xff\xff"
    assert rtcp.sender_facts(only(bytes(made))) == rtcp.SenderFacts(7, None, 99)


@given(st.sets(st.integers(0, 65535), min_size=1, max_size=60))
def test_a_loss_request_names_exactly_what_is_missing(missing: set[int]) -> None:
    made = rtcp.nack(1, 2, sorted(missing))
    assert rtcp.lost_packets(only(made)) == (2, sorted(missing))
    (read,) = RtcpPacket.parse(made)
    assert isinstance(read, RtcpRtpfbPacket)
    assert sorted(read.lost) == sorted(missing)


def test_a_loss_request_across_the_wrap() -> None:
    assert rtcp.lost_packets(only(rtcp.nack(1, 2, [65535, 0, 3])))[1] == [65535, 0, 3]


def test_wishes_for_a_key_frame_are_read_and_written() -> None:
    assert rtcp.wants_key_frame(only(rtcp.picture_loss(1, 5))) == [5]
    assert rtcp.wants_key_frame(only(rtcp.full_intra(1, 6, 300))) == [6]
    assert rtcp.wants_key_frame(only(rtcp.bandwidth(1, 10, [5]))) == []


def test_a_bandwidth_limit_is_read_by_aiortc() -> None:
    (read,) = RtcpPacket.parse(rtcp.bandwidth(1, 4_000_000, [5, 6]))
    assert isinstance(read, RtcpPsfbPacket)
    bit_rate, ssrcs = unpack_remb_fci(read.fci)
    assert abs(bit_rate - 4_000_000) < 50
    assert ssrcs == [5, 6]


def test_a_receiver_report_tells_loss_and_the_round_trip() -> None:
    source = Source(5, 90000, 65530)
    for i in range(20):
        if i not in (3, 4):
            source.note((65530 + i) & 0xFFFF, i * 3000, 1_000_000 + i * 33_333, 1000)
    source.reported(1_700_000_000_000_000, 2_000_000)
    block = source.block(2_500_000)
    made = rtcp.receiver_report(1, [block]) + rtcp.source_description(1, "takan")
    (report, _) = RtcpPacket.parse(made)
    assert isinstance(report, RtcpRrPacket)
    assert (report.reports[0].packets_lost, report.reports[0].fraction_lost) == (2, 2 * 256 // 20)
    assert report.reports[0].highest_sequence == 65549
    assert report.reports[0].dlsr == 32768
    assert rtcp.blocks(next(iter(rtcp.parts(made)))) == [block]
    assert source.block(2_500_000).fraction_lost == 0


def test_a_report_far_off_its_media_is_seen() -> None:
    source = Source(5, 90000, 1)
    source.note(1, 4_294_960_000, 1_000_000, 100)
    assert abs(source.off((4_294_960_000 + 90_000) & 0xFFFFFFFF, 2_000_000)) < 0.001
    assert abs(source.off((4_294_960_000 + 297_000) & 0xFFFFFFFF, 2_000_000) - 2.3) < 0.001


@given(st.binary(max_size=200))
def test_damage_is_read_as_nothing(damaged: bytes) -> None:
    for part in rtcp.parts(damaged):
        rtcp.sender_facts(part)
        rtcp.blocks(part)
        rtcp.lost_packets(part)
        rtcp.wants_key_frame(part)


def read_transport_cc(packet: bytes) -> tuple[int, list[int | None]]:
    """(first number, arrival in µs or None): written from the draft, as a sender would read it."""
    part = only(packet)
    body = part.body
    base, count = int.from_bytes(body[8:10]), int.from_bytes(body[10:12])
    clock = int.from_bytes(body[12:15]) * 64_000
    statuses: list[int] = []
    at = 16
    while len(statuses) < count:
        chunk = int.from_bytes(body[at : at + 2])
        at += 2
        if chunk >> 15 == 0:
            statuses += [chunk >> 13 & 3] * (chunk & 0x1FFF)
        elif chunk >> 14 & 1:
            statuses += [chunk >> (12 - 2 * i) & 3 for i in range(7)]
        else:
            statuses += [chunk >> (13 - i) & 1 for i in range(14)]
    arrivals: list[int | None] = []
    for status in statuses[:count]:
        if not status:
            arrivals.append(None)
            continue
        size = status
        clock += int.from_bytes(body[at : at + size], signed=size == 2) * 250
        at += size
        arrivals.append(clock)
    assert all(byte == 0 for byte in body[at:])
    return base, arrivals


@given(st.integers(0, 65535), st.lists(st.one_of(st.none(), st.integers(0, 90_000)), min_size=1, max_size=120))
def test_arrivals_are_told_as_they_were(first: int, pauses: list[int | None]) -> None:
    arrivals = Arrivals()
    clock, seen = 5_000_000, {}
    for i, pause in enumerate([0, *pauses]):
        if pause is not None:
            clock += pause
            arrivals.add((first + i) & 0xFFFF, clock)
            seen[i] = clock
    report = arrivals.report(1, 2)
    assert report is not None
    base, told = read_transport_cc(report)
    assert base == first
    assert {i for i, at in enumerate(told) if at is not None} == set(seen)
    start = 5_000_000 // 64_000 * 64_000
    assert all(abs(at - seen[i]) <= 250 for i, at in enumerate(told) if at is not None), start
    assert arrivals.report(1, 2) is None


def test_the_next_report_begins_where_the_last_one_ended() -> None:
    arrivals = Arrivals()
    arrivals.add(10, 1000)
    assert arrivals.report(1, 2)
    arrivals.add(13, 2000)
    report = arrivals.report(1, 2)
    assert report is not None
    assert read_transport_cc(report)[0] == 11
    assert [at is not None for at in read_transport_cc(report)[1]] == [False, False, True]
