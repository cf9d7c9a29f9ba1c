"""What the compiled helper does for a packet is what Python does: two nodes get the same datagrams, and must agree."""

import os
import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from struct import pack
from typing import Any

import pytest
from aiortc.rtcdtlstransport import SRTP_PROFILES
from hypothesis import given, settings
from hypothesis import strategies as st

from media.live import rtcp, srtp
from media.live.answer import TRANSPORT_WIDE_CC
from media.live.fast import FastPort, open_fast
from media.live.history import History, SharedHistory
from media.live.inlet import Inlet
from media.live.layers import Layers
from media.live.numbering import Numbering
from media.live.peer import Handler, Peer
from media.live.publisher import Publisher
from media.live.switchboard import Switchboard
from media.live.udp import SLOT, Address, UdpPort, open_port, raw_address
from media.live.viewer import Viewer
from media.native import library
from media.wire import stun
from tests.unit.media.far_end import CERTIFICATE, HEADER, agreed, send_as

pytestmark = pytest.mark.skipif(library is None, reason="no compiler here")
PROFILE = SRTP_PROFILES[0]
KEYS = os.urandom(2 * (PROFILE.key_length + PROFILE.salt_length))
WIDE = 3  # the transport-wide number's extension


class Far:
    """A client: his socket and keys, and his peer on the node's side."""

    def __init__(self, board: Switchboard, port: UdpPort, name: str) -> None:
        self.port, self._node = open_port("127.0.0.1", 0), port
        self.inbound, self.outbound = srtp.srtp_pair(PROFILE, KEYS, server=False)
        self._ours = srtp.srtp_pair(PROFILE, KEYS, server=True)
        self._board, self._name = board, name
        self.peer = Peer(CERTIFICATE, (name, "password-of-24-characters"), 0.0, lambda work: work.close())
        self.to = Address(raw_address("127.0.0.1", port.port, port.family))

    def connect(self, handler: Handler) -> None:
        """By a nominating check, as clients do."""
        self._board.admit(self.peer, handler)
        check = stun.binding_request(
            bytes(12), f"{self._name}:far", b"password-of-24-characters", priority=1, tie_breaker=1, nominate=True
        )
        self.port.put(check, self.to)
        self.port.flush()
        self._board._readable(self._node)
        self.peer.inbound, self.peer.outbound = self._ours[0].context, self._ours[1].context
        while select.select([self.port.socket], [], [], 0)[0]:
            self.port.receive()

    def send(self, packet: bytes) -> None:
        """Queue one packet, protected."""
        slot = self.port.take(self.to)
        self.port.outgoing[slot * SLOT : slot * SLOT + len(packet)] = packet
        self.port.set_length(slot, len(packet))
        if srtp.protect(self.outbound.context, self.port.out_pointers[slot], self.port.out_lengths[slot]):
            self.port.set_length(slot, 0)  # damaged so that libsrtp does not even protect it

    def read(self) -> Iterator[tuple[bool, bytes]]:
        """(whether it is RTCP, plain packet) of what came."""
        while select.select([self.port.socket], [], [], 0)[0]:
            for slot in range(self.port.receive()):
                at = slot * SLOT
                control = 192 <= self.port.incoming[at + 1] <= 223
                undo = srtp.unprotect_rtcp if control else srtp.unprotect
                assert not undo(self.inbound.context, self.port.in_pointers[slot], self.port.in_lengths[slot])
                yield control, bytes(self.port.incoming[at : at + self.port.length(slot)])


class Tape:
    """A recording that keeps what it is fed."""

    def __init__(self) -> None:
        self.packets: list[tuple[int, bytes]] = []

    def feed(self, batch: Any) -> None:
        self.packets += list(batch)

    def sender_report(self, ntp_us: int, rtp: int, arrival_us: int) -> None: ...
    def interrupt(self, reason: str) -> None: ...


