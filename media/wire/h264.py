"""H.264 out of RTP (RFC 6184): single NAL units, STAP-A and FU-A, gathered into access units in AVC form.

A NAL unit in AVC form has its length before it, four bytes (ISO/IEC 14496-15, 5.3.3). Bytes are kept in pieces and
joined once, by who writes them.
"""

from dataclasses import dataclass, field

from media.wire.rtp import Unroller

IDR, SEI, SPS, PPS, DELIMITER, FILLER = 5, 6, 7, 8, 9, 12
_END_OF_SEQUENCE, _END_OF_STREAM = 10, 11
_DROPPED = frozenset({DELIMITER, _END_OF_SEQUENCE, _END_OF_STREAM, FILLER})
_STAP_A, _FU_A = 24, 28
MOST_PIECES = 16_384
"""Pieces of one picture, some 20 MB: what goes on beyond is no picture."""


def begins_key_frame(payload: bytes) -> bool:
    """Whether an H.264 RTP payload (RFC 6184) begins a key frame: its parameter sets, or its picture's first part."""
    if not payload:
        return False
    kind = payload[0] & 0x1F
    if kind == _FU_A:
        return len(payload) > 1 and payload[1] & 0x80 != 0 and payload[1] & 0x1F == IDR
    if kind == _STAP_A:
        return len(payload) > 3 and payload[3] & 0x1F in (IDR, SPS)
    return kind in (IDR, SPS)


@dataclass(slots=True)
class AccessUnit:
    """One picture. `whole` is false when a part of it was seen to be missing."""

    timestamp: int  # RTP ticks, unwrapped
    arrival_us: int  # of its first packet
    pieces: list[bytes] = field(default_factory=list)  # AVC form, parameter sets left out
    size: int = 0  # bytes of `pieces`
    sets: list[bytes] = field(default_factory=list)  # SPS and PPS NAL units in it
    key: bool = False
    slices: int = 0
    whole: bool = True


class Depacketiser:
    """Takes one stream's packets in order. Give `lost` where packets are missing for good."""

    def __init__(self, unroll: Unroller) -> None:
        self._unroll = unroll
        self._unit: AccessUnit | None = None
        self._stamp = -1  # of `_unit`, as in the packets
        self._open = -1  # index of the length of the FU-A's NAL unit in `pieces`
        self._open_size = 0

    def push(
        self, timestamp: int, marker: bool, packet: bytes, start: int, end: int, arrival_us: int
    ) -> list[AccessUnit] | None:
        """The access units that this packet ended: by its marker, or because it begins another (marker lost)."""
        done = None
        unit = self._unit
        if unit is None or timestamp != self._stamp:
            if start >= end:
                return None  # padding alone, between two pictures
            done = self.flush()
            unit = self._unit = AccessUnit(self._unroll(timestamp), arrival_us)
            self._stamp = timestamp
        if start < end:
            kind = packet[start] & 0x1F
            if kind == _FU_A:
                self._fragment(unit, packet, start, end)
            elif 0 < kind < _STAP_A:
                self._nal(unit, packet[start:end])
            elif kind == _STAP_A:
                self._aggregate(unit, packet, start, end)
            else:
                unit.whole = False  # a form that packetization-mode 1 does not have
        if len(unit.pieces) > MOST_PIECES:
            unit.whole, self._open = False, -1
            unit.pieces.clear()
        if not marker:
            return done
        ended = self.flush()
        return ended if done is None else done if ended is None else done + ended

    def lost(self) -> None:
        """Packets before the next one are missing."""
        self._open = -1
        if self._unit is not None:
            self._unit.whole = False

    def flush(self) -> list[AccessUnit] | None:
        """The access unit at hand, as it is; None when there is nothing in it."""
        unit, self._unit = self._unit, None
        if unit is None:
            return None
        if self._open >= 0:  # a NAL unit without its end
            unit.whole, self._open = False, -1
        return [unit]

    def _nal(self, unit: AccessUnit, nal: bytes) -> None:
        kind = nal[0] & 0x1F
        if kind in (SPS, PPS):
            unit.sets.append(nal)
            return
        if kind in _DROPPED:
            return
        if self._open >= 0:
            unit.whole, self._open = False, -1
        self._note(unit, kind, nal, 1)
        unit.pieces += (len(nal).to_bytes(4, "big"), nal)
        unit.size += 4 + len(nal)

    def _note(self, unit: AccessUnit, kind: int, data: bytes, at: int) -> None:
        if 0 < kind <= IDR:
            # A picture begins with macroblock 0: first_mb_in_slice, ue(v), is a single 1 bit.
            if not unit.slices and kind in (1, IDR) and (at >= len(data) or not data[at] & 0x80):
                unit.whole = False
            unit.slices += 1
            unit.key = unit.key or kind == IDR

    def _aggregate(self, unit: AccessUnit, packet: bytes, start: int, end: int) -> None:
        at = start + 1
        while at + 2 <= end:
            size = int.from_bytes(packet[at : at + 2], "big")
            at += 2
            if not 0 < size <= end - at:
                unit.whole = False
                return
            self._nal(unit, packet[at : at + size])
            at += size

    def _fragment(self, unit: AccessUnit, packet: bytes, start: int, end: int) -> None:
        if end - start < 3:
            unit.whole = False
            return
        header = packet[start + 1]
        if header & 0x80:
            if self._open >= 0:
                unit.whole = False
            kind = header & 0x1F
            self._note(unit, kind, packet, start + 2)
            self._open, self._open_size = len(unit.pieces), 1
            unit.pieces += (b"", bytes((packet[start] & 0xE0 | kind,)))
        elif self._open < 0:
            unit.whole = False  # its beginning is missing
            return
        unit.pieces.append(packet[start + 2 : end])
        self._open_size += end - start - 2
        if header & 0x40:
            unit.pieces[self._open] = self._open_size.to_bytes(4, "big")
            unit.size += 4 + self._open_size
            self._open = -1
