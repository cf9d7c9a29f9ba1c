"""One UDP socket, drained by `recvmmsg` and flushed by `sendmmsg` (Linux), straight from and into slabs.

A slab is one bytearray of fixed slots; the message headers that the kernel reads and writes are set up once. So a
packet costs slab work only: no object, no copy beyond the kernel's. An address stays what the kernel gave: raw
sockaddr bytes. The layout of the structures is that of 64-bit Linux, little-endian; `open_port` checks it.
"""

import errno
import socket
import struct
import sys
from typing import Any, Final

from cffi import FFI

SLOT: Final = 2048  # bytes of one slot; a datagram that fills it was cut short, so it is refused
LARGEST: Final = SLOT - 160  # bytes of a packet to send: what SRTP appends must fit behind it
BURST: Final = 64  # datagrams taken from the kernel by one call
QUEUE: Final = 512  # datagrams that may wait for the kernel

_HEADER_WORDS: Final = 16  # 32-bit words of one mmsghdr
_LENGTH_WORD: Final = 14  # where msg_len lies
_NAME_LENGTH_WORD: Final = 2
_HEADER_LONGS: Final = 8
_SO_SNDBUFFORCE: Final = 32
_SO_RCVBUFFORCE: Final = 33

ffi = FFI()
ffi.cdef("""
struct iovec { void *iov_base; size_t iov_len; };
struct msghdr { void *msg_name; uint32_t msg_namelen; struct iovec *msg_iov; size_t msg_iovlen;
                void *msg_control; size_t msg_controllen; int msg_flags; };
struct mmsghdr { struct msghdr msg_hdr; unsigned int msg_len; };
int recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags, void *timeout);
int sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags);
""")
_libc: Any = ffi.dlopen(None)


class Address:
    """A peer's address, kept where the kernel can read it. Equal when the raw bytes are."""

    __slots__ = ("_memory", "length", "pointer", "raw")

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.length = len(raw)
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


class _Slab:
    """`count` slots and the kernel's message headers for them."""

    def __init__(self, count: int) -> None:
        self.bytes = bytearray(count * SLOT)
        base = ffi.from_buffer("char[]", self.bytes)
        self.headers = ffi.new("struct mmsghdr[]", count)
        self._iovecs = ffi.new("struct iovec[]", count)
        for i in range(count):
            self._iovecs[i].iov_base = base + i * SLOT
            self._iovecs[i].iov_len = SLOT
            self.headers[i].msg_hdr.msg_iov = self._iovecs + i
            self.headers[i].msg_hdr.msg_iovlen = 1
        self.pointers = [base + i * SLOT for i in range(count)]
        self.words = memoryview(ffi.buffer(self.headers)).cast("B").cast("I")
        self.longs = memoryview(ffi.buffer(self.headers)).cast("B").cast("Q")
        self.sizes = memoryview(ffi.buffer(self._iovecs)).cast("B").cast("Q")
        self.iovec_lengths = [ffi.cast("int *", ffi.addressof(self._iovecs[i], "iov_len")) for i in range(count)]
        self.message_lengths = [ffi.cast("int *", ffi.addressof(self.headers[i], "msg_len")) for i in range(count)]


