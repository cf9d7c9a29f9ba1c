"""A thread that tries again: paced, woken early, ended at once."""

import logging
import threading
from abc import ABC, abstractmethod

log = logging.getLogger(__name__)


class Trier(ABC):
    """Runs `_round` whenever it is woken, and again with growing pauses while it meets `OSError`."""

    def __init__(self, name: str, first_retry: float, last_retry: float) -> None:
        self.name, self._first, self._last = name, first_retry, last_retry
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.failing: str | None = None  # what it met last, while it meets it

    def start(self) -> None:
        """Run."""
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def wake(self) -> None:
        """There is something to do."""
        self._wake.set()

    def close(self, timeout: float) -> None:
        """End after the round at hand; wait at most `timeout` seconds, for it may hang in a service that is away."""
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    @abstractmethod
    def _round(self) -> None:
        """Do what there is. Raises `OSError` when it has to be tried again."""

    def _run(self) -> None:
        pause = self._first
        while True:
            stopping = self._stopping.is_set()
            self._wake.clear()
            try:
                self._round()
            except OSError as error:
                if self.failing is None:
                    log.error("%s cannot go on, and tries again: %s", self.name, error)
                self.failing = str(error)
                if stopping or self._stopping.wait(pause):
                    return
                pause = min(2 * pause, self._last)
                continue
            if self.failing is not None:
                log.warning("%s goes on", self.name)
            self.failing, pause = None, self._first
            if stopping:
                return
            self._wake.wait()
