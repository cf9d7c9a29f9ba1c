"""An event loop that lets a socket's owner look first: what the compiled helper can do does not wake the loop.

A turn of asyncio's loop costs more than forwarding a packet to a viewer. So after each wait the one who owns the only
socket that has something is asked (`drains`); when it could do all of it, the wait goes on.
"""

import asyncio
import time
from collections.abc import Callable
from selectors import EVENT_READ, EpollSelector, SelectorKey


class _Selector(EpollSelector):
    def __init__(self) -> None:
        super().__init__()
        self.drains: dict[int, Callable[[], bool]] = {}

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            ready = super().select(timeout)
            if len(ready) != 1 or ready[0][1] != EVENT_READ:
                return ready
            drain = self.drains.get(ready[0][0].fd)
            if drain is None or not drain():
                return ready
            if until is not None:
                timeout = until - time.monotonic()
                if timeout <= 0:
                    return []


class FastLoop(asyncio.SelectorEventLoop):
    """asyncio's loop. `drains`: by descriptor, what may empty it; whether nothing is left to do for the loop."""

    def __init__(self) -> None:
        selector = _Selector()
        super().__init__(selector)
        self.drains = selector.drains
