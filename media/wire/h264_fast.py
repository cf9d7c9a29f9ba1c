"""H.264 out of RTP by the compiled helper: as `media.wire.h264`, which is what counts, with one copy and no pieces."""

from typing import Any

from media.native import ffi, library
from media.native.library import Library, address
from media.wire.h264 import AccessUnit, Depacketiser
from media.wire.rtp import Unroller
from media.wire.run import Run

MORE, ENDED, BEFORE, STRANGE = 0, 1, 2, 3
"""What stopped a walk: the run's end; a complete unit; another timestamp; a packet that is not simply the next."""


class FastDepacketiser(Depacketiser):
    """Takes packets one by one like any, or walks over a run of them."""

    def __init__(self, unroll: Unroller, helper: Library) -> None:
        super().__init__(unroll)
        self._helper = helper
        made = ffi.new("struct fast_unit *")
        self._made, self._release = made, helper.fast_free
        self._record = ffi.gc(made, lambda unit: helper.fast_free(address(unit)))
        self._at = address(made)
        self._walk = ffi.new("struct fast_walk *")
        self._walk_at = address(self._walk)
        helper.fast_clear(self._at)

    def push(
        self, timestamp: int, marker: bool, packet: bytes, start: int, end: int, arrival_us: int
    ) -> list[AccessUnit] | None:
        payload, done = packet[start:end], list[AccessUnit]()
        found = BEFORE
        while found == BEFORE:
            found = self._helper.fast_push(self._at, timestamp, marker, payload, len(payload), arrival_us)
            if found in (ENDED, BEFORE):
                done += self.flush() or ()
        return done or None

    def walk(self, run: Run, at: int, ssrc: int, expected: int) -> tuple[int, int, int, AccessUnit | None]:
        """Go on at `at` while each packet is the next one of `ssrc`.

        What stopped it, where it stopped, how many packets it took, and the access unit that ended.
        """
        walk = self._walk
        walk.at, walk.ssrc, walk.expected, walk.received = at, ssrc, expected, 0
        found = self._helper.fast_walk(self._at, self._walk_at, run.data, len(run.data))
        ended = self.flush() if found in (ENDED, BEFORE) else None
        return found, walk.at, walk.received, ended[0] if ended else None

    def lost(self) -> None:
        self._record.open = -1
        self._record.whole = 0

    def flush(self) -> list[AccessUnit] | None:
        unit = self._record
        if not unit.begun:
            return None
        whole = bool(unit.whole) and unit.open < 0
        data = bytes(ffi.buffer(unit.data, unit.size)) if unit.size else b""
        done = AccessUnit(
            self._unroll(unit.stamp), unit.arrival_us, [data] if data else [], len(data), self._sets(unit)
        )
        done.key, done.slices, done.whole = bool(unit.key), unit.slices, whole
        self._helper.fast_clear(self._at)
        return [done]

    @staticmethod
    def _sets(unit: Any) -> list[bytes]:
        sets, at = list[bytes](), 0
        data = bytes(ffi.buffer(unit.sets, unit.sets_size)) if unit.sets_size else b""
        while at < len(data):
            size = int.from_bytes(data[at : at + 4], "big")
            sets.append(data[at + 4 : at + 4 + size])
            at += 4 + size
        return sets


def depacketiser(unroll: Unroller) -> Depacketiser:
    """The kind that fits what is there."""
    return Depacketiser(unroll) if library is None else FastDepacketiser(unroll, library)
