"""Pictures in media data without an index: units that chain by their lengths, and the stretches between them. Pure over
a `read(offset, length)`; nothing larger than a window is held."""

import re
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from media.files.nal import HEAD, Coding, Shown, Unit
from media.files.nal_avc import Avc
from media.files.nal_hevc import Hevc

Read = Callable[[int, int], bytes]
CODINGS: tuple[type[Avc] | type[Hevc], ...] = (Avc, Hevc)
WINDOW = 4 << 20
"""Bytes that are looked through at once for where pictures go on."""
SETS_WITHIN = 64 << 20
"""Bytes of the beginning in which parameter sets are looked for."""
MOST_PICTURES = 4_000_000
FIRST_MOST = 16 << 20
"""Bytes of a unit before one was seen; afterwards a few times the largest one, so that noise is not taken for one."""
_CHAIN = 3
"""Pictures that must follow each other for a beginning to be believed."""
_NEW = {
    "h264": re.compile(rb"(?=\x00[\x00-\x03][\s\S]{2}[\x01\x06\x09\x21\x25\x27\x41\x45\x47\x61\x65\x67])"),
    "hevc": re.compile(rb"(?=\x00[\x00-\x03][\s\S]{2}[\x00-\x12\x20-\x2a\x40\x42\x46\x4e][\x01-\x07])"),
}
_SETS = {
    "h264": re.compile(rb"(?=\x00\x00[\x00-\x03][\x04-\xff][\x27\x47\x67])"),
    "hevc": re.compile(rb"(?=\x00\x00[\x00-\x03][\x04-\xff]\x40\x01)"),
}


@dataclass(slots=True)
class Found:
    """`starts`, `ends` bytes and `order` (place in showing order, rising over the whole film in runs) of each picture,
    `keys` whether it is one; `gaps` are what lies between: picture number that follows, begin, end."""

    starts: "array[int]" = field(default_factory=lambda: array("q"))
    ends: "array[int]" = field(default_factory=lambda: array("q"))
    order: "array[int]" = field(default_factory=lambda: array("q"))
    keys: bytearray = field(default_factory=bytearray)
    resets: bytearray = field(default_factory=bytearray)
    gaps: list[tuple[int, int, int]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.starts)

    def add(self, other: "Found") -> None:
        """What was found behind this."""
        self.gaps += [(len(self) + number, begin, end) for number, begin, end in other.gaps]
        self.starts += other.starts
        self.ends += other.ends
        self.order += other.order
        self.keys += other.keys
        if other.resets:
            other.resets[0] = 1  # it counts from its own beginning
        self.resets += other.resets

    def ranks(self) -> "array[int]":
        """At which place each picture is shown, from 0."""
        ranks = array("q", bytes(8 * len(self)))
        begin = 0
        for end in range(1, len(self) + 1):
            if end == len(self) or self.resets[end]:
                for rank, number in enumerate(sorted(range(begin, end), key=self.order.__getitem__)):
                    ranks[number] = begin + rank
                begin = end
        return ranks


def sets_in(read: Read, start: int, end: int) -> list[Coding]:
    """The codings whose parameter sets lie in the data themselves, most likely first."""
    found: list[Coding] = []
    for kind in CODINGS:
        coding: Coding = kind()
        if _learnt(coding, read, start, min(end, start + SETS_WITHIN)):
            found.append(coding)
    return found


def _learnt(coding: Coding, read: Read, start: int, end: int) -> bool:
    for at in range(start, end, WINDOW):
        data = read(at, min(WINDOW + 4096, end - at))
        for match in _SETS[coding.name].finditer(data):
            trial, where = type(coding)(), match.start()
            while where + 5 < len(data) and trial.learn(_unit(data, where)):
                where += 4 + int.from_bytes(data[where : where + 4], "big")
            if trial.ready:
                for unit in trial.sets:
                    coding.learn(unit)
                return True
    return False


def _unit(data: bytes, at: int) -> bytes:
    length = int.from_bytes(data[at : at + 4], "big")
    return data[at + 4 : at + 4 + length] if 3 < length < 4096 else b""


