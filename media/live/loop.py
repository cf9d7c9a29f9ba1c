"""An event loop that lets a socket's owner do the waiting: what the compiled helper can forward does not wake the loop.

A turn of asyncio's loop costs more than forwarding a packet to a viewer. While the helper waits in the loop's place it
does not hold the interpreter's lock, so other threads do not make the media wait either.
"""

import asyncio
from collections.abc import Callable
from selectors import EVENT_READ, EpollSelector, SelectorKey

from media.live.fast import LEFT, TIME

Wait = Callable[[int, float | None], int]
"""Given the epoll descriptor and a timeout in seconds: `TIME`, `EVENT`, or `LEFT`: the socket's reader is wanted."""


class _Selector(EpollSelector):
    wait: Wait | None = None
    attended = -1

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        if self.wait is None:
            return super().select(timeout)
        found = self.wait(self.fileno(), timeout)
        if found == TIME:
            return []
        return [(self.get_key(self.attended), EVENT_READ)] if found == LEFT else super().select(0)


class FastLoop(asyncio.SelectorEventLoop):
    """asyncio's loop."""

    def __init__(self) -> None:
        self._waiting = _Selector()
        super().__init__(self._waiting)

    def attend(self, descriptor: int, wait: Wait | None) -> None:
        """From now on `wait` stands in for the waiting; the descriptor has a reader. None: as usual."""
        self._waiting.attended, self._waiting.wait = descriptor, wait
