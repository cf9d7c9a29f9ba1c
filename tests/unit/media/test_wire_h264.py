"""NAL units out of packets, and the facts of a parameter set."""

from collections.abc import Sequence
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.native import library
from media.wire.h264 import MOST_PIECES, AccessUnit, Depacketiser
from media.wire.h264_fast import BEFORE, ENDED, MORE, FastDepacketiser
from media.wire.rtp import Unroller
from media.wire.run import Run
from media.wire.sps import BadParameterSet, read_sps
from tests.unit.media.streams import pictures

SLICE = b"\x41\x9a" + bytes(40)  # first_mb_in_slice 0
IDR = b"\x65\x88" + bytes(40)


def unpack(*packets: tuple[int, bool, bytes]) -> list[AccessUnit]:
    units = pushed(Depacketiser(Unroller(32)), packets)
    if library is not None:  # the compiled form finds the same, packet by packet and in a run
        for found in (pushed(FastDepacketiser(Unroller(32), library), packets), walked(packets)):
            assert [facts(unit) for unit in found] == [facts(unit) for unit in units]
    return units


def pushed(depacketiser: Depacketiser, packets: Sequence[tuple[int, bool, bytes]]) -> list[AccessUnit]:
    units: list[AccessUnit] = []
    for timestamp, marker, payload in packets:
        units += depacketiser.push(timestamp, marker, payload, 0, len(payload), 0) or ()
    return units + (depacketiser.flush() or [])


def walked(packets: Sequence[tuple[int, bool, bytes]]) -> list[AccessUnit]:
    """By the compiled form, as one run of RTP packets."""
    assert library is not None
    depacketiser, units, at = FastDepacketiser(Unroller(32), library), list[AccessUnit](), 0
    data = b""
    for number, (timestamp, marker, payload) in enumerate(packets):
        packet = pack("!BBHII", 0x80, marker << 7 | 96, number & 0xFFFF, timestamp, 5) + payload
        data += pack("<qI", 0, len(packet)) + packet
    run, taken = Run(data, len(packets)), 0
    while at < len(data):
        found, at, count, unit = depacketiser.walk(run, at, 5, taken & 0xFFFF)
        assert found in (MORE, ENDED, BEFORE)
        taken += count
        units += [unit] if unit is not None else []
    assert taken == len(packets)
    return units + (depacketiser.flush() or [])


def facts(unit: AccessUnit) -> tuple[object, ...]:
    """What the two forms must agree on; of a picture that is not whole nobody reads the bytes."""
    data = (b"".join(unit.pieces), unit.size) if unit.whole else ()
    return unit.timestamp, unit.arrival_us, unit.sets, unit.key, unit.slices, unit.whole, data


def nals_of(unit: AccessUnit) -> list[bytes]:
    data, found = b"".join(unit.pieces), []
    assert len(data) == unit.size
    while data:
        size = int.from_bytes(data[:4], "big")
        found.append(data[4 : 4 + size])
        data = data[4 + size :]
    return found


def test_single_units_of_one_picture_are_gathered_until_the_marker() -> None:
    later = b"\x41\x40" + bytes(9)  # a second slice
    (unit,) = unpack((1, False, SLICE), (1, True, later))
    assert nals_of(unit) == [SLICE, later]
    assert (unit.whole, unit.key, unit.slices) == (True, False, 2)


def test_aggregated_units_are_taken_apart_and_parameter_sets_kept_aside() -> None:
    sps, pps = b"\x67\x42\xc0\x1f", b"\x68\xce\x3c\x80"
    packet = b"\x78" + b"".join(pack("!H", len(nal)) + nal for nal in (sps, pps, IDR))
    (unit,) = unpack((1, True, packet))
    assert (nals_of(unit), unit.sets, unit.key) == ([IDR], [sps, pps], True)


def test_fragmented_units_are_put_together() -> None:
    pieces = [(b"\x7c\x85", IDR[1:20]), (b"\x7c\x05", IDR[20:30]), (b"\x7c\x45", IDR[30:])]
    (unit,) = unpack(*[(1, n == 2, head + piece) for n, (head, piece) in enumerate(pieces)])
    assert (nals_of(unit), unit.key, unit.whole) == ([IDR], True, True)


@pytest.mark.parametrize("missing", [0, 1])
def test_a_picture_without_all_its_fragments_is_not_whole(missing: int) -> None:
    packets = [(1, False, b"\x7c\x85" + IDR[1:20]), (1, True, b"\x7c\x45" + IDR[20:])]
    del packets[missing]
    (unit,) = unpack(*packets)
    assert not unit.whole


def test_another_time_ends_a_picture_whose_marker_was_lost() -> None:
    first, second = unpack((0xFFFFFFF0, False, SLICE), (0x10, True, SLICE))
    assert second.timestamp - first.timestamp == 0x20


def test_a_picture_whose_first_slice_is_missing_is_not_whole() -> None:
    (unit,) = unpack((1, True, b"\x65\x40" + bytes(9)))
    assert not unit.whole


def test_empty_packets_between_pictures_make_none() -> None:
    assert len(unpack((1, True, SLICE), (2, False, b""), (3, True, SLICE))) == 2


@pytest.mark.parametrize("size", [(320, 180), (640, 368), (1920, 1080), (426, 240)])
def test_the_shown_size_is_read_with_its_cropping(size: tuple[int, int]) -> None:
    (sps,) = [nal for nal in pictures(1, size=size)[0].nals if nal[0] & 0x1F == 7]
    facts = read_sps(sps)
    assert (facts.width, facts.height) == size
    assert facts.codecs == f"avc1.{sps[1:4].hex()}"


HEADS = [
    b"\x7c\x85",
    b"\x7c\x05",
    b"\x7c\x45",
    b"\x78\x00\x03",
    b"\x65\x88",
    b"\x41\x9a",
    b"\x67",
    b"\x68",
    b"\x09",
    b"",
]
PAYLOADS = st.one_of(st.binary(max_size=40), st.builds(bytes.__add__, st.sampled_from(HEADS), st.binary(max_size=30)))


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans(), PAYLOADS), max_size=30))
def test_any_payloads_become_units_of_the_stated_size(packets: list[tuple[int, bool, bytes]]) -> None:
    for unit in unpack(*packets):
        if unit.whole:
            assert sum(map(len, unit.pieces)) == unit.size


@given(st.binary(max_size=60))
def test_any_bytes_are_a_parameter_set_or_refused(data: bytes) -> None:
    try:
        facts = read_sps(b"\x67\x64" + data)
    except BadParameterSet:
        return
    assert facts.width > 0
    assert facts.height > 0


def test_a_picture_without_end_takes_no_more_memory_than_a_large_one() -> None:
    (unit,) = unpack(*[(1, False, SLICE)] * MOST_PIECES)
    assert not unit.whole
    assert len(unit.pieces) < MOST_PIECES
