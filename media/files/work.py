"""Starts a limited child on one source: `tasks.main` in a process of its own, with little memory and time.

The child opens nothing: it gets a descriptor of the local file, or a socket on which it asks for ranges, and sends what
it makes through its output. Every message is one JSON line: `{"progress": share}`, `{"write": name, "size": n}` with n
bytes behind it (appended to `name` in the folder), at last `{"answer": ...}` or `{"code": ..., "detail": ...}`.
"""

import contextlib
import json
import os
import re
import selectors
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from media.files.errors import CODES, Cancelled, OverLimits, Undecodable
from media.files.source import LocalFile, Source

Progress = Callable[[float], None]
Asked = Callable[[], bool]

TURN = 0.25
"""Seconds between two looks at the clock and at `cancelled`."""
_HOUSE = Path(__file__).resolve().parents[2]
_NAME = re.compile(r"[0-9A-Za-z_-][0-9A-Za-z_.-]*(/[0-9A-Za-z_-][0-9A-Za-z_.-]*){0,3}")
_LINE = 32 << 20  # bytes of the longest message


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one child: seconds on the wall clock and of CPU, bytes of address space, bytes that it may send."""

    seconds: float = 60.0
    cpu: int = 60
    memory: int = 2 << 30
    output: int = 1 << 30


def idle(_share: float) -> None:
    """Nobody looks at the progress."""


def never() -> bool:
    """Nobody cancels."""
    return False


def work(
    task: str,
    facts: dict[str, Any],
    source: Source,
    limits: Limits,
    folder: Path | None = None,
    progress: Progress = idle,
    cancelled: Asked = never,
) -> Any:
    """The child's answer; its files are in `folder`. Raises a `FileRefused`: `OverLimits` when it took too much."""
    with contextlib.ExitStack() as stack:
        errors = stack.enter_context(tempfile.TemporaryFile())
        mine, descriptor = _lend(source, stack)
        order = facts | {"descriptor": descriptor, "size": source.size, "remote": mine is not None}
        order |= {"memory": limits.memory, "cpu": limits.cpu}
        child = subprocess.Popen(
            [sys.executable, "-m", "media.files.tasks.main", task],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            pass_fds=(descriptor,),
            cwd=_HOUSE,
            env=os.environ | {"MALLOC_ARENA_MAX": "2", "OMP_NUM_THREADS": "2"},
        )
        stack.callback(_end, child)
        if mine is not None:
            server = threading.Thread(target=_serve, args=(source, mine), name="ranges", daemon=True)
            server.start()
        with contextlib.suppress(BrokenPipeError), cast(IO[bytes], child.stdin) as pipe:
            pipe.write(json.dumps(order).encode() + b"\n")
        said = _Messages(folder, limits.output, progress)
        stack.callback(said.close)
        _listen(child, said, limits, cancelled)
        return _answer(child, said, errors)


def _lend(source: Source, stack: contextlib.ExitStack) -> tuple[socket.socket | None, int]:
    """What the child reads from: a socket's other end is ours."""
    if isinstance(source, LocalFile):
        descriptor = os.open(source.path, os.O_RDONLY)
        stack.callback(os.close, descriptor)
        return None, descriptor
    mine, theirs = socket.socketpair()
    stack.callback(mine.close)
    stack.callback(theirs.close)
    stack.callback(_hang_up, mine)
    return mine, theirs.fileno()


def _hang_up(mine: socket.socket) -> None:
    with contextlib.suppress(OSError):
        mine.shutdown(socket.SHUT_RDWR)


def _serve(source: Source, mine: socket.socket) -> None:
    """Answer `offset length` with a length and that many bytes, until the child is gone."""
    try:
        with mine.makefile("rb") as asked:
            while len(question := asked.read(16)) == 16:
                data = source.read(int.from_bytes(question[:8], "big"), int.from_bytes(question[8:], "big"))
                mine.sendall(len(data).to_bytes(8, "big") + data)
    except (OSError, ValueError):  # the child is gone; or the store is: then the child's read ends short and it says so
        _hang_up(mine)


def _end(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()
    if child.stdout:
        child.stdout.close()


def _listen(child: subprocess.Popen[bytes], said: "_Messages", limits: Limits, cancelled: Asked) -> None:
    deadline = time.monotonic() + limits.seconds
    pipe = cast(IO[bytes], child.stdout)
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        asked_at = 0.0
        while True:
            ready = selector.select(TURN)
            now = time.monotonic()
            if now > deadline:
                raise OverLimits(f"not done within {limits.seconds:g} s")
            if now - asked_at >= TURN:
                asked_at = now
                if cancelled():
                    raise Cancelled("on request")
            if ready:
                data = os.read(pipe.fileno(), 1 << 20)
                if not data:
                    return
                said.take(data)


def _answer(child: subprocess.Popen[bytes], said: "_Messages", errors: IO[bytes]) -> Any:
    status = child.wait()
    if said.last is None or status:
        errors.seek(max(0, errors.seek(0, os.SEEK_END) - 2000))
        lines = errors.read().decode("utf-8", "replace").strip().splitlines()[-1:]
        kind = OverLimits if status in (-24, -9) or (lines and "MemoryError" in lines[0]) else Undecodable
        raise kind(f"status {status}: {''.join(lines)}")
    if "code" in said.last:
        raise CODES.get(said.last["code"], Undecodable)(said.last.get("detail", ""))
    return said.last["answer"]


class _Messages:
    """The child's output, cut into messages; files are appended as their bytes come."""

    def __init__(self, folder: Path | None, most: int, progress: Progress) -> None:
        self.last: dict[str, Any] | None = None
        self._folder, self._left, self._progress = folder, most, progress
        self._line = bytearray()
        self._file: IO[bytes] | None = None
        self._names: set[str] = set()
        self._missing = 0

    def take(self, data: bytes) -> None:
        """Bytes as they come."""
        while data:
            if self._missing:
                part, data = data[: self._missing], data[self._missing :]
                cast(IO[bytes], self._file).write(part)
                self._missing -= len(part)
                if not self._missing:
                    self.close()
                continue
            head, end, data = data.partition(b"\n")
            self._line += head
            if len(self._line) > _LINE:
                raise OverLimits("an endless answer")
            if end:
                line, self._line = bytes(self._line), bytearray()
                self._one(json.loads(line))

    def _one(self, message: dict[str, Any]) -> None:
        if "progress" in message:
            self._progress(min(1.0, max(0.0, float(message["progress"]))))
        elif "write" in message:
            self._begin(str(message["write"]), int(message["size"]))
        else:
            self.last = message

    def _begin(self, name: str, size: int) -> None:
        self._left -= size
        if self._folder is None or not _NAME.fullmatch(name) or size < 0:
            raise Undecodable(f"a file called {name[:80]!r}")
        if self._left < 0:
            raise OverLimits("it made too many bytes")
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab" if name in self._names else "wb")
        self._names.add(name)
        self._missing = size
        if not size:
            self.close()

    def close(self) -> None:
        """Close the file that is written."""
        if self._file:
            self._file.close()
            self._file = None