class UdpPort:
    """A bound UDP socket with one slab each way.

    After `receive()` slot i of `incoming` begins at `i * SLOT`, `length(i)` bytes long, from `source(i)`;
    `in_pointers[i]` and `in_lengths[i]` are what libsrtp is given to undo it in place. To send, `take` a slot, write
    at `slot * SLOT` of `outgoing`, set its length by `set_length` and let libsrtp work on `out_pointers[slot]` and
    `out_lengths[slot]`; `flush` hands everything to the kernel. What the kernel does not take at once waits in the
    slab (at most `QUEUE` datagrams); a `take` beyond that gives -1 and is the caller's to count.
    """

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self.family = sock.family
        self._fd = sock.fileno()
        self._name_size = 16 if sock.family == socket.AF_INET else 28
        self._in, self._out = _Slab(BURST), _Slab(QUEUE)
        self._names = bytearray(BURST * 32)
        names = ffi.from_buffer("char[]", self._names)
        for i in range(BURST):
            self._in.headers[i].msg_hdr.msg_name = names + i * 32
            self._in.headers[i].msg_hdr.msg_namelen = self._name_size
        self._name = struct.Struct(f"{self._name_size}s")
        self.incoming, self.in_pointers = self._in.bytes, self._in.pointers
        self.in_lengths = self._in.message_lengths
        self.outgoing, self.out_pointers = self._out.bytes, self._out.pointers
        self.out_lengths = self._out.iovec_lengths
        self._in_words, self._out_words = self._in.words, self._out.words
        self._out_longs, self._out_sizes = self._out.longs, self._out.sizes
        self._first, self._next = 0, 0
        self._held: list[Address] = []  # addresses that the waiting headers point at
        self.sent = self.send_errors = 0

    @property
    def port(self) -> int:
        """The local port number."""
        return int(self.socket.getsockname()[1])

    @property
    def waiting(self) -> int:
        """Datagrams in the send slab."""
        return self._next - self._first

    @property
    def last(self) -> int:
        """The slot taken last."""
        return self._next - 1

    def receive(self) -> int:
        """Take what has arrived, up to `BURST` datagrams; 0 when there is nothing."""
        count: int = _libc.recvmmsg(self._fd, self._in.headers, BURST, socket.MSG_DONTWAIT, ffi.NULL)
        return max(count, 0)

    def length(self, slot: int) -> int:
        """Bytes in a receive slot; libsrtp changes it in place."""
        return self._in_words[_HEADER_WORDS * slot + _LENGTH_WORD]

    def source(self, slot: int) -> bytes:
        """Raw sockaddr bytes of the sender."""
        raw: bytes = self._name.unpack_from(self._names, slot * 32)[0]
        return raw

    def take(self, to: Address) -> int:
        """A free send slot addressed to `to`, or -1 when `QUEUE` datagrams wait."""
        slot = self._next
        if slot == QUEUE:
            self.flush()
            slot = self._next
            if slot == QUEUE:
                return -1
        self._next = slot + 1
        self._out_longs[slot * _HEADER_LONGS] = to.pointer
        self._out_words[slot * _HEADER_WORDS + _NAME_LENGTH_WORD] = to.length
        self._held.append(to)
        return slot

    def reserve(self, to: Address, count: int) -> tuple[int, int]:
        """(first slot, how many) of up to `count` slots in a row addressed to `to`: a batch for one peer."""
        if self._next + count > QUEUE:
            self.flush()
        first = self._next
        granted = min(count, QUEUE - first)
        longs, words, pointer, size = self._out_longs, self._out_words, to.pointer, to.length
        for slot in range(first, first + granted):
            longs[slot * _HEADER_LONGS] = pointer
            words[slot * _HEADER_WORDS + _NAME_LENGTH_WORD] = size
        self._next = first + granted
        if granted:
            self._held.append(to)
        return first, granted

    def set_length(self, slot: int, size: int) -> None:
        """Bytes to send from a slot, at most `LARGEST` before SRTP."""
        self._out_sizes[2 * slot + 1] = size

    def give_back(self, count: int = 1) -> None:
        """Leave out the newest `count` slots."""
        self._next -= count

    def put(self, data: bytes, to: Address) -> bool:
        """Queue one datagram as it is; False when there is no room for it or it is too long."""
        if len(data) > LARGEST or (slot := self.take(to)) < 0:
            return False
        self.outgoing[slot * SLOT : slot * SLOT + len(data)] = data
        self._out_sizes[2 * slot + 1] = len(data)
        return True

    def flush(self) -> None:
        """Hand the waiting datagrams to the kernel; one that it refuses is counted and skipped."""
        first, end = self._first, self._next
        while first < end:
            done: int = _libc.sendmmsg(self._fd, self._out.headers + first, end - first, socket.MSG_DONTWAIT)
            if done > 0:
                first += done
                self.sent += done
            elif ffi.errno in (errno.EAGAIN, errno.ENOBUFS):
                break
            elif ffi.errno != errno.EINTR:
                first += 1
                self.send_errors += 1
        self._first = first
        if first == end:
            self._first = self._next = 0
            self._held.clear()


def open_port(host: str, port: int, buffer_bytes: int = 4 << 20) -> UdpPort:
    """Bind a UDP port; `::` also takes IPv4. Port 0 lets the kernel choose. Raises `OSError`."""
    if sys.byteorder != "little" or ffi.sizeof("struct mmsghdr") != 4 * _HEADER_WORDS:
        raise OSError("the batched socket needs 64-bit little-endian Linux")
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
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return UdpPort(sock)
