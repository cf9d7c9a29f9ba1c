"""A package is written to a folder: nothing waits for the disk but the end, and what the disk says is not lost."""

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from server.outbound.package import AT_ONCE, MOST_SENT, FolderReader, FolderWriter


def test_all_of_many_and_large_files_is_there(tmp_path: Path) -> None:
    writer = FolderWriter(tmp_path / "package")
    block = os.urandom(1 << 20)
    blocks = AT_ONCE // len(block) * 2 + 1
    facts = writer.write("data/large", (block for _ in range(blocks)), [("a" * 64, blocks * len(block))])
    for number in range(MOST_SENT * 2):
        writer.write(f"data/small/{number}", iter([b"%d" % number]), ())
    writer.finish()
    reader = FolderReader(tmp_path / "package")
    assert facts.size == reader.size("data/large") == blocks * len(block)
    assert {reader.open(f"data/small/{number}").read() for number in range(9)} == {b"%d" % one for one in range(9)}
    assert len(os.listdir("/proc/self/fd")) < MOST_SENT  # none is left open


@pytest.mark.parametrize("call", ["fsync", "fdatasync"])
def test_what_the_disk_says_late_is_said_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    """Linux tells of a failed write when it is flushed, once."""
    writer = FolderWriter(tmp_path / "package")
    with monkeypatch.context() as patched:
        patched.setattr(f"server.outbound.package.os.{call}", failing(getattr(os, call)))
        writer.write("data/large", iter([bytes(AT_ONCE), b"x"]), [("a" * 64, AT_ONCE + 1)])
        with pytest.raises(OSError, match="failing disk"):
            writer.finish()


def failing(real: Callable[[int], None]) -> Callable[[int], None]:
    told: Iterator[bool] = iter([True])

    def call(handle: int) -> None:
        if next(told, False):
            raise OSError(errno.EIO, "failing disk")
        real(handle)

    return call


def test_a_source_that_breaks_leaves_no_file_open(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"some"
        raise ValueError("broken")

    writer = FolderWriter(tmp_path / "package")
    with pytest.raises(ValueError, match="broken"):
        writer.write("data/x", broken(), ())
    writer.finish()
    assert not any(link.endswith("data/x") for link in map(_target, os.listdir("/proc/self/fd")))


def _target(handle: str) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{handle}")
    except FileNotFoundError:  # the listing's own
        return ""
