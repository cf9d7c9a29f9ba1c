"""RTCP (RFC 3550, RFC 4585, RFC 5104): compounds in, facts out; facts in, packets out. Never raises on input."""

import struct
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

SR: Final = 200
RR: Final = 201
SDES: Final = 202
BYE: Final = 203
FEEDBACK: Final = 205  # RTPFB
PAYLOAD_FEEDBACK: Final = 206  # PSFB
NACK: Final = 1
TRANSPORT_CC: Final = 15
PLI: Final = 1
FIR: Final = 4
APPLICATION: Final = 15  # REMB

_UNIX: Final = 2_208_988_800  # seconds from 1900 to 1970
_ABSURD: Final = (0, 0xFFFFFFFF)


class Part(NamedTuple):
    """One packet of a compound: its type, the five bits after the padding bit, and what follows the header."""

    kind: int
    detail: int  # count, or format of feedback
    body: bytes


class SenderFacts(NamedTuple):
    """A sender report: `ntp_us` microseconds since 1970, None when the sender does not know the time."""

    ssrc: int
    ntp_us: int | None
    rtp: int


class Block(NamedTuple):
    """One report block about a stream that we send, or receive (RFC 3550, 6.4.1)."""

    ssrc: int
    fraction_lost: int  # of 256
    lost: int  # for good, signed 24 bits
    highest: int  # extended sequence number, 32 bits
    jitter: int  # timestamp units
    last_report: int  # middle 32 bits of the last sender report's NTP time
    delay: int  # since then, 1/65536 s


def parts(compound: bytes) -> Iterator[Part]:
    """The whole packets of a compound, up to the first damaged one."""
    at = 0
    while at + 4 <= len(compound):
        first, kind, words = struct.unpack_from("!BBH", compound, at)
        end = at + 4 + 4 * words
        if first >> 6 != 2 or end > len(compound):
            return
        body = compound[at + 4 : end]
        if first & 0x20:
            if not body or not 0 < body[-1] <= len(body):
                return
            body = body[: -body[-1]]
        yield Part(kind, first & 0x1F, body)
        at = end


def sender_facts(part: Part) -> SenderFacts | None:
    """What a sender report says; None when it is too short."""
    if len(part.body) < 24:
        return None
    ssrc, seconds, fraction, rtp = struct.unpack_from("!IIII", part.body)
    known = seconds not in _ABSURD
    ntp_us = (seconds - _UNIX) * 1_000_000 + (fraction * 1_000_000 >> 32) if known else None
    return SenderFacts(ssrc, ntp_us, rtp)


def blocks(part: Part) -> list[Block]:
    """The report blocks of a sender or receiver report."""
    start = 24 if part.kind == SR else 4
    found = []
    for at in range(start, min(len(part.body), start + 24 * part.detail) - 23, 24):
        ssrc, loss, highest, jitter, last, delay = struct.unpack_from("!IIIIII", part.body, at)
        lost = loss & 0xFFFFFF
        found.append(Block(ssrc, loss >> 24, lost - ((lost & 0x800000) << 1), highest, jitter, last, delay))
    return found


def lost_packets(part: Part) -> tuple[int, list[int]]:
    """(media SSRC, sequence numbers) of a generic NACK (RFC 4585, 6.2.1)."""
    if len(part.body) < 8:
        return 0, []
    (media,) = struct.unpack_from("!I", part.body, 4)
    wanted = []
    for at in range(8, len(part.body) - 3, 4):
        first, mask = struct.unpack_from("!HH", part.body, at)
        wanted.append(first)
        wanted += [(first + bit + 1) & 0xFFFF for bit in range(16) if mask >> bit & 1]
    return media, wanted


def wants_key_frame(part: Part) -> list[int]:
    """The media SSRCs for which a PLI or FIR asks (RFC 4585, 6.3.1; RFC 5104, 4.3.1)."""
    if part.kind != PAYLOAD_FEEDBACK or len(part.body) < 8:
        return []
    if part.detail == PLI:
        return [struct.unpack_from("!I", part.body, 4)[0]]
    if part.detail == FIR:
        return [struct.unpack_from("!I", part.body, at)[0] for at in range(8, len(part.body) - 7, 8)]
    return []


