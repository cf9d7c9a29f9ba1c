"""Threads for work that lets go of the interpreter: reading and hashing."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Task = TypeVar("Task")
Done = TypeVar("Done")
AHEAD = 8  # chunks


class Threads:
    """Implements `inspection.ports.Crew` with one thread a core."""

    def __init__(self, hands: int = 0) -> None:
        self.hands = hands or len(os.sched_getaffinity(0))

    def each(self, act: Callable[[Task], Done], tasks: Iterable[Task]) -> Iterator[Done]:
        waiting: deque[Future[Done]] = deque()
        with ThreadPoolExecutor(self.hands, "crew") as pool:
            for task in tasks:
                waiting.append(pool.submit(act, task))
                if len(waiting) > 4 * self.hands:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()


def ahead(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same chunks, fetched by a thread of their own a little before they are asked for (`inspection.ports.Ahead`).

    What the source raises is raised here. Whoever stops taking ends the thread.
    """
    with ThreadPoolExecutor(1, "ahead") as pool:
        waiting = deque(pool.submit(next, chunks, None) for _ in range(AHEAD))
        try:
            while (chunk := waiting.popleft().result()) is not None:
                waiting.append(pool.submit(next, chunks, None))
                yield chunk
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
