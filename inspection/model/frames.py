"""Which picture of a film is shown when, as the worker wrote it down: never `rate × t`.

The table is that of the source's own presented times; a rendition made here has every picture of its source at its own
time, so a number means the same picture in all of them. Kept as runs of equal steps: nothing here grows with the film.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from inspection.model.shape import Malformed, fits, part

# A player's media time may be early for a picture that begins: a browser's by half a millisecond, a rendition's own by
# one more. Never by more than a quarter of the picture before.
EARLY, QUARTER = Fraction(1, 500), Fraction(1, 4)
MOST_RUNS = 4_000_000
Base = tuple[int, int]  # seconds a tick, as numerator and denominator


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture: its number in the order of presentation, and from when until when it is shown, in ticks."""

    index: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Frames:
    """`runs`: (step, how often) after the time of the first picture; `end`: when the last one ends. Ticks of `base`,
    0 where the film's presentation begins."""

    base: Base
    first: int
    runs: tuple[tuple[int, int], ...]
    count: int
    end: int

    def at(self, seconds: Fraction) -> Shown:
        """The picture shown at a moment; the first before it, the last after the end. Raises `IndexError` when there
        is none at all."""
        ticks = seconds / Fraction(*self.base)
        index, start = 0, self.first
        for step, often in self.runs:
            early = min(EARLY / Fraction(*self.base), step * QUARTER)
            if ticks + early < start + step:
                break
            whole = min(often, int((ticks + early - start) // step))
            index, start = index + whole, start + whole * step
            if whole < often:
                break
        return self._shown(index, start)

    def number(self, index: int) -> Shown:
        """Raises `IndexError`."""
        if not 0 <= index < self.count:
            raise IndexError(index)
        left, start = index, self.first
        for step, often in self.runs:
            whole = min(left, often)
            left, start = left - whole, start + whole * step
            if not left:
                break
        return self._shown(index, start)

    def _shown(self, index: int, start: int) -> Shown:
        if not self.count:
            raise IndexError(index)
        return Shown(index, start, start + self._step(index) if index + 1 < self.count else max(self.end, start + 1))

    def _step(self, index: int) -> int:
        for step, often in self.runs:
            if index < often:
                return step
            index -= often
        return 1


def frames_from(document: Any) -> Frames:
    """The table as the worker keeps it (`stamps.json`). Raises `Malformed`."""
    base = tuple(fits(one, "base", int) for one in part(document, "base", list))
    runs = tuple(_runs(part(document, "runs", list)))
    count = part(document, "count", int)
    if len(base) != 2 or min(base) <= 0 or (sum(often for _, often in runs) != count - 1 if count else runs):
        raise Malformed("stamps")
    return Frames((base[0], base[1]), part(document, "first", int), runs, count, part(document, "end", int))


def _runs(rows: list[Any]) -> Iterator[tuple[int, int]]:
    if len(rows) > MOST_RUNS:
        raise Malformed("runs")
    for row in rows:
        pair = fits(row, "runs", list)
        if len(pair) != 2:
            raise Malformed("runs")
        step, often = fits(pair[0], "runs", int), fits(pair[1], "runs", int)
        if step <= 0 or often <= 0:
            raise Malformed("runs")
        yield step, often
