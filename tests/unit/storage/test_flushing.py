"""Commits that become durable together: everybody waits for a flush that began after his commit, and few are made."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from storage.flushing import Flushing


class Disk:
    """Counts flushes; each one keeps what was written before it began, and takes until `slow` lets it end."""

    def __init__(self) -> None:
        self.written = self.kept = self.flushes = 0
        self.failing = 0
        self.slow = threading.Event()
        self.slow.set()

    def flush(self) -> None:
        seen = self.written
        self.flushes += 1
        self.slow.wait(10)
        if self.failing:
            self.failing -= 1
            raise OSError("the disk is gone")
        self.kept = seen


def test_who_returns_is_kept() -> None:
    disk, lock = Disk(), threading.Lock()
    flushing = Flushing(disk.flush)

    def commit(_: int) -> bool:
        with lock:
            disk.written += 1
            mine = disk.written
        flushing.wait()
        return disk.kept >= mine

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(commit, range(500)))


def test_many_share_one_flush() -> None:
    disk = Disk()
    flushing = Flushing(disk.flush)
    disk.slow.clear()
    threads = [threading.Thread(target=flushing.wait) for _ in range(20)]
    for thread in threads:
        thread.start()
    disk.slow.set()
    for thread in threads:
        thread.join(10)
    assert not any(thread.is_alive() for thread in threads)
    assert disk.flushes < 20


def test_a_flush_that_failed_is_told_to_one_and_tried_again_for_the_next() -> None:
    disk = Disk()
    flushing = Flushing(disk.flush)
    disk.failing = 1
    with pytest.raises(OSError, match="gone"):
        flushing.wait()
    flushing.wait()
    assert disk.flushes == 2
