"""Which layer of a simulcast a viewer gets: within what he asks for, and what his network carries.

What a viewer's network carries is learned from what he loses and from his REMB, where he sends one. It is tried again,
one layer up, after a pause that doubles each time in which that went wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MUCH: Final = 0.10
"""Share of packets lost in a second that a viewer cannot bear for long."""
LITTLE: Final = 0.02
PATIENT: Final = 2
"""Reports in a row of too much loss, before he falls."""
SLOW: Final = 5
"""Seconds in a row with a REMB well below the layer."""
FIRST_PAUSE, LAST_PAUSE = 8.0, 60.0
"""Seconds before the next layer is tried again."""
SETTLED: Final = 15.0
"""Seconds after a try in which falling back counts as its failure, and in which a REMB, which rises slowly, counts only
when it sinks."""
_SHARE, _SUNK = 0.6, 0.85
_SPARE: Final = 0.9
"""Of what came of a layer that was too much, so much is given."""


@dataclass(frozen=True, slots=True)
class Rung:
    """A layer as it comes in now. `bit_rate`: bits per second, 0 where it is not known yet."""

    rid: str
    width: int
    height: int
    bit_rate: int

    @property
    def rank(self) -> tuple[int, int]:
        """More is better: pixels, and among equals bits."""
        return self.width * self.height, self.bit_rate


@dataclass(frozen=True, slots=True)
class Wish:
    """What a viewer asks for: a layer by name while there is one, else one that is not higher, in pixels. 0: any."""

    rid: str = ""
    height: int = 0


class Ladder:
    """One viewer. Times are seconds on one monotonic clock."""

    def __init__(self) -> None:
        self.wish = Wish()
        self._most: float | None = None  # bits per second that his network is believed to carry; None: anything
        self._again, self._tried = 0.0, float("-inf")
        self._pause = FIRST_PAUSE
        self._told = 0  # REMB when more was tried
        self._bad = self._slow = 0

    def second(self, rungs: Sequence[Rung], rid: str, loss: float | None, told: int, now: float) -> None:
        """A second has passed in which he got the layer `rid`, reported a share lost (None: nothing) and a REMB (0:
        none so far)."""
        mine = next((rung for rung in rungs if rung.rid == rid), None)
        if mine is None or not mine.bit_rate:
            return
        enough = _SHARE * mine.bit_rate if now - self._tried >= SETTLED else _SUNK * self._told
        if loss is not None:
            self._bad = self._bad + 1 if loss > MUCH else 0
        self._slow = self._slow + 1 if 0 < told < enough else 0
        if all(rung.rank >= mine.rank for rung in rungs):
            self._bad = self._slow = 0  # less there is not
        if self._bad >= PATIENT or self._slow >= SLOW:
            self._fall(mine, loss or 0.0, told if self._slow >= SLOW else 0, now)
        elif self._most is not None and (loss or 0.0) < LITTLE and now >= self._again:
            self._climb(rungs, mine, told, now)

    def pick(self, rungs: Sequence[Rung]) -> str:
        """The layer to give him now, "" while there is none."""
        ranked = sorted(rungs, key=lambda rung: rung.rank)
        if not ranked:
            return ""
        wanted = [rung for rung in ranked if self._wanted(rung, ranked)] or ranked[:1]
        carried = [rung for rung in wanted if self._most is None or rung.bit_rate <= self._most]
        if carried:
            return carried[-1].rid
        return ranked[0].rid  # what is asked for is too much for him: the least there is

    def _wanted(self, rung: Rung, ranked: Sequence[Rung]) -> bool:
        wish = self.wish
        if wish.rid and any(one.rid == wish.rid for one in ranked):
            limit = next(one for one in ranked if one.rid == wish.rid)
            return rung.rank <= limit.rank
        return not wish.height or min(rung.width, rung.height) <= wish.height

    def _fall(self, mine: Rung, loss: float, told: int, now: float) -> None:
        carried = min(_SPARE * mine.bit_rate * (1 - loss), mine.bit_rate - 1.0)
        self._most = min(carried, told) if told else carried
        self._bad = self._slow = 0
        failed = now - self._tried < SETTLED
        self._pause = min(2 * self._pause, LAST_PAUSE) if failed else FIRST_PAUSE
        self._again = now + self._pause

    def _climb(self, rungs: Sequence[Rung], mine: Rung, told: int, now: float) -> None:
        """One layer more, to see whether it goes."""
        above = sorted((rung for rung in rungs if rung.rank > mine.rank), key=lambda rung: rung.rank)
        self._tried, self._again, self._told = now, now + FIRST_PAUSE, told
        self._most = 1.25 * above[0].bit_rate if len(above) > 1 else None
