"""One stream that a client sends: numbering, time stamps, what was sent lately, and its sender reports."""

import secrets
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass

from media.live import rtcp
from media.live.clients.connection import Connection
from media.live.clients.sources import STAMP, Source

HISTORY = 2048  # packets that can be sent again: a power of two
_HEADER = struct.Struct("!BBHII")


@dataclass(frozen=True, slots=True)
class Sent:
    """Figures of one stream so far."""

    ssrc: int
    packets: int
    octets: int  # of RTP packets, headers included
    pictures: int
    asked_again: int  # sequence numbers that the node missed
    sent_again: int
    key_pictures_asked: int
    withheld: int  # packets that `lose` kept back


class Sender:
    """Feeds a connection from a source. Sequence number and time stamp begin near their wrap, to cross it early."""

    def __init__(self, source: Source, payload_type: int, rtx_type: int | None, ssrcs: tuple[int, int]) -> None:
        self.source = source
        self.ssrc, self._rtx_ssrc = ssrcs
        self._type, self._rtx_type = payload_type, rtx_type
        self._sequence, self._rtx_sequence = 0xFFFF - 200, secrets.randbits(15)
        self.timestamp = (1 << 32) - 5 * source.ticks
        self._history: list[bytes] = [b""] * HISTORY
        self._packets = self._bytes = self._pictures = self._asked = self._again = self._keys = 0
        self._withheld = 0
        self.key_wanted = False
        self.length = 1  # packets of the newest picture
        self.lose: frozenset[int] = frozenset()  # which packets (counted from 0) never leave at first

    def send_picture(self, connection: Connection) -> None:
        """The next picture of the source, all of its packets at once."""
        for packet in self.picture():
            self.send(connection, packet)
        connection.flush()

    def picture(self) -> Iterator[bytes]:
        """The packets of the source's next picture, each stamped as it is taken; give each to `send`."""
        payloads = self.source.next(self.key_wanted)
        self.key_wanted = False
        self.length, last = len(payloads), len(payloads) - 1
        stamp = (self.timestamp + self.source.shown) & 0xFFFFFFFF
        for at, payload in enumerate(payloads):
            head = _HEADER.pack(0x80, self._type | (0x80 if at == last else 0), self._sequence, stamp, self.ssrc)
            if self.source.stamped and len(payload) > STAMP and payload[-1] == 0:
                payload = payload[:-STAMP] + b"%016x" % time.monotonic_ns()
            yield head + payload
        self._pictures += 1
        self.timestamp = (self.timestamp + self.source.ticks) & 0xFFFFFFFF

    def send(self, connection: Connection, packet: bytes) -> None:
        """Number and queue one packet of `picture`."""
        self._history[self._sequence % HISTORY] = packet
        self._sequence = (self._sequence + 1) & 0xFFFF
        if self._packets in self.lose:
            self._withheld += 1
        else:
            connection.send_rtp(packet)
        self._packets += 1
        self._bytes += len(packet)

    def send_again(self, connection: Connection, missing: list[int]) -> None:
        """Answer a NACK: by RTX where it was agreed (RFC 4588), else by the same packet."""
        for sequence in missing:
            self._asked += 1
            packet = self._history[sequence % HISTORY]
            if not packet or int.from_bytes(packet[2:4]) != sequence:
                continue
            if self._rtx_type is not None:
                marker = packet[1] & 0x80
                head = _HEADER.pack(
                    0x80,
                    self._rtx_type | marker,
                    self._rtx_sequence,
                    int.from_bytes(packet[4:8]),
                    self._rtx_ssrc,
                )
                self._rtx_sequence = (self._rtx_sequence + 1) & 0xFFFF
                packet = head + packet[2:4] + packet[12:]
            self._again += connection.send_rtp(packet)
        connection.flush()

    def ask_key(self) -> None:
        """A PLI or a FIR came."""
        self._keys += 1
        self.key_wanted = True

    def report(self) -> bytes:
        """A sender report, good for now: the time stamp of the next picture, which is due."""
        now_us = time.time_ns() // 1000
        facts = rtcp.sender_report(self.ssrc, now_us, self.timestamp, self._packets, self._bytes)
        return facts + rtcp.source_description(self.ssrc, "takan")

    def figures(self) -> Sent:
        return Sent(
            self.ssrc,
            self._packets,
            self._bytes,
            self._pictures,
            self._asked,
            self._again,
            self._keys,
            self._withheld,
        )
