"""Memory that the kernel reads and writes: slots for datagrams, their message headers, and addresses as it knows them.

A slab is one bytearray of fixed slots; the message headers are set up once. The layout of the structures is that of
64-bit Linux, little-endian; `check_layout` says so.
"""

import socket
import struct
import sys
from typing import Any, Final

from cffi import FFI

SLOT: Final = 2048  # bytes of one slot; a datagram that fills it was cut short, so it is refused
HEADER_WORDS: Final = 16  # 32-bit words of one mmsghdr
HEADER_LONGS: Final = 8
LENGTH_WORD: Final = 14  # where msg_len lies
NAME_LENGTH_WORD: Final = 2

ffi = FFI()
ffi.cdef("""
struct iovec { void *iov_base; size_t iov_len; };
struct msghdr { void *msg_name; uint32_t msg_namelen; struct iovec *msg_iov; size_t msg_iovlen;
                void *msg_control; size_t msg_controllen; int msg_flags; };
struct mmsghdr { struct msghdr msg_hdr; unsigned int msg_len; };
int recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags, void *timeout);
int sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags);
""")
libc: Any = ffi.dlopen(None)


def check_layout() -> None:
    """Raises `OSError` where the structures lie otherwise."""
    if sys.byteorder != "little" or ffi.sizeof("struct mmsghdr") != 4 * HEADER_WORDS:
        raise OSError("the batched socket needs 64-bit little-endian Linux")


class Address:
    """A peer's address, kept where the kernel can read it. Equal when the raw bytes are.

    `source` is a control message that names the address of ours to send from; empty: the kernel chooses.
    """

    __slots__ = ("_memory", "length", "name", "pointer", "raw", "segments", "source")

    def __init__(self, raw: bytes, source: bytes = b"") -> None:
        self.raw, self.source = raw, source
        self.length = len(raw)
        self.name = raw.ljust(28, b"\0") + bytes((len(raw), len(source), 0, 0)) + source.ljust(40, b"\0")  # `fast_name`
        self.segments = True  # whether several datagrams may be given to the kernel as one
        self._memory = ffi.new("char[]", raw)
        self.pointer = int(ffi.cast("uintptr_t", self._memory))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Address) and other.raw == self.raw

    def __hash__(self) -> int:
        return hash(self.raw)

    def host_port(self) -> tuple[str, int]:
        """For STUN and logs: textual address and port; an IPv4-mapped address is shown as IPv4."""
        return host_port(self.raw)


def host_port(raw: bytes) -> tuple[str, int]:
    """Textual address and port of raw sockaddr bytes."""
    (port,) = struct.unpack_from("!H", raw, 2)
    if len(raw) == 16:
        return socket.inet_ntop(socket.AF_INET, raw[4:8]), port
    if raw[8:20] == b"\0" * 10 + b"\xff\xff":
        return socket.inet_ntop(socket.AF_INET, raw[20:24]), port
    return socket.inet_ntop(socket.AF_INET6, raw[8:24]), port


def raw_address(host: str, port: int, family: int) -> bytes:
    """The raw sockaddr bytes by which a socket of `family` names this peer (IPv4 is mapped on an IPv6 socket)."""
    head = struct.pack("=H", family) + struct.pack("!H", port)
    if family == socket.AF_INET:
        return head + socket.inet_pton(socket.AF_INET, host) + bytes(8)
    packed = (
        socket.inet_pton(socket.AF_INET6, host)
        if ":" in host
        else b"\0" * 10 + b"\xff\xff" + socket.inet_pton(socket.AF_INET, host)
    )
    return head + bytes(4) + packed + bytes(4)


class Slab:
    """`count` slots and the kernel's message headers for them."""

    def __init__(self, count: int) -> None:
        self.bytes = bytearray(count * SLOT)
        base = ffi.from_buffer("char[]", self.bytes)
        self.headers = ffi.new("struct mmsghdr[]", count)
        self.iovecs = ffi.new("struct iovec[]", count)
        for i in range(count):
            self.iovecs[i].iov_base = base + i * SLOT
            self.iovecs[i].iov_len = SLOT
            self.headers[i].msg_hdr.msg_iov = self.iovecs + i
            self.headers[i].msg_hdr.msg_iovlen = 1
        self.pointers = [base + i * SLOT for i in range(count)]
        self.words = memoryview(ffi.buffer(self.headers)).cast("B").cast("I")
        self.longs = memoryview(ffi.buffer(self.headers)).cast("B").cast("Q")
        self.sizes = memoryview(ffi.buffer(self.iovecs)).cast("B").cast("Q")
        self.iovec_lengths = [ffi.cast("int *", ffi.addressof(self.iovecs[i], "iov_len")) for i in range(count)]
        self.message_lengths = [ffi.cast("int *", ffi.addressof(self.headers[i], "msg_len")) for i in range(count)]
