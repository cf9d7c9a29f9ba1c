"""How often a key frame is asked for, whoever wants it."""

from typing import Final, Literal

PATIENCE: Final = 1.0  # seconds without a key frame after which it is asked for again
APART: Final = 0.5  # seconds between two requests, whatever the number of viewers


class KeyFrames:
    """Merges everyone's wish for a key frame into few requests. Times are seconds on one monotonic clock."""

    def __init__(self) -> None:
        self.wanted = False
        self._asked = float("-inf")
        self._tries = 0

    def want(self) -> None:
        """A viewer or the recorder can go on only with a key frame."""
        self.wanted = True

    def arrived(self) -> None:
        """A key frame has come: all wishes are met."""
        self.wanted = False
        self._tries = 0

    def due(self, now: float) -> Literal["pli", "fir"] | None:
        """What to send now, if anything: a PLI, then a FIR each time that nothing came of it."""
        if not self.wanted or now - self._asked < (PATIENCE if self._tries else APART):
            return None
        self._asked = now
        self._tries += 1
        return "pli" if self._tries == 1 else "fir"
