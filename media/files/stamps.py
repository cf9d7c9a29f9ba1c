"""The table of presented time stamps: which picture is shown when, in the source's own ticks and in a rendition's.

A picture is named by its number in presentation order. A rendition made here has every picture of its source, so a
number means the same picture in both; only where the counts differ the nearest moment decides. Never `rate × t`.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any


@dataclass(frozen=True, slots=True)
class Stamps:
    """`times`: when each picture begins to be shown, rising ticks of `base` (seconds a tick) on the timeline that a
    player shows: 0 is where the file's presentation begins, edit lists and starts below zero resolved. `origin`: the
    ticks of the container that this 0 is. `end`: when the last picture ends."""

    base: Fraction
    origin: int
    times: tuple[int, ...]
    end: int

    def __len__(self) -> int:
        return len(self.times)

    @property
    def constant(self) -> bool:
        """Whether all pictures are shown equally long, to 2 ms (what time bases of a millisecond round to)."""
        steps = [later - sooner for sooner, later in zip(self.times, self.times[1:], strict=False)]
        return not steps or (max(steps) - min(steps)) * self.base <= Fraction(2, 1000)

    def index(self, seconds: float | Fraction) -> int:
        """The number of the picture shown at a moment; the first before it, the last after the end.

        What a browser gives (`mediaTime`, microseconds) may be half a millisecond early for a picture that begins.
        """
        ticks = (Fraction(seconds) + Fraction(1, 2000)) / self.base
        return max(0, bisect_right(self.times, ticks) - 1)

    def moment(self, index: int) -> Fraction:
        """Seconds at which a picture begins to be shown. Raises `IndexError`."""
        if not 0 <= index < len(self.times):
            raise IndexError(index)
        return self.times[index] * self.base

    def middle(self, index: int) -> Fraction:
        """Seconds in the middle of a picture: where a player should seek to show just this one."""
        end = self.times[index + 1] if index + 1 < len(self.times) else max(self.end, self.times[index] + 1)
        return (self.moment(index) + end * self.base) / 2


def carry(source: Stamps, other: Stamps, index: int) -> int:
    """The number in `other` of the picture that is `index` in `source`."""
    if len(source) == len(other):
        return index
    return other.index(source.moment(index))


def table(base: Fraction, origin: int, times: Iterable[int], last: int) -> Stamps:
    """The table of container times in any order; `last` ticks is how long the last one is shown."""
    ordered = sorted({one - origin for one in times})
    return Stamps(base, origin, tuple(ordered), (ordered[-1] + max(last, 1)) if ordered else 0)


def packed(stamps: Stamps) -> dict[str, Any]:
    """As JSON: runs of equal steps `[step, how often]` after the first time. Small for any constant rate."""
    runs: list[list[int]] = []
    for sooner, later in zip(stamps.times, stamps.times[1:], strict=False):
        if runs and runs[-1][0] == later - sooner:
            runs[-1][1] += 1
        else:
            runs.append([later - sooner, 1])
    return {
        "base": [stamps.base.numerator, stamps.base.denominator],
        "origin": stamps.origin,
        "first": stamps.times[0] if stamps.times else 0,
        "runs": runs,
        "count": len(stamps),
        "end": stamps.end,
    }


def unpacked(plain: dict[str, Any]) -> Stamps:
    """The table that `packed` wrote. Raises `ValueError` for one that lies about its length."""
    count = int(plain["count"])
    runs: Sequence[Sequence[int]] = plain["runs"]
    if count and sum(int(run[1]) for run in runs) != count - 1:
        raise ValueError("the runs do not add up to the count")
    times = [int(plain["first"])] if count else []
    for step, often in runs:
        for _ in range(int(often)):
            times.append(times[-1] + int(step))
    numerator, denominator = plain["base"]
    return Stamps(Fraction(int(numerator), int(denominator)), int(plain["origin"]), tuple(times), int(plain["end"]))
