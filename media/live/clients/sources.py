"""What a client sends: payloads of RTP, picture by picture.

`SyntheticVideo` has the structure of H.264 (parameter sets, key pictures, FU-A) without a picture in it, at an exact
packet rate; `ClipVideo` repeats an encoded clip; `Silence` is Opus without sound. Stamped payloads end in `STAMP`
hexadecimal digits, the monotonic clock in nanoseconds as they were sent: a viewer on the same machine tells the delay.
"""

from collections.abc import Sequence
from typing import Protocol

STAMP = 16  # bytes at the end of a stamped payload
PAYLOAD = 1188  # bytes of a packet's payload at most: 1,200 with the header of RTP
_IDR, _SPS, _PPS, _AUD = 5, 7, 8, 9
_FU_A = 28
_STAP_A = 24


class Source(Protocol):
    """One stream. `period` seconds lie between pictures (or sounds), `ticks` of the clock are as long."""

    kind: str
    period: float
    ticks: int
    stamped: bool

    @property
    def shown(self) -> int:
        """Ticks by which the newest picture is shown later (or earlier) than in its turn."""

    def next(self, key: bool) -> Sequence[bytes]:
        """The payloads of the next one; `key`: the other side asked for a key picture."""


class SyntheticVideo:
    """`rate` pictures a second of `packets` packets of `size` bytes (with the RTP header); a key picture every 2 s."""

    kind, stamped, shown = "video", True, 0
    # 1280×720, constrained baseline: what an ordinary encoder writes.
    _sps = bytes.fromhex("6742c01fd9005005bb0110000003001000000303c0f1832480")
    _pps = bytes.fromhex("68cb83cb20")

    def __init__(self, rate: int = 30, packets: int = 10, size: int = 1100, key_every: float = 2.0) -> None:
        self.period, self.ticks = 1 / rate, 90000 // rate
        self._every, self._since = round(rate * key_every), 0
        # A slice header of the first macroblock (first_mb 0; slice type I or P), then bytes that need no escape.
        filler = b"Takan " * (packets * size // 6)
        body = packets * (size - 12 - 2) - packets * STAMP
        self._key = self._fragments(b"\x65\x88\x84" + filler[: body - 2], packets)
        self._other = self._fragments(b"\x41\x9a\x20" + filler[: body - 2], packets)
        self._sets = aggregate([self._sps, self._pps])

    @staticmethod
    def _fragments(nal: bytes, packets: int) -> list[bytes]:
        share = -(-(len(nal) - 1) // packets)
        return [payload + bytes(STAMP) for payload in fragment(nal, share)]

    def next(self, key: bool) -> Sequence[bytes]:
        if key or self._since % self._every == 0:
            self._since = 1
            return [self._sets, *self._key]
        self._since += 1
        return self._other


class ClipVideo:
    """An encoded clip (Annex B), over and over."""

    kind, stamped = "video", False

    def __init__(self, clip: bytes, rate: float, turns: Sequence[int] = ()) -> None:
        """`rate`: pictures a second; `turns`: in which turn each picture is shown, where that is not as they come.

        Raises `ValueError` when the clip has no picture.
        """
        self.period, self.ticks = 1 / rate, round(90000 / rate)
        self._turns = turns
        self._pictures = [packetise(nals) for nals in access_units(clip)]
        if not self._pictures:
            raise ValueError("no picture in the clip")
        self._at = -1

    def next(self, key: bool) -> Sequence[bytes]:
        self._at = (self._at + 1) % len(self._pictures)
        return self._pictures[self._at]

    @property
    def shown(self) -> int:
        """How many ticks later than in its turn the newest picture is shown."""
        return (self._turns[self._at] - self._at) * self.ticks if self._turns else 0


class Silence:
    """Opus frames of 20 ms without sound."""

    kind, stamped, shown = "audio", False, 0
    period, ticks = 0.02, 960
    _frame = b"\xf8\xff\xfe"

    def next(self, key: bool) -> Sequence[bytes]:
        return [self._frame]


def access_units(clip: bytes) -> list[list[bytes]]:
    """The NAL units of an Annex B stream, picture by picture (ITU-T H.264, 7.4.1.2.3), delimiters left out."""
    units: list[list[bytes]] = []
    open_unit, has_slice = list[bytes](), False
    for nal in clip.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")[1:]:
        nal = nal.rstrip(b"\0")
        if len(nal) < 2:
            continue
        kind = nal[0] & 31
        is_slice = 1 <= kind <= 5
        begins = nal[1] >= 0x80 if is_slice else 6 <= kind <= 9  # first_mb_in_slice is 0: its first bit is 1
        if begins and has_slice:
            units.append(open_unit)
            open_unit, has_slice = [], False
        if kind != _AUD:
            open_unit.append(nal)
        has_slice = has_slice or is_slice
    return [*units, open_unit] if has_slice else units


def packetise(nals: Sequence[bytes]) -> list[bytes]:
    """Payloads of one picture by packetization mode 1 (RFC 6184): single NAL units and FU-A."""
    return [payload for nal in nals for payload in ([nal] if len(nal) <= PAYLOAD else fragment(nal, PAYLOAD - 2))]


def fragment(nal: bytes, share: int) -> list[bytes]:
    """FU-A (RFC 6184 § 5.8) of at most `share` bytes of the NAL unit each; what fits in one stays whole."""
    if len(nal) - 1 <= share:
        return [nal]
    indicator, kind = bytes([nal[0] & 0xE0 | _FU_A]), nal[0] & 31
    parts = [nal[at : at + share] for at in range(1, len(nal), share)]
    last = len(parts) - 1
    return [
        indicator + bytes([kind | (0x80 if at == 0 else 0) | (0x40 if at == last else 0)]) + part
        for at, part in enumerate(parts)
    ]


def aggregate(nals: Sequence[bytes]) -> bytes:
    """A STAP-A (RFC 6184 § 5.7.1)."""
    return bytes([0x60 | _STAP_A]) + b"".join(len(nal).to_bytes(2) + nal for nal in nals)