class Walk:
    """One walk from `start` to `end`."""

    def __init__(self, coding: Coding, read: Read, start: int, end: int) -> None:
        self._coding, self._read, self._start, self._end = coding, read, start, end
        self._shown = Shown(coding.order_bits)
        self._last: Unit | None = None
        self._largest = 0
        self.found = Found()
        self.at = start

    def run(self, most: int = MOST_PICTURES) -> Iterator[int]:
        """Walk; where it is after every so many pictures. Ends early after `most` pictures."""
        gap_from = None
        while self.at < self._end and len(self.found) < most:
            unit = self._unit_at(self.at, self._last)
            if unit is None:
                gap_from = self.at if gap_from is None else gap_from
                following = self._search(self.at, self._last)
                if following is None:
                    break
                self.at, self._last = following, None
                unit = self._unit_at(self.at, None)
                if unit is None:
                    break
            if gap_from is not None:
                self._gap(gap_from, self.at)
                gap_from = None
            self._take(*unit)
            if not len(self.found) & 63:
                yield self.at
        self._gap(self._end if gap_from is None else gap_from, self._end)

    def _gap(self, begin: int, end: int) -> None:
        if end > begin:
            self.found.gaps.append((len(self.found), begin, end))
            self._open = False

    _open = False  # whether the last picture may still grow
    _sliced = False  # whether it has a slice by now

    def _take(self, unit: Unit, length: int) -> None:
        found, end = self.found, self.at + 4 + length
        begins = unit.begins or (unit.role != "slice" and self._sliced)
        if begins and self._open and not self._sliced and unit.role == "slice":
            begins = False  # its parameter sets and messages began it
        if begins or not self._open:
            found.starts.append(self.at)
            found.ends.append(end)
            found.order.append(0)
            found.keys.append(0)
            found.resets.append(0)
            self._open, self._sliced = True, False
        found.ends[-1] = end
        if unit.role == "slice":
            if unit.begins:
                found.order[-1] = self._shown.place(unit)
                found.keys[-1], found.resets[-1] = unit.key, unit.reset
                self._last = unit
            self._sliced = True
        self._largest = max(self._largest, length)
        self.at = end

    def _unit_at(self, at: int, last: Unit | None) -> tuple[Unit, int] | None:
        most = max(4 * self._largest + (64 << 10), FIRST_MOST if len(self.found) < 2 else 0)
        head = self._read(at, HEAD + 4)
        length = int.from_bytes(head[:4], "big")
        if len(head) < 6 or not 1 < length <= most or at + 4 + length > self._end:
            return None
        unit = self._coding.look(head[4 : 4 + min(HEAD, length)], length)
        if unit is None or (last is not None and not self._follows(unit, last)):
            return None
        return unit, length

    def _follows(self, unit: Unit, last: Unit) -> bool:
        if unit.role != "slice" or unit.reset:
            return True
        if self._coding.wrap:  # H.264 counts its reference pictures
            return (unit.number - last.number) % self._coding.wrap <= 1 or unit.number == last.number
        span = 1 << self._coding.order_bits
        return not unit.begins or min((unit.order - last.order) % span, (last.order - unit.order) % span) <= 64

    def _search(self, at: int, last: Unit | None) -> int | None:
        """Where pictures go on: the first place from which they chain, and that may come behind the last one."""
        for base in range(at, self._end, WINDOW):
            data = self._read(base, min(WINDOW + 5, self._end - base))
            for match in _NEW[self._coding.name].finditer(data):
                if match.start() < WINDOW and self._chains(base + match.start(), last):
                    return base + match.start()
        return None

    def _chains(self, at: int, before: Unit | None) -> bool:
        """Whether a whole picture begins there, and what follows it fits: units, or something that is none."""
        last: Unit | None = None
        slices = 0
        for count in range(16):
            found = self._unit_at(at, last)
            if found is None:
                return slices > 0 and count > 0
            unit, length = found
            if unit.role == "slice":
                if not slices and not (unit.begins and (unit.key or before is None or self._follows(unit, before))):
                    return False
                slices += unit.begins
                last = unit
            if slices >= _CHAIN:
                return True
            at += 4 + length
        return slices > 0
