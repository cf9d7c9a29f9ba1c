"""Threads for work that lets go of the interpreter: reading and hashing."""

import os
import queue
import threading
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
    ready: queue.Queue[bytes | BaseException | None] = queue.Queue(AHEAD)
    unwanted = threading.Event()

    def fetch() -> None:
        end: BaseException | None = None
        try:
            for chunk in chunks:
                if not _hand_over(ready, chunk, unwanted):
                    return
        except Exception as error:  # noqa: BLE001  a thread's edge: it is raised again by the one who takes
            end = error
        _hand_over(ready, end, unwanted)

    thread = threading.Thread(target=fetch, name="ahead", daemon=True)
    thread.start()
    try:
        while (chunk := ready.get()) is not None:
            if isinstance(chunk, BaseException):
                raise chunk
            yield chunk
    finally:
        unwanted.set()
        thread.join()


def _hand_over(
    ready: "queue.Queue[bytes | BaseException | None]", chunk: bytes | BaseException | None, unwanted: threading.Event
) -> bool:
    while not unwanted.is_set():
        try:
            ready.put(chunk, timeout=0.5)
        except queue.Full:
            continue
        return True
    return False
