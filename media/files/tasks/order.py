"""What a task is given: facts, the source as a file, a way to send files and progress."""

import io
import json
import os
import socket
import sys
from typing import Any

BLOCK = 1 << 20
"""Bytes that one request for a range asks for."""
_KEPT = 8  # blocks


class Reader(io.RawIOBase):
    """A local file by its descriptor. Seeks cost nothing."""

    def __init__(self, descriptor: int, size: int) -> None:
        self._descriptor, self.size, self._at = descriptor, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def read(self, size: int = -1) -> bytes:
        size = self.size - self._at if size is None or size < 0 else size
        data = self._get(self._at, max(0, min(size, self.size - self._at)))
        self._at += len(data)
        return data

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def _get(self, offset: int, size: int) -> bytes:
        return os.pread(self._descriptor, size, offset) if size else b""


class Remote(Reader):
    """An object behind the parent, asked for by blocks; the last few are kept."""

    def __init__(self, descriptor: int, size: int) -> None:
        super().__init__(descriptor, size)
        self._socket = socket.socket(fileno=descriptor)
        self._answers = self._socket.makefile("rb")
        self._blocks: dict[int, bytes] = {}

    def _get(self, offset: int, size: int) -> bytes:
        parts = []
        while size > 0:
            number, skip = divmod(offset, BLOCK)
            part = self._block(number)[skip : skip + size]
            if not part:
                break
            parts.append(part)
            offset, size = offset + len(part), size - len(part)
        return b"".join(parts)

    def _block(self, number: int) -> bytes:
        data = self._blocks.pop(number, None)
        if data is None:
            self._socket.sendall((number * BLOCK).to_bytes(8, "big") + BLOCK.to_bytes(8, "big"))
            head = self._answers.read(8)
            if len(head) < 8:
                raise OSError("the store does not answer")
            data = self._answers.read(int.from_bytes(head, "big"))
        self._blocks[number] = data
        while len(self._blocks) > _KEPT:
            del self._blocks[next(iter(self._blocks))]
        return data


class Order:
    """One task: `facts` as the caller gave them, `file` to read, `send` and `progress` to answer with."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self.facts = facts
        kind = Remote if facts["remote"] else Reader
        self.file: Reader = kind(int(facts["descriptor"]), int(facts["size"]))
        self._out = sys.stdout.buffer
        self._share = -1.0

    @property
    def size(self) -> int:
        """Bytes of the source."""
        return self.file.size

    def read(self, offset: int, length: int) -> bytes:
        """These bytes of the source; fewer only at its end."""
        self.file.seek(offset)
        return self.file.read(length)

    def send(self, name: str, data: bytes | bytearray | memoryview) -> None:
        """Append these bytes to a file of the folder."""
        self.say({"write": name, "size": len(data)})
        self._out.write(data)

    def progress(self, share: float) -> None:
        """How much is done, 0 to 1; told at every hundredth."""
        if share - self._share >= 0.01:
            self._share = share
            self.say({"progress": round(share, 3)})

    def say(self, message: dict[str, Any]) -> None:
        """One message."""
        self._out.write(json.dumps(message).encode() + b"\n")
        if "write" not in message:
            self._out.flush()
