"""How many bits a second a publisher is told to stay below, judged by what he loses (the loss-based half of Google
congestion control, draft-ietf-rmcat-gcc-02, section 6). For those who do not measure it themselves."""

from typing import Final

FLOOR: Final = 150_000  # bits per second: a picture that can still be understood
_MUCH, _LITTLE = 0.10, 0.02  # shares of packets lost
_RISE: Final = 1.08  # a second


class Bandwidth:
    """One publisher. `limit`: bits per second that he is never told to pass."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.told = limit

    def second(self, loss: float, received: int) -> int:
        """A second has passed, with this share of packets lost and so many bits received; the bits to tell him."""
        if loss > _MUCH:
            # What he sends is the measure: telling him less than a limit that he is far below would change nothing.
            sent = int(received / max(1 - loss, 0.1))
            self.told = max(FLOOR, int(min(self.told, sent) * (1 - loss / 2)))
        elif loss < _LITTLE:
            self.told = min(self._limit, int(self.told * _RISE) + 1000)
        return self.told