def bandwidth_told(part: Part) -> int:
    """Bits per second of a REMB, 0 for anything else."""
    body = part.body
    if part.kind != PAYLOAD_FEEDBACK or part.detail != APPLICATION or len(body) < 16 or body[8:12] != b"REMB":
        return 0
    (value,) = struct.unpack_from("!I", body, 12)
    return int((value & 0x3FFFF) << (value >> 18 & 0x3F))


def receiver_report(ours: int, about: Iterable[Block]) -> bytes:
    """An RR with its blocks."""
    body = struct.pack("!I", ours)
    number = 0
    for block in about:
        loss = block.fraction_lost << 24 | block.lost & 0xFFFFFF
        body += struct.pack("!IIIIII", block.ssrc, loss, block.highest, block.jitter, block.last_report, block.delay)
        number += 1
    return _packet(RR, number, body)


def sender_report(ssrc: int, ntp_us: int, rtp: int, packets: int, octets: int) -> bytes:
    """An SR without report blocks."""
    seconds, rest = divmod(ntp_us, 1_000_000)
    body = struct.pack(
        "!IIIIII",
        ssrc,
        seconds + _UNIX & 0xFFFFFFFF,
        (rest << 32) // 1_000_000,
        rtp,
        packets & 0xFFFFFFFF,
        octets & 0xFFFFFFFF,
    )
    return _packet(SR, 0, body)


def source_description(ssrc: int, cname: str) -> bytes:
    """An SDES with the CNAME, which every compound carries (RFC 3550, 6.1)."""
    item = struct.pack("!IBB", ssrc, 1, len(cname)) + cname.encode() + b"\0"
    return _packet(SDES, 1, item + bytes(-len(item) % 4))


def picture_loss(ours: int, media: int) -> bytes:
    """A PLI."""
    return _packet(PAYLOAD_FEEDBACK, PLI, struct.pack("!II", ours, media))


def full_intra(ours: int, media: int, number: int) -> bytes:
    """A FIR; `number` (8 bits) differs from the last one's."""
    return _packet(PAYLOAD_FEEDBACK, FIR, struct.pack("!IIIB3x", ours, 0, media, number & 0xFF))


def nack(ours: int, media: int, missing: Iterable[int]) -> bytes:
    """A generic NACK for sequence numbers (16 bits) in ascending order."""
    body = struct.pack("!II", ours, media)
    first: int | None = None
    mask = 0
    for number in missing:
        ahead = 0 if first is None else (number - first) & 0xFFFF
        if first is not None and 0 < ahead <= 16:
            mask |= 1 << (ahead - 1)
            continue
        if first is not None:
            body += struct.pack("!HH", first, mask)
        first, mask = number, 0
    if first is not None:
        body += struct.pack("!HH", first, mask)
    return _packet(FEEDBACK, NACK, body)


def bandwidth(ours: int, bits_per_second: int, media: list[int]) -> bytes:
    """A REMB (draft-alvestrand-rmcat-remb-03): at most this much, for all these streams together."""
    exponent = max(bits_per_second.bit_length() - 18, 0)
    value = struct.pack("!I", len(media) << 24 | exponent << 18 | bits_per_second >> exponent)
    body = struct.pack("!II", ours, 0) + b"REMB" + value + b"".join(struct.pack("!I", one) for one in media)
    return _packet(PAYLOAD_FEEDBACK, APPLICATION, body)


def feedback(count: int, body: bytes) -> bytes:
    """An RTPFB packet; `body` is padded with zeros to whole words."""
    return _packet(FEEDBACK, count, body + bytes(-len(body) % 4))


def goodbye(ssrcs: list[int]) -> bytes:
    """A BYE."""
    return _packet(BYE, len(ssrcs), b"".join(struct.pack("!I", one) for one in ssrcs))


def _packet(kind: int, count: int, body: bytes) -> bytes:
    return struct.pack("!BBH", 0x80 | count, kind, len(body) // 4) + body