class Room:
    """A publisher, two viewers from the beginning, and one who joins when he is told to."""

    def __init__(self, port: UdpPort) -> None:
        self.now_us = 1_000_000_000
        self.port, self.tape = port, Tape()
        self.board = Switchboard(lambda: self.now_us, lambda: self.now_us / 1_000_000)
        self.board.ports.append(port)
        self.layers = Layers(self.board.dirty, lambda: self.tape)
        self.inlet = self.layers.all[0].inlet
        self.inlets = {"video": self.inlet, "audio": Inlet("audio", self.board.dirty, lambda: None)}
        self.author = Far(self.board, port, "author")
        section = agreed(extensions={TRANSPORT_WIDE_CC: WIDE}, feedback=("nack", "nack pli", "transport-cc"))
        self.publisher = Publisher(
            self.author.peer, {"video": section}, self.inlets, self.layers, 4_000_000, lambda _: None, lambda *_: None
        )
        self.publisher.active = True
        self.author.connect(self.publisher)
        self.viewers: list[tuple[Viewer, Far]] = []
        for _ in range(2):
            self.join()

    def join(self) -> None:
        far = Far(self.board, self.port, f"viewer{len(self.viewers)}")
        sections = {"video": agreed(sends=send_as(1000))}
        viewer = Viewer(far.peer, sections, self.inlets, self.layers, lambda _: None, lambda *_: None)
        far.connect(viewer)
        viewer.connected()
        self.viewers.append((viewer, far))

    def burst(self, packets: list[bytes]) -> None:
        """All at once, 7 ms later."""
        self.now_us += 7_000
        for packet in packets:
            self.author.send(packet)
        self.author.port.flush()
        self.board._readable(self.port)
        self.publisher.tick(self.now_us / 1_000_000)

    def facts(self) -> dict[str, Any]:
        """What the two must agree on. Numbers and timestamps begin where chance put them."""
        now = self.now_us / 1_000_000
        self.publisher.feed_back(self.now_us)
        self.publisher.report(self.now_us)
        self.board.flush()
        source, inlet, record = self.inlet.source, self.inlet, self.inlet.record
        counted = source.record if source is not None else None
        return {
            "viewers": [self._seen(viewer, far) for viewer, far in self.viewers],
            "told": [packet for _, packet in self.author.read()],
            "tape": self.tape.packets,
            "source": counted and (counted.received, counted.bytes, counted.highest, counted.jitter, counted.stamp),
            "inlet": (inlet.duplicates, inlet.recovered, inlet.missing(now + 0.5), inlet.lost),
            "key": record.key_number - record.highest if record.key_number >= 0 else None,
            "rate": self.publisher.bit_rate,
            "kept": [packet[3] for packet in inlet.history.since(inlet.newest - 60, inlet.newest)],
            "counts": dict(self.board.counts),
        }

    @staticmethod
    def _seen(viewer: Viewer, far: Far) -> list[Any]:
        rows, first = list[Any](), None
        for control, packet in far.read():
            if control:
                continue
            _, second, number, stamp, ssrc = HEADER.unpack_from(packet)
            first = first or (number, stamp)
            rows.append(((number - first[0]) & 0xFFFF, (stamp - first[1]) & 0xFFFFFFFF, second, ssrc, packet[12:]))
        outlet = viewer.outlets[0]
        return [rows, outlet.packets, outlet.dropped, outlet.record.octets, outlet.started]

    def close(self) -> None:
        self.port.socket.close()
        for far in (self.author, *(far for _, far in self.viewers)):
            far.port.socket.close()


@contextmanager
def both() -> Iterator[tuple[Room, Room]]:
    fast = open_fast("127.0.0.1", 0)
    assert isinstance(fast, FastPort)
    rooms = Room(open_port("127.0.0.1", 0)), Room(fast)
    try:
        yield rooms
    finally:
        for room in rooms:
            room.close()


PAYLOADS = st.sampled_from(
    [
        b"\x67set",
        b"\x65picture",
        b"\x41slice",
        b"\x41" + bytes(1200),
        b"\x78\x00\x04\x67abc",
        b"\x7c\x85first",
        b"",
        b"\x7c",
    ]
)
EXTENSIONS = st.sampled_from(
    [
        b"",
        b"",
        pack("!HH", 0xBEDE, 1) + bytes((WIDE << 4 | 1,)) + b"NN\0",
        pack("!HH", 0xBEDE, 2) + bytes((0x50, 1, WIDE << 4 | 1)) + b"NN\0\0\0",
        pack("!HH", 0xBEDE, 1) + bytes((0xF0, WIDE << 4 | 1)) + b"NN",
        pack("!HH", 0x1000, 1) + bytes((WIDE, 2)) + b"NN",
        pack("!HH", 0xBEDE, 900),
    ]
)
PACKETS = st.tuples(
    st.sampled_from([1] * 12 + [0, 2, 3, -1, -2, 40, 2000, -1500]),  # sequence number after the one before
    st.sampled_from([0, 0, 0, 3000, 3000, -3000]),  # timestamp
    st.sampled_from([96] * 4 + [96 | 128, 97]),  # marker and payload type
    PAYLOADS,
    EXTENSIONS,
    st.sampled_from([0x80] * 12 + [0xA0, 0x81]),
    st.sampled_from([5] * 20 + [6]),  # SSRC
)


def written(steps: list[list[Any]], first: int) -> list[list[bytes]]:
    """The packets of each burst."""
    sequence, stamp, wide, bursts = first, 0xFFFF_F000, 0xFFF0, []
    for step in steps:
        burst = []
        for ahead, later, second, payload, extension, begin, ssrc in step:
            sequence, stamp, wide = sequence + ahead & 0xFFFF, stamp + later & 0xFFFFFFFF, wide + 1 & 0xFFFF
            head = pack("!BBHII", begin | (0x10 if extension else 0), second, sequence, stamp, ssrc)
            extra = bytes(4 * (begin & 0x0F))
            burst.append(head + extra + extension.replace(b"NN", wide.to_bytes(2)) + payload)
        bursts.append(burst)
    return bursts


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(st.lists(PACKETS, min_size=1, max_size=12), min_size=1, max_size=8),
    first=st.sampled_from([0, 100, 0xFFFC]),
)
def test_both_do_the_same_with_any_packets(steps: list[list[Any]], first: int) -> None:
    with both() as rooms:
        for room in rooms:  # all viewers have begun: with which key frame of a burst is not the same
            room.burst([HEADER.pack(0x80, 96, first, 0xFFFF_F000, 5) + b"\x65first"])
            room.join()
        # SRTP takes a packet once: what is the same bytes again is left out.
        sent = {first.to_bytes(2) + b"\0\0\0\5"}
        for burst in written(steps, first):
            fresh = [packet for packet in burst if packet[2:4] + packet[8:12] not in sent]
            sent |= {packet[2:4] + packet[8:12] for packet in fresh}
            for room in rooms:
                room.burst([packet for n, packet in enumerate(fresh) if packet not in fresh[:n]])
        plain, fast = (room.facts() for room in rooms)
        assert fast == plain


