"""What our own clients count and send, packet by packet, without a network."""

import struct
import time

import pytest

from media.live.clients.receiver import Receiver
from media.live.clients.sources import PAYLOAD, STAMP, ClipVideo, SyntheticVideo, access_units, packetise
from media.wire.h264 import Depacketiser
from media.wire.rtp import Unroller

ORDER = struct.Struct("!BBHII")


def packet(sequence: int, payload: bytes = b"media payload without a stamp", *, kind: int = 96) -> bytearray:
    return bytearray(ORDER.pack(0x80, kind, sequence & 0xFFFF, 9000, 7) + payload)


def received(receiver: Receiver, *sequences: int) -> None:
    for sequence in sequences:
        data = packet(sequence)
        receiver.take(data, 0, len(data), time.monotonic_ns())


def again(receiver: Receiver, sequence: int) -> None:
    data = packet(1, (sequence & 0xFFFF).to_bytes(2) + b"media payload without a stamp", kind=97)
    receiver.take_again(data, 0, len(data), time.monotonic_ns())


def test_what_is_missing_is_asked_for_once_in_a_while_and_counted() -> None:
    receiver = Receiver(0)
    received(receiver, 65534, 65535, 2, 3)
    assert receiver.missing() == [0, 1]
    assert receiver.missing() == []  # asked for just now
    assert receiver.figures().lost == 2
    again(receiver, 1)
    received(receiver, 0)  # late, by the ordinary way
    seen = receiver.figures()
    assert (seen.packets, seen.lost, seen.repaired, seen.duplicates) == (6, 0, 1, 0)


def test_a_duplicate_counts_as_such() -> None:
    receiver = Receiver(0)
    received(receiver, 10, 11, 11, 10)
    seen = receiver.figures()
    assert (seen.packets, seen.duplicates) == (2, 2)


def test_the_first_packets_are_kept_with_retransmissions_unwrapped() -> None:
    receiver = Receiver(3)
    received(receiver, 1, 3)
    again(receiver, 2)
    received(receiver, 4)
    kept = receiver.figures().kept
    assert [int.from_bytes(one[2:4]) for one in kept] == [1, 3, 2]
    assert {one[12:] for one in kept} == {b"media payload without a stamp"}


def test_a_stamp_tells_the_delay() -> None:
    receiver = Receiver(0)
    now = time.monotonic_ns()
    data = packet(1, b"filler" + b"%016x" % (now - 5_000_000))
    receiver.take(data, 0, len(data), now)
    assert list(receiver.figures().delays_us) == [5000]


@pytest.mark.parametrize(("packets", "size"), [(10, 1100), (1, 300), (4, 1200)])
def test_synthetic_video_has_the_packets_it_promises_and_the_structure_of_h264(packets: int, size: int) -> None:
    source = SyntheticVideo(rate=30, packets=packets, size=size)
    first = source.next(False)
    assert len(first) == packets + 1  # the parameter sets come with a key picture
    others = [source.next(False) for _ in range(59)]
    assert {len(one) for one in others} == {packets}
    assert all(len(payload) + 12 <= size for one in others for payload in one)
    assert len(source.next(False)) == packets + 1  # two seconds later
    assert len(source.next(True)) == packets + 1  # asked for
    for key, payloads in ((True, first), (False, others[0])):
        units = []
        depacketiser = Depacketiser(Unroller(32))
        for at, payload in enumerate(payloads):
            data = bytes(packet(at, payload))
            units += depacketiser.push(9000, at == len(payloads) - 1, data, 12, len(data), 0) or []
        assert [unit.key for unit in units] == [key]
        assert all(unit.whole for unit in units)
        assert all(payload[-STAMP:] == bytes(STAMP) for payload in payloads[-packets:])


def test_a_clip_is_packetised_within_the_size_and_repeats() -> None:
    nals = [b"\x67sps", b"\x68pps", b"\x65\x88" + b"x" * 3000, b"\x41\x9a" + b"y" * 10, b"\x41\x9a" + b"z" * 10]
    clip = b"".join(b"\0\0\0\1" + nal for nal in nals)
    assert [len(unit) for unit in access_units(clip)] == [3, 1, 1]
    assert all(len(payload) <= PAYLOAD for payload in packetise(nals))
    source = ClipVideo(clip, 25)
    assert [len(source.next(False)) for _ in range(4)] == [5, 1, 1, 5]
    with pytest.raises(ValueError, match="no picture"):
        ClipVideo(b"", 25)
