"""The ffmpeg program as a limited child: time, memory, progress from its pipe, ended by its own process."""

import os
import re
import selectors
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from media.files.errors import Cancelled, OverLimits, Undecodable
from media.files.work import TURN, idle, never

MEMORY_KB = 3 << 20
"""Kilobytes of address space: threads reserve much that they never touch."""
_LIMITED = 'ulimit -v "$1" 2>/dev/null; ulimit -t "$2"; ulimit -c 0; shift 2; exec "$@"'
_TIME = re.compile(rb"out_time_us=(-?\d+)")


@dataclass(frozen=True, slots=True)
class Run:
    """`arguments` with the program first; `seconds` of media for the progress; `patience` seconds of wall clock."""

    arguments: list[str]
    seconds: float
    patience: float
    out: Path | None


def run(one: Run, progress: Callable[[float], None] = idle, cancelled: Callable[[], bool] = never) -> str:
    """What it printed on its standard output. Raises `Cancelled`, `OverLimits`, `Undecodable`."""
    limits = [str(MEMORY_KB), str(int(one.patience) * 2 + 1)]
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(
            ["/bin/sh", "-c", _LIMITED, "sh", *limits, *one.arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=os.environ | {"MALLOC_ARENA_MAX": "2"},
        )
        try:
            said = _follow(child, one, progress, cancelled)
            status = child.wait()
        finally:
            child.kill()
            child.wait()
            if child.stdout:
                child.stdout.close()
        if status:
            errors.seek(max(0, errors.seek(0, os.SEEK_END) - 4000))
            lines = errors.read().decode("utf-8", "replace").strip().splitlines()
            text = " / ".join(lines[-3:])[:500]
            over = status in (-9, -24, 137, 152) or "annot allocate memory" in text
            raise (OverLimits if over else Undecodable)(f"status {status}: {text}")
    return said.decode("utf-8", "replace")


def _follow(
    child: subprocess.Popen[bytes], one: Run, progress: Callable[[float], None], cancelled: Callable[[], bool]
) -> bytes:
    deadline = time.monotonic() + one.patience
    said = bytearray()
    pipe = child.stdout
    if pipe is None:
        raise Undecodable("no pipe")
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while True:
            ready = selector.select(TURN)
            if time.monotonic() > deadline:
                raise OverLimits(f"not done within {one.patience:g} s")
            if cancelled():
                raise Cancelled("on request")
            if not ready:
                continue
            data = os.read(pipe.fileno(), 1 << 16)
            if not data:
                return bytes(said)
            said += data
            if one.out is not None:
                times = _TIME.findall(said)
                if times and one.seconds > 0:
                    progress(min(1.0, max(0.0, int(times[-1]) / 1e6 / one.seconds)))
                del said[: max(0, len(said) - 512)]
