"""One UDP socket, drained by `recvmmsg` and flushed by `sendmmsg` (Linux), straight from and into slabs.

So a packet costs slab work only: no object, no copy beyond the kernel's. An address stays what the kernel gave: raw
sockaddr bytes.
"""

import socket
import struct
from typing import Final

from media.live.outbox import LARGEST, QUEUE, Outbox
from media.live.slab import (
    HEADER_WORDS,
    LENGTH_WORD,
    SLOT,
    Address,
    Slab,
    check_layout,
    ffi,
    host_port,
    libc,
    raw_address,
)

__all__ = ["BURST", "LARGEST", "QUEUE", "SLOT", "Address", "UdpPort", "host_port", "open_port", "raw_address"]

BURST: Final = 64  # datagrams taken from the kernel by one call
_CONTROLS: Final = 40  # bytes for the control message of one received datagram
_IP_PKTINFO: Final = 8
_TOLD: Final = {  # cmsghdr, then in_pktinfo (ip(7)) or in6_pktinfo (RFC 3542), padded
    socket.AF_INET: struct.Struct("=Qiii4s4s4x"),
    socket.AF_INET6: struct.Struct("=Qii16si4x"),
}
_SO_SNDBUFFORCE: Final = 32
_SO_RCVBUFFORCE: Final = 33


class UdpPort(Outbox):
    """A bound UDP socket with one slab each way; the sending half is the `Outbox`.

    After `receive()` slot i of `incoming` begins at `i * SLOT`, `length(i)` bytes long, from `source(i)`;
    `in_pointers[i]` and `in_lengths[i]` are what libsrtp is given to undo it in place.
    """

    def __init__(self, sock: socket.socket, queue: int = QUEUE, *, wild: bool = False) -> None:
        """`wild`: bound to every address, so that each datagram says to which of them it came."""
        super().__init__(sock, queue)
        self.socket = sock
        self.family = sock.family
        self._fd = sock.fileno()
        self._name_size = 16 if sock.family == socket.AF_INET else 28
        self._in = Slab(BURST)
        self._names = bytearray(BURST * 32)
        names = ffi.from_buffer("char[]", self._names)
        for i in range(BURST):
            self._in.headers[i].msg_hdr.msg_name = names + i * 32
            self._in.headers[i].msg_hdr.msg_namelen = self._name_size
        self._told = _TOLD[sock.family] if wild else None
        if self._told is not None:
            self._told_bytes = bytearray(BURST * _CONTROLS)
            controls = ffi.from_buffer("char[]", self._told_bytes)
            for i in range(BURST):
                self._in.headers[i].msg_hdr.msg_control = controls + i * _CONTROLS
                self._in.headers[i].msg_hdr.msg_controllen = self._told.size
        self._name = struct.Struct(f"{self._name_size}s")
        self.incoming, self.in_pointers = self._in.bytes, self._in.pointers
        self.in_lengths = self._in.message_lengths
        self._in_words = self._in.words

    @property
    def port(self) -> int:
        """The local port number."""
        return int(self.socket.getsockname()[1])

    def receive(self) -> int:
        """Take what has arrived, up to `BURST` datagrams; 0 when there is nothing."""
        count: int = libc.recvmmsg(self._fd, self._in.headers, BURST, socket.MSG_DONTWAIT, ffi.NULL)
        return max(count, 0)

    def length(self, slot: int) -> int:
        """Bytes in a receive slot; libsrtp changes it in place."""
        return self._in_words[HEADER_WORDS * slot + LENGTH_WORD]

    def source(self, slot: int) -> bytes:
        """Raw sockaddr bytes of the sender."""
        raw: bytes = self._name.unpack_from(self._names, slot * 32)[0]
        return raw

    def reply_from(self, slot: int) -> bytes:
        """The control message (`Address.source`) that sends from the address to which this datagram came.

        Empty where the socket has one address only. The interface is left to the kernel's routes.
        """
        if self._told is None:
            return b""
        length, level, kind, *told = self._told.unpack_from(self._told_bytes, slot * _CONTROLS)
        if (level, kind) == (socket.IPPROTO_IP, _IP_PKTINFO):
            return self._told.pack(length, level, kind, 0, told[1], bytes(4))
        if (level, kind) == (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO):
            return self._told.pack(length, level, kind, told[0], 0)
        return b""


def open_port(host: str, port: int, buffer_bytes: int = 4 << 20, queue: int = QUEUE) -> UdpPort:
    """Bind a UDP port; `::` also takes IPv4. Port 0 lets the kernel choose. `queue`: datagrams that may wait for it.

    Raises `OSError`.
    """
    sock, wild = open_socket(host, port, buffer_bytes)
    return UdpPort(sock, queue, wild=wild)


def open_socket(host: str, port: int, buffer_bytes: int = 4 << 20) -> tuple[socket.socket, bool]:
    """A bound socket, and whether it is bound to every address. Raises `OSError`."""
    check_layout()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if host == "::" else 1)
        for forced, plain in ((_SO_RCVBUFFORCE, socket.SO_RCVBUF), (_SO_SNDBUFFORCE, socket.SO_SNDBUF)):
            try:
                sock.setsockopt(socket.SOL_SOCKET, forced, buffer_bytes)
            except PermissionError:
                sock.setsockopt(socket.SOL_SOCKET, plain, buffer_bytes)
        wild = host in ("::", "0.0.0.0")  # noqa: S104 it is asked, not bound
        if wild and family == socket.AF_INET:
            sock.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
        elif wild:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock, wild
