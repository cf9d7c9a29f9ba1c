"""Datagrams on their way out: slots that are written in place, and one `sendmmsg` for all that wait.

Datagrams of one size in a row to one peer are given to the kernel as one message, which it cuts itself (UDP_SEGMENT,
Linux 4.18): they cost a third. A peer whose way refuses that gets each by itself from then on.
"""

import errno
import socket
import struct
from typing import Any, Final

from media.live.slab import HEADER_LONGS, HEADER_WORDS, NAME_LENGTH_WORD, SLOT, Address, Slab, ffi, libc

QUEUE: Final = 512  # datagrams that may wait for the kernel, unless told otherwise
LARGEST: Final = SLOT - 160  # bytes of a packet to send: what SRTP appends must fit behind it
SEGMENTS: Final = 34  # datagrams in one message; all of them together stay below 64 KiB

_IOV_LONG, _IOV_COUNT_LONG, _CONTROL_LONG, _CONTROL_LENGTH_LONG = 2, 3, 4, 5
_SOL_UDP: Final = 17
_UDP_SEGMENT: Final = 103
_CONTROL: Final = struct.Struct("=QiiH6x")  # a cmsghdr and its value, padded
_CONTROLS: Final = 64  # bytes of one message's control messages: the source's, then the size's
_SOURCE_END: Final = 40  # the source's ends where the size's begins
_CONTROL_VALUE_HALF: Final = (_SOURCE_END + 16) // 2  # where the size lies, in 16-bit words

Message = tuple[int, int, Address]
"""first slot, how many slots, to whom"""


