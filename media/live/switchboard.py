"""The hot path: datagrams in by batches, told apart (RFC 7983), undone in place, and flushed to all viewers at once."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from media.live import srtp
from media.live.inlet import Inlet
from media.live.peer import Handler, Peer
from media.live.udp import BURST, SLOT, UdpPort
from media.wire import stun

_ROUNDS: Final = 8  # batches taken in one wake-up before other tasks have their turn


class Switchboard:
    """Knows every peer by user fragment and by remote address. `counts` tells what was dropped, and why."""

    def __init__(self, now_us: Callable[[], int]) -> None:
        self.dirty: list[Inlet] = []
        self.counts: Counter[str] = Counter()
        self.ports: list[UdpPort] = []
        self.after_batch: Callable[[float], None] = lambda now: None  # called with the monotonic clock, in seconds
        self._now_us = now_us
        self._fragments: dict[str, Peer] = {}
        self._peers: dict[bytes, tuple[Peer, Handler]] = {}
        self._handlers: dict[Peer, Handler] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def open(self, port: UdpPort) -> None:
        """Serve a port on the running loop."""
        self._loop = asyncio.get_running_loop()
        self.ports.append(port)
        self._loop.add_reader(port.socket.fileno(), self._readable, port)

    def close(self) -> None:
        """Stop serving and close the sockets."""
        for port in self.ports:
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
            self._fragments.pop(peer.retired[0], None)
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
        for _ in range(_ROUNDS):
            count = port.receive()
            if count:
                self._batch(port, count)
            if count < BURST:
                break
        self.after_batch(time.monotonic())
        self.flush()

    def _batch(self, port: UdpPort, count: int) -> None:
        arrival_us, now = self._now_us(), time.monotonic()
        incoming, peers = port.incoming, self._peers
        for slot in range(count):
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
        packet = bytes(port.incoming[at : at + port.length(slot)])
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
        port.put(*answer)
