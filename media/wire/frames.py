"""Common to VP8, VP9 and AV1 out of RTP: packets of one timestamp are one picture; its key frame says how to decode.

A codec's own part takes one packet's payload into the picture, and reads a key frame's header.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from media.wire.events import Init
from media.wire.h264 import MOST_PIECES, AccessUnit
from media.wire.rtp import Unroller


@dataclass(frozen=True, slots=True)
class Stream:
    """What an init segment states of a stream. `codecs` by RFC 6381; `configuration` as the codec's box has it."""

    codecs: str
    width: int
    height: int
    configuration: bytes = b""


class Frames(ABC):
    """Takes one stream's packets in order, as `media.wire.h264.Depacketiser` does."""

    def __init__(self, unroll: Unroller) -> None:
        self._unroll = unroll
        self._unit: AccessUnit | None = None
        self._stamp = -1

    def push(
        self, timestamp: int, marker: bool, packet: bytes, start: int, end: int, arrival_us: int
    ) -> list[AccessUnit] | None:
        """The pictures that this packet ended: by its marker, or because it begins another (marker lost)."""
        done = None
        unit = self._unit
        if unit is None or timestamp != self._stamp:
            if start >= end:
                return None  # padding alone, between two pictures
            done = self.flush()
            unit = self._unit = AccessUnit(self._unroll(timestamp), arrival_us)
            self._stamp = timestamp
            self._begin()
        if start < end:
            self._take(unit, packet, start, end)
        if len(unit.pieces) > MOST_PIECES:
            unit.whole = False
            unit.pieces.clear()
        if not marker:
            return done
        ended = self.flush()
        return ended if done is None else done if ended is None else done + ended

    def lost(self) -> None:
        """Packets before the next one are missing."""
        if self._unit is not None:
            self._unit.whole = False

    def flush(self) -> list[AccessUnit] | None:
        """The picture at hand, as it is; None when there is nothing in it."""
        unit, self._unit = self._unit, None
        if unit is None:
            return None
        self._end(unit)
        unit.size = sum(map(len, unit.pieces))
        unit.slices = 1 if unit.size else 0
        unit.whole = unit.whole and unit.size > 0
        return [unit]

    @abstractmethod
    def _begin(self) -> None:
        """A picture begins."""

    @abstractmethod
    def _take(self, unit: AccessUnit, packet: bytes, start: int, end: int) -> None:
        """One packet's payload."""

    @abstractmethod
    def _end(self, unit: AccessUnit) -> None:
        """All of the picture that will come is there: say whether it is a key frame, and put its header in `sets`."""


class Headers:
    """Stands where H.264 has its parameter sets: the key frames' header, and whether the init segment fits it."""

    deviated = False  # what a key frame needs is in it
    as_in_init = True
    reordered = 0  # pictures are shown as they come

    def __init__(self, read: Callable[[bytes], Stream], make: Callable[[Stream, int], bytes]) -> None:
        """`read` raises `BadParameterSet`; `make` writes the init segment for a stream and a time scale."""
        self.new_sps = False
        self._read, self._make = read, make
        self._header = b""

    def take(self, header: bytes) -> None:
        """A key frame's header as it came."""
        if header != self._header:
            self.new_sps, self._header = True, header

    def make_init(self, timescale: int) -> Init | None:
        """An init segment for the newest header; None without one. Raises `BadParameterSet`."""
        if not self._header:
            return None
        stream = self._read(self._header)
        self.new_sps = False
        return Init(self._make(stream, timescale), stream.codecs, stream.width, stream.height)
