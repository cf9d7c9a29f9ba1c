"""The hot path: datagrams in by batches, told apart (RFC 7983), undone in place, and flushed to all viewers at once."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from media.live import fast, srtp
from media.live.fast import FastPort, Places
from media.live.inlet import Inlet
from media.live.loop import FastLoop
from media.live.peer import Handler, Peer
from media.live.udp import BURST, SLOT, UdpPort
from media.native import ffi
from media.wire import stun

_ROUNDS: Final = 8  # batches taken in one wake-up before other tasks have their turn


class Switchboard:
    """Knows every peer by user fragment and by remote address. `counts` tells what was dropped, and why."""

    def __init__(self, now_us: Callable[[], int], monotonic: Callable[[], float] = time.monotonic) -> None:
        """`now_us`: microseconds UTC; `monotonic`: seconds on the clock of everything that waits."""
        self.dirty: list[Inlet] = []
        self.counts: Counter[str] = Counter()
        self.ports: list[UdpPort] = []
        self.after_batch: Callable[[float], None] = lambda now: None  # called with the monotonic clock, in seconds
        self.turn_due = float("inf")  # when it wants to be called, on that clock
        self._now_us, self._monotonic = now_us, monotonic
        self._fragments: dict[str, Peer] = {}
        self._peers: dict[bytes, tuple[Peer, Handler]] = {}
        self._places = Places()
        self._left: tuple[FastPort, int, float] | None = None  # who has what `_wait` left, since when
        self._handlers: dict[Peer, Handler] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def open(self, port: UdpPort) -> None:
        """Serve a port on the running loop."""
        self._loop = asyncio.get_running_loop()
        self.ports.append(port)
        self._loop.add_reader(port.socket.fileno(), self._readable, port)
        if isinstance(port, FastPort) and isinstance(self._loop, FastLoop):
            alone = len(self.ports) == 1  # else what goes out by another port would have to be looked for
            port.inbox.box = port.box if alone else ffi.NULL
            self._loop.attend(port.socket.fileno(), partial(self._wait, port) if alone else None)

    def close(self) -> None:
        """Stop serving and close the sockets."""
        for port in self.ports:
            if isinstance(self._loop, FastLoop):
                self._loop.attend(-1, None)
            if self._loop is not None:
                self._loop.remove_reader(port.socket.fileno())
                self._loop.remove_writer(port.socket.fileno())
            port.flush()
            port.socket.close()
        self.ports.clear()

    def admit(self, peer: Peer, handler: Handler) -> None:
        """From now on binding requests find this peer."""
        self._handlers[peer] = handler
        self._fragments[peer.credentials[0]] = peer
        peer.forget = self.forget

    def renew(self, peer: Peer, credentials: tuple[str, str]) -> None:
        """ICE restart of a peer."""
        if peer.retired is not None:
            self._fragments.pop(peer.credentials[0], None)  # a restart that nobody took up
        peer.restart(credentials)
        self._fragments[credentials[0]] = peer

    def forget(self, peer: Peer) -> None:
        """The peer is gone."""
        self._handlers.pop(peer, None)
        for credentials in (peer.credentials, peer.retired):
            if credentials is not None and self._fragments.get(credentials[0]) is peer:
                del self._fragments[credentials[0]]
        for raw in [raw for raw, (known, _) in self._peers.items() if known is peer]:
            del self._peers[raw]
            self._places.remove(raw)

    def flush(self) -> None:
        """Hand all queued datagrams to the kernel; what it does not take goes when it can."""
        for port in self.ports:
            port.flush()
            if port.waiting and self._loop is not None:
                self._loop.add_writer(port.socket.fileno(), self._writable, port)

    def _writable(self, port: UdpPort) -> None:
        port.flush()
        if not port.waiting and self._loop is not None:
            self._loop.remove_writer(port.socket.fileno())

    def _readable(self, port: UdpPort) -> None:
        left, self._left = self._left, None
        if left is not None:
            self._rest(*left)
        for _ in range(_ROUNDS):
            count = self._fast(port) if isinstance(port, FastPort) else self._plain(port)
            if count < BURST:
                break
        self.after_batch(self._monotonic())
        self.flush()

    def _wait(self, port: FastPort, epoll: int, timeout: float | None) -> int:
        """In the loop's place. What is left of a burst is `_readable`'s."""
        found = self._places.wait(port, epoll, timeout, self._now_us(), self.turn_due)
        if found == fast.LEFT:
            self._left = port, port.inbox.arrival_us, port.inbox.now
        return found

    def _plain(self, port: UdpPort) -> int:
        count = port.receive()
        if count:
            self._batch(port, range(count), self._now_us(), self._monotonic())
        return count

    def _fast(self, port: FastPort) -> int:
        """The helper forwards what is simple, and leaves the others."""
        arrival_us, now = self._now_us(), self._monotonic()
        count = self._places.take(port, arrival_us, now) % fast.OTHERS
        self._rest(port, arrival_us, now)
        return count

    def _rest(self, port: FastPort, arrival_us: int, now: float) -> None:
        """What the helper left of a burst."""
        inbox = port.inbox
        if not inbox.others:
            return
        slots = inbox.other[0 : inbox.others]
        raw = [slot for slot in slots if inbox.verdict[slot] == fast.RAW]
        for slot in slots:
            verdict = inbox.verdict[slot]
            if verdict == fast.DAMAGED:
                self.counts["damaged"] += 1
            elif verdict != fast.RAW and (known := self._peers.get(port.source(slot))) is not None:
                self._hand_on(port, slot, known[1], verdict == fast.RTCP, arrival_us, now)
        self._batch(port, raw, arrival_us, now)

    def _batch(self, port: UdpPort, slots: Iterable[int], arrival_us: int, now: float) -> None:
        incoming, peers = port.incoming, self._peers
        for slot in slots:
            first = incoming[slot * SLOT]
            known = peers.get(port.source(slot))
            if 128 <= first <= 191 and known is not None:
                if known[0].inbound is not None:
                    self._media(port, slot, known, arrival_us, now)
                else:
                    self._early(port, slot, known[0], arrival_us, now)
            elif first < 4:
                self._knock(port, slot, now)
            elif 20 <= first <= 63 and known is not None:
                known[0].feed_dtls(bytes(incoming[slot * SLOT : slot * SLOT + port.length(slot)]))
            else:
                self.counts["strange"] += 1
        for inlet in self.dirty:
            inlet.deliver()
        self.dirty.clear()

    def _early(self, port: UdpPort, slot: int, peer: Peer, arrival_us: int, now: float) -> None:
        packet = bytes(port.incoming[slot * SLOT : slot * SLOT + port.length(slot)])
        if not peer.keep_early(packet, arrival_us, now):
            self.counts["strange"] += 1

    def _media(self, port: UdpPort, slot: int, known: tuple[Peer, Handler], arrival_us: int, now: float) -> None:
        peer, handler = known
        length, at = port.length(slot), slot * SLOT
        rtcp = 192 <= port.incoming[at + 1] <= 223
        undo = srtp.unprotect_rtcp if rtcp else srtp.unprotect
        if not 12 <= length < SLOT or undo(peer.inbound, port.in_pointers[slot], port.in_lengths[slot]):
            peer.damaged += 1
            self.counts["damaged"] += 1
            return
        peer.heard = now
        self._hand_on(port, slot, handler, rtcp, arrival_us, now)

    @staticmethod
    def _hand_on(port: UdpPort, slot: int, handler: Handler, rtcp: bool, arrival_us: int, now: float) -> None:
        """A plain packet."""
        packet = bytes(port.incoming[slot * SLOT : slot * SLOT + port.length(slot)])
        if rtcp:
            handler.rtcp(packet, arrival_us, now)
        else:
            handler.rtp(packet, arrival_us, now)

    def _knock(self, port: UdpPort, slot: int, now: float) -> None:
        message = stun.parse(port.incoming[slot * SLOT : slot * SLOT + port.length(slot)])
        if message is None or message.kind != stun.Kind.REQUEST or message.method != stun.BINDING:
            self.counts["strange"] += 1
            return
        fragment = (message.username or "").partition(":")[0]
        peer = self._fragments.get(fragment)
        raw = port.source(slot)
        answer = peer.knock(message, raw, port, now, port.reply_from(slot)) if peer is not None else None
        if peer is None or answer is None:
            self.counts["unauthentic"] += 1
            return
        known = self._peers.get(raw)
        if known is None or known[0] is not peer:  # an address may be used again by another session
            self._peers[raw] = peer, self._handlers[peer]
            self._places.put(raw, peer.record)
        port.put(*answer)