class Outbox:
    """The sending half of a port.

    `take` a slot, write at `slot * SLOT` of `outgoing`, set its length by `set_length` and let libsrtp work on
    `out_pointers[slot]` and `out_lengths[slot]`; `flush` hands everything to the kernel. What the kernel does not
    take at once waits (at most `queue` datagrams); a `take` beyond that gives -1 and is the caller's to count.
    """

    def __init__(self, sock: socket.socket, queue: int = QUEUE) -> None:
        self._out_fd = sock.fileno()
        self._queue = queue
        slab = self._slab = Slab(queue)
        self.outgoing, self.out_pointers, self.out_lengths = slab.bytes, slab.pointers, slab.iovec_lengths
        self._sizes = slab.sizes
        self._words, self._longs = slab.words, slab.longs
        self._controls = bytearray(queue * _CONTROLS)
        for i in range(queue):
            _CONTROL.pack_into(self._controls, i * _CONTROLS + _SOURCE_END, 18, _SOL_UDP, _UDP_SEGMENT, 0)
        self._control_values = memoryview(self._controls).cast("H")
        self._control_base = _number(ffi.from_buffer("char[]", self._controls))
        self._iovec_base = _number(slab.iovecs)
        self._segments = _segments(sock)
        self._next = 0  # the first free slot
        self._runs: list[Message] = []  # not yet made into messages
        self._messages: list[Message] = []  # in the order of the kernel's headers
        self._first = 0  # the first message that waits
        self._sent = self._send_errors = 0

    @property
    def sent(self) -> int:
        """Datagrams that the kernel has taken."""
        return self._sent

    @property
    def send_errors(self) -> int:
        """Datagrams that it refused."""
        return self._send_errors

    @property
    def waiting(self) -> int:
        """How many sendings wait, of one datagram or several."""
        return len(self._runs) + len(self._messages) - self._first

    @property
    def last(self) -> int:
        """The slot taken last."""
        return self._next - 1

    def take(self, to: Address) -> int:
        """A free slot addressed to `to`, or -1 when the queue is full."""
        slot, granted = self.reserve(to, 1)
        return slot if granted else -1

    def reserve(self, to: Address, count: int) -> tuple[int, int]:
        """(first slot, how many) of up to `count` slots in a row addressed to `to`: a batch for one peer."""
        if self._next + count > self._queue:
            self.flush()
        first = self._next
        granted = min(count, self._queue - first)
        if granted:
            self._next = first + granted
            self._runs.append((first, granted, to))
        return first, granted

    def set_length(self, slot: int, size: int) -> None:
        """Bytes to send from a slot, at most `LARGEST` before SRTP; 0: nothing is sent from it."""
        self._sizes[2 * slot + 1] = size

    def give_back(self) -> None:
        """Leave out the slot taken last."""
        self._sizes[2 * self._next - 1] = 0

    def put(self, data: bytes, to: Address) -> bool:
        """Queue one datagram as it is; False when there is no room for it or it is too long."""
        if len(data) > LARGEST or (slot := self.take(to)) < 0:
            return False
        self.outgoing[slot * SLOT : slot * SLOT + len(data)] = data
        self._sizes[2 * slot + 1] = len(data)
        return True

    def flush(self) -> None:
        """Hand the waiting datagrams to the kernel; one that it refuses is counted and skipped."""
        if self._runs:
            self._compose()
        first, end = self._first, len(self._messages)
        while first < end:
            headers = self._slab.headers + first
            done: int = libc.sendmmsg(self._out_fd, headers, end - first, socket.MSG_DONTWAIT)
            if done > 0:
                self._sent += sum(count for _, count, _ in self._messages[first : first + done])
                first += done
            elif ffi.errno in (errno.EAGAIN, errno.ENOBUFS):
                break
            elif ffi.errno != errno.EINTR:
                first = self._refused(first)
                end = len(self._messages)
        self._first = first
        if first == end:
            self._first = self._next = 0
            self._messages.clear()

    def _compose(self) -> None:
        """Make messages of the runs, as few as may be."""
        sizes = self._sizes
        for first, count, to in self._runs:
            longest = self._segments if to.segments else 1
            at, end = first, first + count
            while at < end:
                size, stop, limit = sizes[2 * at + 1], at + 1, min(end, at + longest)
                if not size:
                    at = stop
                    continue
                while stop < limit and sizes[2 * stop + 1] == size:
                    stop += 1
                if stop < limit and 0 < sizes[2 * stop + 1] < size:
                    stop += 1  # the last one may be shorter
                self._address(len(self._messages), at, stop - at, size, to)
                self._messages.append((at, stop - at, to))
                at = stop
        self._runs.clear()

    def _address(self, message: int, slot: int, count: int, size: int, to: Address) -> None:
        longs, base = self._longs, message * HEADER_LONGS
        longs[base] = to.pointer
        self._words[message * HEADER_WORDS + NAME_LENGTH_WORD] = to.length
        longs[base + _IOV_LONG] = self._iovec_base + 16 * slot
        longs[base + _IOV_COUNT_LONG] = count
        controls, source = message * _CONTROLS + _SOURCE_END, to.source
        length = len(source)
        if length:
            self._controls[controls - length : controls] = source
        if count > 1:
            self._control_values[message * _CONTROLS // 2 + _CONTROL_VALUE_HALF] = size
            length += _CONTROL.size
        longs[base + _CONTROL_LONG] = self._control_base + controls - len(source) if length else 0
        longs[base + _CONTROL_LENGTH_LONG] = length

    def _refused(self, first: int) -> int:
        """The kernel refuses this message: skip it, or send its datagrams one by one. The next message to send."""
        _, count, to = self._messages[first]
        if count == 1:
            self._send_errors += 1
            return first + 1
        to.segments = False
        self._runs = self._messages[first:]
        self._messages = []
        self._compose()
        return 0


def _segments(sock: socket.socket) -> int:
    try:
        sock.getsockopt(_SOL_UDP, _UDP_SEGMENT)
    except OSError:
        return 1  # an older kernel would send one datagram too long
    return SEGMENTS


def _number(pointer: Any) -> int:
    return int(ffi.cast("uintptr_t", pointer))