def test_common_packets_never_come_to_python() -> None:
    with both() as (_, room):
        room.burst([HEADER.pack(0x80, 96, 1, 0, 5) + b"\x65one"])
        seen: list[bytes] = []
        room.publisher.rtp = lambda packet, *_: seen.append(packet)  # type: ignore[method-assign]
        room.burst([HEADER.pack(0x80, 96, number, 0, 5) + b"\x41more" for number in range(2, 30)])
        assert seen == []
        room.burst([HEADER.pack(0x80, 96, 31, 0, 5) + b"\x41more"])
        assert len(seen) == 1
        assert room.viewers[0][0].outlets[0].packets == 29


def test_who_left_gets_nothing_and_who_is_replaced_fills_nothing() -> None:
    with both() as (_, room):
        room.burst([HEADER.pack(0x80, 96, 1, 0, 5) + b"\x65one"])
        viewer, far = room.viewers[0]
        viewer.ended("gone")
        room.burst([HEADER.pack(0x80, 96, 2, 0, 5) + b"\x41two"])
        assert len(list(far.read())) == 1
        room.publisher.active = False
        room.burst([HEADER.pack(0x80, 96, 3, 0, 5) + b"\x41three"])
        room.board.forget(room.author.peer)
        room.burst([HEADER.pack(0x80, 96, 4, 0, 5) + b"\x41four"])
        assert room.viewers[1][0].outlets[0].packets == 2
        assert room.board.counts["strange"] == 1


def test_a_log_that_is_full_is_handed_over_in_between() -> None:
    with both() as rooms:
        for number in range(0, 300, 30):
            for room in rooms:
                head = [HEADER.pack(0x80, 96, number + at, 0, 5) for at in range(30)]
                room.burst([one + b"\x41" + bytes(1500) for one in head])
        plain, fast = (room.facts() for room in rooms)
        assert fast["tape"] == plain["tape"]
        assert len(fast["tape"]) == 300


@given(st.lists(st.tuples(st.integers(1, 90), st.binary(max_size=50)), max_size=120))
def test_both_histories_keep_the_same(packets: list[tuple[int, bytes]]) -> None:
    track = Numbering(90_000, 1, 0).record
    plain, shared = History(16), SharedHistory(16, track)
    for number, payload in packets:
        packet = number, 0x80, number * 3, payload, len(payload)
        assert plain.put(packet) == shared.put(packet)
    assert plain.since(1, 90) == shared.since(1, 90)


def test_large_packets_leave_room_for_fewer_and_none_is_read_half_overwritten() -> None:
    track = Numbering(90_000, 1, 0).record
    shared = SharedHistory(16, track)
    for number in range(1, 200):
        assert shared.put((number, 0, 0, bytes([number]) * 1800, 1800))
        kept = shared.since(max(1, number - 15), number)
        assert 0 < len(kept) <= 9
        assert all(payload == bytes([at]) * 1800 for at, _, _, payload, _ in kept)


def test_ten_thousand_addresses_find_their_peers() -> None:
    with both() as (_, room):
        peers = [Peer(CERTIFICATE, (str(at), "password"), time.monotonic(), lambda _: None) for at in range(3)]
        for at in range(10_000):
            room.board._places.put(raw_address("127.0.0.2", 1 + at, 2), peers[at % 3].record)
        room.burst([HEADER.pack(0x80, 96, 1, 0, 5) + b"\x65one"])
        room.burst([HEADER.pack(0x80, 96, 2, 0, 5) + b"\x41two"])
        assert room.viewers[0][0].outlets[0].packets == 2


def test_an_empty_report_is_rtcp_and_reaches_the_handler() -> None:
    with both() as (_, room):
        report = rtcp.receiver_report(7, ())
        seen: list[bytes] = []
        room.publisher.rtcp = lambda compound, *_: seen.append(compound)  # type: ignore[method-assign]
        slot = room.author.port.take(room.author.to)
        room.author.port.outgoing[slot * SLOT : slot * SLOT + len(report)] = report
        room.author.port.set_length(slot, len(report))
        lengths, pointers = room.author.port.out_lengths, room.author.port.out_pointers
        assert not srtp.protect_rtcp(room.author.outbound.context, pointers[slot], lengths[slot])
        room.burst([])
        assert seen == [report]
