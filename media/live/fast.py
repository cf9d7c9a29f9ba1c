"""The node's port and its table of peers with the compiled helper: the common stays in C, the rest comes as ever."""

import socket
import time
from math import ceil
from typing import Any

from media.live import srtp
from media.live.slab import ffi as sockets
from media.live.udp import QUEUE, Address, UdpPort, open_socket
from media.native import ffi, library
from media.native.library import address

RAW, RTP, RTCP, DAMAGED = 1, 2, 3, 4
"""What is left of a datagram: as it came; plain RTP or RTCP of a peer; not authentic."""
OTHERS = 0x100
TIME, EVENT, LEFT = 0, 1, 2
_PLACES = 256  # addresses at first


class FastPort(UdpPort):
    """A port whose queue the helper fills too. Made only where there is one."""

    def __init__(self, sock: socket.socket, queue: int = QUEUE, *, wild: bool = False) -> None:
        super().__init__(sock, queue, wild=wild)
        self.box: Any = ffi.new("struct fast_outbox *")
        self._runs_memory = ffi.new("struct fast_run[]", 2 * queue)
        box = self.box
        box.fd, box.queue, box.longest = sock.fileno(), queue, self._segments
        box.slots, box.controls = _bytes(self.outgoing), _bytes(self._controls)
        box.iovecs, box.headers = _void(self._slab.iovecs), _void(self._slab.headers)
        box.run, box.message = self._runs_memory, self._runs_memory + queue
        self.inbox: Any = ffi.new("struct fast_inbox *")
        inbox = self.inbox
        inbox.fd, inbox.name_size = sock.fileno(), self._name_size
        inbox.headers, inbox.slots = _void(self._in.headers), _bytes(self._in.bytes)
        inbox.names = _bytes(self._names)
        self._box_at, self.inbox_at = address(box), address(inbox)

    @property
    def sent(self) -> int:
        return int(self.box.sent)

    @property
    def send_errors(self) -> int:
        return int(self.box.errors)

    @property
    def waiting(self) -> int:
        return int(self.box.runs + self.box.messages - self.box.first)

    @property
    def last(self) -> int:
        return int(self.box.next) - 1

    def reserve(self, to: Address, count: int) -> tuple[int, int]:
        if library is None:
            return 0, 0
        first: int = library.fast_reserve(self._box_at, to.name, count)
        return first, self.box.granted

    def give_back(self) -> None:
        self.set_length(self.last, 0)

    def flush(self) -> None:
        if library is not None:
            library.fast_flush(self._box_at)


class Places:
    """Which peer is at which address, for the helper. Peers are told by their records, which their owner keeps."""

    def __init__(self) -> None:
        self._board = ffi.new("struct fast_board *")
        self._at = address(self._board)
        for name in ("unprotect", "unprotect_rtcp", "protect"):
            setattr(self._board, name, ffi.cast("void *", srtp.place(f"srtp_{name}")))
        self._known: dict[bytes, Any] = {}
        self._make(_PLACES)

    def put(self, raw: bytes, record: Any) -> None:
        """A peer was heard from this address."""
        self._known[raw] = record
        if library is not None and not library.fast_place(self._at, raw, len(raw), address(record)):
            self._make(_PLACES + 4 * len(self._known))

    def remove(self, raw: bytes) -> None:
        """Nobody is there any more."""
        self._known.pop(raw, None)
        if library is not None:
            library.fast_place(self._at, raw, len(raw), None)

    def take(self, port: FastPort, arrival_us: int, now: float) -> int:
        """Take and forward what has arrived, up to a burst of datagrams; as `fast_take` tells it (`OTHERS`)."""
        return int(library.fast_take(self._at, port.inbox_at, arrival_us, now)) if library is not None else 0

    def wait(self, port: FastPort, epoll: int, timeout: float | None, now_us: int, due: float) -> int:
        """Wait for `timeout` seconds and forward what comes meanwhile; as `fast_wait` tells it (`TIME` …).

        Other threads may run. `due`: seconds on the monotonic clock.
        """
        milliseconds = -1 if timeout is None else min(max(ceil(timeout * 1000), 0), 1 << 30)
        ahead_us = now_us - int(time.monotonic() * 1_000_000)
        if library is None:
            return EVENT
        return int(library.fast_wait(self._at, port.inbox_at, epoll, milliseconds, ahead_us, due))

    def _make(self, least: int) -> None:
        count = 1 << (least - 1).bit_length()
        self._places = ffi.new("struct fast_place[]", count)
        self._board.places, self._board.mask, self._board.used = self._places, count - 1, 0
        for raw, record in self._known.items():
            if library is not None:
                library.fast_place(self._at, raw, len(raw), address(record))


def open_fast(host: str, port: int, queue: int = QUEUE) -> UdpPort:
    """As `open_port`, with the helper where there is one. Raises `OSError`."""
    sock, wild = open_socket(host, port)
    return (UdpPort if library is None else FastPort)(sock, queue, wild=wild)


def _bytes(memory: bytearray) -> Any:
    return ffi.from_buffer("uint8_t[]", memory)


def _void(structure: Any) -> Any:
    return ffi.cast("void *", int(sockets.cast("uintptr_t", structure)))
