"""One track as one viewer gets it: his SSRC, payload type and numbering over the packets that all viewers share."""

from struct import Struct
from typing import Any, Final

from media.live import rtcp, srtp
from media.live.history import History, Packet
from media.live.peer import Peer
from media.live.udp import LARGEST, SLOT
from media.native import ffi

CATCH_UP: Final = 1000  # packets that a joining viewer is given at once
_SQUEEZE: Final = 32  # they are stamped this much closer together, so that he shows the newest picture at once
_RUN: Final = 256  # packets handed to the send slab at once
_RESEND_RATE: Final = 600  # packets a second that may be sent again to one viewer

_HEADER: Final = Struct("!BBHII")
_ORIGINAL: Final = Struct("!H")


class Outlet:
    """Forwards batches in place on the send slab. Counts what was sent and what found no room.

    `record` has what the compiled helper needs to do the same: `shift` and `stamp_shift` lie between the track's
    numbers and timestamps and his.
    """

    def __init__(self, peer: Peer, ssrc: int, payload_type: int, first: int, cname: str) -> None:
        """`first`: the sequence number of the first packet (below 2^15, RFC 3711 § 3.3.1)."""
        self.peer = peer
        self.ssrc = ssrc
        self.rtx: tuple[int, int] | None = None  # (SSRC, payload type) of retransmissions
        self.record: Any = ffi.new("struct fast_outlet *")
        self.record.peer, self.record.ssrc, self.record.payload_type = peer.record, ssrc, payload_type
        self.record.first = first
        self.resent = 0
        self._cname = cname
        self._caught_up = -1  # packets up to this number are squeezed
        self._live_stamp = 0
        self._rtx_sequence = first
        self._budget = _RESEND_RATE

    @property
    def started(self) -> bool:
        """Whether he gets what comes; else he waits for a key frame."""
        return bool(self.record.started)

    @property
    def packets(self) -> int:
        """Packets that were sent."""
        return int(self.record.packets)

    @property
    def dropped(self) -> int:
        """Packets that found no room, or that SRTP refused."""
        return int(self.record.dropped)

    def start(self, number: int) -> None:
        """The packet with this extended number is the first to be sent."""
        record = self.record
        record.started, record.begin, record.shift = 1, number, record.first - number

    def move(self, number: int, shift: int, stamp_shift: int) -> None:
        """Go on with another track's packets, from this extended number on, as one stream with what was sent."""
        record = self.record
        record.begin, record.shift, record.stamp_shift = number, shift, stamp_shift
        self._caught_up = -1

    def catch_up(self, history: History, begin: int, newest: int, live_stamp: int) -> None:
        """Start with what is kept since the key frame at `begin`: a picture now, not at the next key frame."""
        self.start(begin)
        self._caught_up, self._live_stamp = newest, live_stamp
        packets = [self._squeezed(packet) for packet in history.since(begin, newest)]
        for at in range(0, len(packets), _RUN):
            self.send(packets[at : at + _RUN])

    def send(self, batch: list[Packet]) -> None:
        """Write, protect and queue a batch; the caller flushes the port."""
        peer = self.peer
        port, to, context = peer.port, peer.address, peer.outbound
        if port is None or to is None or context is None:
            return
        outgoing, pointers, lengths = port.outgoing, port.out_pointers, port.out_lengths
        set_length, pack, protect = port.set_length, _HEADER.pack_into, srtp.protect
        record = self.record
        ssrc, payload_type, shift, stamp_shift = self.ssrc, record.payload_type, record.shift, record.stamp_shift
        octets = dropped = 0
        slot, granted = port.reserve(to, len(batch))
        for number, marker, stamp, payload, size in batch[:granted]:
            at = slot * SLOT
            pack(
                outgoing,
                at,
                0x80,
                marker | payload_type,
                (number + shift) & 0xFFFF,
                stamp + stamp_shift & 0xFFFFFFFF,
                ssrc,
            )
            outgoing[at + 12 : at + 12 + size] = payload
            set_length(slot, size + 12)
            if protect(context, pointers[slot], lengths[slot]):
                set_length(slot, 0)  # an empty datagram: the run of slots stays whole
                dropped += 1
            octets += size
            slot += 1
        record.packets += granted
        record.octets += octets
        record.dropped += dropped + len(batch) - granted

    def resend(self, history: History, sequences: list[int], newest: int) -> None:
        """Answer a loss request from what is kept, within the viewer's budget."""
        for sequence in sequences:
            place = (sequence - self.record.shift) & 0xFFFF
            number = newest - ((newest - place) & 0xFFFF)
            packet = history.get(number) if number >= self.record.begin else None
            if packet is None or self._budget <= 0:
                continue
            self._budget -= 1
            self.resent += 1
            packet = self._squeezed(packet)
            if self.rtx is None:
                self.send([packet])
            else:
                self._retransmit(packet, *self.rtx)

    def report(self, ntp_us: int, rtp: int) -> None:
        """Queue a sender report with the same mapping as the media."""
        if self.packets:
            self.peer.queue_rtcp(
                rtcp.sender_report(
                    self.ssrc, ntp_us, rtp + self.record.stamp_shift & 0xFFFFFFFF, self.packets, self.record.octets
                )
                + rtcp.source_description(self.ssrc, self._cname)
            )

    def refill(self) -> None:
        """A second has passed: packets may be sent again."""
        self._budget = _RESEND_RATE

    def _retransmit(self, packet: Packet, ssrc: int, payload_type: int) -> None:
        """RFC 4588: the original sequence number, then the payload, on a stream of its own."""
        number, marker, stamp, payload, size = packet
        if self.peer.outbound is None or self.peer.port is None or size > LARGEST - 14:
            return
        self._rtx_sequence = (self._rtx_sequence + 1) & 0xFFFF
        stamp = stamp + self.record.stamp_shift & 0xFFFFFFFF
        head = _HEADER.pack(0x80, marker | payload_type, self._rtx_sequence, stamp, ssrc)
        self.peer.queue_rtp(head + _ORIGINAL.pack((number + self.record.shift) & 0xFFFF) + payload)

    def _squeezed(self, packet: Packet) -> Packet:
        number, marker, stamp, payload, size = packet
        if number > self._caught_up:
            return packet
        behind = ((self._live_stamp - stamp + 0x80000000) & 0xFFFFFFFF) - 0x80000000
        return number, marker, (self._live_stamp - behind // _SQUEEZE) & 0xFFFFFFFF, payload, size
