"""Pictures that are not shown in the order in which they are decoded (B-frames).

RTP timestamps are times of showing (RFC 6184, 5.1), packets come in the order of decoding. Recording wants both: the
timeline counts pictures as they are shown, and each sample says when to decode it and how much later to show it.
"""

from collections import deque
from collections.abc import Iterable
from heapq import heappop, heappush

from media.wire.h264 import AccessUnit
from media.wire.sps import MOST_REORDERED

_JUMP = 90_000
"""Ticks: what goes back further is no picture out of order, but another count."""

_LONGEST = 90_000
"""Ticks until the next picture is decoded, at most: what is more is a hole."""

Placed = tuple[AccessUnit, int]
"""a picture, and the timestamp of the one that is shown at its turn: its own where the orders are the same"""


class Presentation:
    """Pairs the pictures, in the order of decoding, with their timestamps in the order of showing.

    `depth`: for so many pictures it has to wait; it grows when one comes that should have been shown before.
    """

    def __init__(self) -> None:
        self.depth = 0
        self._waiting: deque[AccessUnit] = deque()
        self._stamps: list[int] = []  # a heap, of those waiting
        self._recent: deque[int] = deque(maxlen=MOST_REORDERED)  # as they came
        self._shown: int | None = None

    @property
    def waiting(self) -> AccessUnit | None:
        """The newest picture that is held back."""
        return self._waiting[-1] if self._waiting else None

    def expect(self, depth: int) -> None:
        """What the sender says of his stream."""
        self.depth = max(self.depth, min(depth, MOST_REORDERED))

    def push(self, unit: AccessUnit) -> Iterable[Placed]:
        """The next picture; those whose turn has come."""
        late = self._shown is not None and unit.timestamp < self._shown
        if not self.depth and not late:
            self._shown = unit.timestamp
            self._recent.append(unit.timestamp)
            return ((unit, unit.timestamp),)
        done: list[Placed] = []
        if unit.key or (self._shown is not None and self._shown - unit.timestamp > _JUMP):
            done = self.flush()  # nothing before it is shown after it
        elif late:
            self.expect(sum(one > unit.timestamp for one in self._recent))
        self._recent.append(unit.timestamp)
        self._waiting.append(unit)
        heappush(self._stamps, unit.timestamp)
        while len(self._waiting) > self.depth:
            done.append(self._next())
        return done

    def flush(self) -> list[Placed]:
        """All that is held back: nothing follows that would be shown before it."""
        done = [self._next() for _ in range(len(self._waiting))]
        self._shown = None
        self._recent.clear()
        return done

    def _next(self) -> Placed:
        self._shown = heappop(self._stamps)
        return self._waiting.popleft(), self._shown


class DecodeTimes:
    """When pictures are decoded: each at the moment at which the one `depth` turns before it is shown.

    So no picture is decoded after it is shown, and the times only grow.
    """

    def __init__(self) -> None:
        self._turns: deque[int] = deque(maxlen=MOST_REORDERED + 1)
        self._next = 0

    def begin(self) -> None:
        """A key frame after a hole: what follows has nothing to do with what was before."""
        self._turns.clear()

    def place(self, turn: int, depth: int, shown: int) -> tuple[int, int, int] | None:
        """`Sample.coded` of the picture at this turn, ticks; None as long as the orders are the same."""
        self._turns.append(turn)
        if not depth:
            self._next = turn + 1
            return None
        turns = self._turns
        decode = max(turns[max(0, len(turns) - 1 - depth)], self._next)
        following = turns[max(0, len(turns) - depth)]
        self._next = max(min(following, decode + _LONGEST), decode + 1)
        return decode, self._next, max(0, shown - decode)


def depth_of(stamps: Iterable[int]) -> int:
    """How many pictures came before one that is shown earlier, at most; timestamps in the order of decoding."""
    deepest, before = 0, list[int]()
    for stamp in stamps:
        deepest = max(deepest, sum(stamp < one < stamp + _JUMP for one in before))
        before = [*before[-MOST_REORDERED:], stamp]
    return min(deepest, MOST_REORDERED)
