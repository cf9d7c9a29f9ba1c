"""The other end of a peer: a socket and the keys, so that a test reads what a peer really sent."""

import os
import select
import time
from dataclasses import dataclass
from struct import Struct
from typing import Any

from aiortc.rtcdtlstransport import SRTP_PROFILES

from media.live import srtp
from media.live.answer import Agreed, SendAs
from media.live.description import Codec, Media
from media.live.dtls import new_certificate
from media.live.peer import Peer
from media.live.udp import SLOT, Address, open_port, raw_address

CERTIFICATE = new_certificate()
HEADER = Struct("!BBHII")
H264 = Codec(96, "H264", 90000, 1, {}, ("nack", "nack pli", "ccm fir", "goog-remb"))
RTX = Codec(97, "rtx", 90000, 1, {"apt": "96"})
OPUS = Codec(111, "opus", 48000, 2)
IDR, SPS, SLICE = b"\x65picture", b"\x67set", b"\x41slice"


@dataclass(frozen=True, slots=True)
class Rtp:
    """One packet as the far end reads it."""

    sequence: int
    stamp: int
    ssrc: int
    payload_type: int
    marker: bool
    payload: bytes


class FarEnd:
    """A connected `peer` of a node, and what arrives at its other side."""

    def __init__(self) -> None:
        profile = SRTP_PROFILES[0]
        material = os.urandom(2 * (profile.key_length + profile.salt_length))
        self._ours = srtp.srtp_pair(profile, material, server=True)
        self._theirs = srtp.srtp_pair(profile, material, server=False)
        self.port = open_port("127.0.0.1", 0)
        self.refused = 0  # packets that SRTP did not take: a replay, here
        near = open_port("127.0.0.1", 0)
        self.peer = Peer(CERTIFICATE, ("ours", "password-of-24-characters"), 0.0, _close)
        self.peer.port = near
        self.peer.address = Address(raw_address("127.0.0.1", self.port.port, self.port.family))
        self.peer.inbound, self.peer.outbound = self._ours[0].context, self._ours[1].context

    def close(self) -> None:
        self.port.socket.close()
        if self.peer.port is not None:
            self.peer.port.socket.close()

    def read(self) -> tuple[list[Rtp], list[bytes]]:
        """(RTP, RTCP compounds) that the peer has sent so far."""
        if self.peer.port is not None:
            self.peer.port.flush()
        packets: list[Rtp] = []
        compounds: list[bytes] = []
        while select.select([self.port.socket], [], [], 0)[0]:
            for slot in range(self.port.receive()):
                self._undo(slot, packets, compounds)
        return packets, compounds

    def _undo(self, slot: int, packets: list[Rtp], compounds: list[bytes]) -> None:
        at, port, context = slot * SLOT, self.port, self._theirs[0].context
        rtcp = 192 <= port.incoming[at + 1] <= 223
        undo = srtp.unprotect_rtcp if rtcp else srtp.unprotect
        if undo(context, port.in_pointers[slot], port.in_lengths[slot]):
            self.refused += 1
            return
        data = bytes(port.incoming[at : at + port.length(slot)])
        if rtcp:
            compounds.append(data)
            return
        _, second, sequence, stamp, ssrc = HEADER.unpack_from(data)
        packets.append(Rtp(sequence, stamp, ssrc, second & 0x7F, second > 127, data[12:]))


def rtp(sequence: int, payload: bytes, *, stamp: int = 0, ssrc: int = 5, kind: int = 96, marker: bool = False) -> bytes:
    """A packet written by hand."""
    return HEADER.pack(0x80, marker << 7 | kind, sequence & 0xFFFF, stamp & 0xFFFFFFFF, ssrc) + payload


def agreed(kind: str = "video", *, rtx: bool = True, extensions: dict[str, int] | None = None, **more: Any) -> Agreed:
    """A section as an answer agreed it."""
    codec = H264 if kind == "video" else OPUS
    media = Media(kind, "1" if kind == "video" else "0", 9, "UDP/TLS/RTP/SAVPF", ("96",), "sendonly")
    second = RTX if rtx and kind == "video" else None
    feedback = more.get("feedback", codec.feedback)
    return Agreed(media, codec, second, "recvonly", extensions or {}, feedback, more.get("sends"))


def send_as(ssrc: int = 1000) -> SendAs:
    return SendAs(ssrc, ssrc + 1, "p1", "p1.video")


def clock() -> tuple[int, float]:
    """(arrival in µs, monotonic seconds), both of now."""
    return time.time_ns() // 1000, time.monotonic()


def _close(work: Any) -> None:
    work.close()
