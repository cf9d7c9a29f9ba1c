"""A thread that records: it takes what waits at its tracks' doors some ten times a second, never per packet."""

import threading
from collections import deque
from collections.abc import Callable

from media.record.recording import Recording

PAUSE = 0.1
"""Seconds between two rounds."""
TICK_US = 200_000


class Lane:
    """Owns the recordings of some surveys. Commands run on its thread, in their order."""

    def __init__(self, name: str, now_us: Callable[[], int], grown: Callable[[], None]) -> None:
        self.recordings: dict[tuple[str, str], Recording] = {}
        self.name = name
        self._retiring: list[Recording] = []
        self._now_us, self._grown = now_us, grown
        self._commands: deque[Callable[[], None]] = deque()
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Run."""
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def do(self, command: Callable[[], None]) -> None:
        """Run `command` on the lane's thread, soon."""
        self._commands.append(command)
        self._wake.set()

    def retire(self, recording: Recording) -> None:
        """A finished recording (lane's thread): it stays until the disk has taken its last lines."""
        self._retiring.append(recording)

    def close(self) -> None:
        """Interrupt all recordings with the reason "node", make them durable, and wait for the thread."""
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        ticked = 0
        while not self._stopping:
            self._wake.wait(PAUSE if self.recordings or self._retiring else None)
            self._wake.clear()
            now = self._now_us()
            tick = now - ticked >= TICK_US
            if tick:
                ticked = now
            self._round(now, tick=tick)
        self._round(self._now_us(), tick=True)
        for recording in self._retiring:
            recording.close()
        for recording in self.recordings.values():
            while recording.door.waiting:
                recording.work(self._now_us(), tick=False)
            recording.interrupt("node")
            recording.close()
        self._grown()

    def _round(self, now: int, *, tick: bool) -> None:
        while self._commands:
            self._commands.popleft()()
        grown = False
        for recording in list(self.recordings.values()):
            grown |= recording.work(now, tick=tick)
        if self._retiring:
            self._retiring = [one for one in self._retiring if not self._settled(one)]
            grown = True
        if grown:
            self._grown()

    @staticmethod
    def _settled(recording: Recording) -> bool:
        if not recording.settle():
            return False
        recording.close()
        return True
