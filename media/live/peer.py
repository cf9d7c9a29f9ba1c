"""One WebRTC peer: its ICE-lite side, DTLS, SRTP and data channel. What its media means is its handler's business."""

import contextlib
import logging
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

from aiortc.rtcdtlstransport import RTCCertificate

from media.live import srtp
from media.live.channel import Channel
from media.live.dtls import Dtls, DtlsFailed
from media.live.fast import FastPort
from media.live.source import Source
from media.live.udp import Address, UdpPort
from media.native import ffi
from media.wire import stun

log = logging.getLogger(__name__)

SILENCE: Final = 25.0  # seconds without an authentic packet after which a peer is gone (RFC 7675 uses 30)
_MOST_ADDRESSES: Final = 16
_FLOWS: Final = 8  # as the helper has room for
_ARRIVALS: Final = 512
_EARLY: Final = 256  # packets kept that came before the keys

Spawn = Callable[[Coroutine[Any, Any, None]], object]


class Handler(Protocol):
    """What is done with a peer's packets. Nothing here may block or raise on what comes from the network."""

    def connected(self) -> None:
        """The keys are there."""

    def rtp(self, packet: bytes, arrival_us: int, now: float) -> None:
        """A plain RTP packet of at least 12 bytes."""

    def rtcp(self, compound: bytes, arrival_us: int, now: float) -> None:
        """A plain RTCP compound."""

    def ended(self, reason: str) -> None:
        """The peer is gone; called once."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What offer and answer agreed for the transport."""

    role: Literal["client", "server"]
    fingerprints: tuple[tuple[str, str], ...]
    sctp_port: int = 0  # 0: no data channel
    max_message_size: int = 65536


def new_credentials() -> tuple[str, str]:
    """(ufrag, password) of an ICE agent, 48 and 144 random bits (RFC 8445 wants 24 and 128)."""
    return secrets.token_hex(6), secrets.token_hex(18)


class Peer:
    """Lives from the answer to the goodbye. `heard` and `now` are seconds on the node's monotonic clock.

    `record` is where the compiled helper finds him.
    """

    def __init__(self, certificate: RTCCertificate, credentials: tuple[str, str], now: float, spawn: Spawn) -> None:
        self.credentials = credentials
        self.retired: tuple[str, str] | None = None  # credentials before an ICE restart, until the new ones are used
        self.record: Any = ffi.new("struct fast_peer *")
        self._address: Address | None = None
        self._port: UdpPort | None = None
        self.addresses: dict[bytes, Address] = {}  # by his address and ours
        self.heard = now
        self._inbound: Any = None
        self._outbound: Any = None
        self.channel: Channel | None = None
        self.closed = False
        self._certificate, self._spawn = certificate, spawn
        self._dtls: Dtls | None = None
        self._terms: Terms | None = None
        self._handler: Handler | None = None
        self._started = False
        self._flows: dict[int, tuple[Any, Any]] = {}  # by SSRC: what the helper reads must stay
        self._arrivals: Any = None
        self._early: list[tuple[bytes, int, float]] = []
        self.forget: Callable[[Peer], None] = lambda _: None

    @property
    def heard(self) -> float:
        """When an authentic packet of his came last."""
        return float(self.record.heard)

    @heard.setter
    def heard(self, now: float) -> None:
        self.record.heard = now

    @property
    def damaged(self) -> int:
        """Packets that SRTP refused."""
        return int(self.record.damaged)

    @damaged.setter
    def damaged(self, count: int) -> None:
        self.record.damaged = count

    @property
    def address(self) -> Address | None:
        """Where he is reached."""
        return self._address

    @address.setter
    def address(self, address: Address | None) -> None:
        self._address = address
        ffi.memmove(ffi.addressof(self.record, "to"), bytes(72) if address is None else address.name, 72)

    @property
    def port(self) -> UdpPort | None:
        """By which of our ports."""
        return self._port

    @port.setter
    def port(self, port: UdpPort | None) -> None:
        self._port = port
        self.record.port = port.box if isinstance(port, FastPort) else ffi.NULL

    @property
    def inbound(self) -> Any:
        """The libsrtp context of what he sends; None before the keys are there."""
        return self._inbound

    @inbound.setter
    def inbound(self, context: Any) -> None:
        self._inbound, self.record.inbound = context, ffi.cast("void *", srtp.place(context))

    @property
    def outbound(self) -> Any:
        """The libsrtp context of what he is sent."""
        return self._outbound

    @outbound.setter
    def outbound(self, context: Any) -> None:
        self._outbound, self.record.outbound = context, ffi.cast("void *", srtp.place(context))

    def agree(self, terms: Terms, handler: Handler) -> None:
        """The answer has been written: what to do once the peer's address is known."""
        self._terms, self._handler = terms, handler
        self._dtls = Dtls(self._certificate, terms.role, self.send)
        self._dtls.transport.on("statechange", self._state_changed)

    def knock(
        self, message: stun.Message, raw: bytes, port: UdpPort, now: float, source: bytes = b""
    ) -> tuple[bytes, Address] | None:
        """Judge a binding request to this peer; the answer and where it goes, or None when it is not authentic
        (RFC 8445, 7.3). `source`: from which of our addresses (`UdpPort.reply_from`)."""
        fresh = message.username is not None and message.username.startswith(self.credentials[0] + ":")
        credentials = self.credentials if fresh else self.retired
        if credentials is None or not message.authentic(credentials[1].encode()):
            return None
        password = credentials[1].encode()
        if message.unknown:
            return stun.binding_error(message.transaction, 420, password, message.unknown), Address(raw, source)
        if fresh:
            self.retired = None
        self.heard = now
        address = self._known(raw, source)
        if self.address is None or (message.nominated and fresh):
            self.address, self.port = address, port
        if not self._started and self._dtls is not None and self._terms is not None:
            self._started = True
            self._spawn(self._connect(self._dtls, self._terms))
        return stun.binding_success(message.transaction, *address.host_port(), password), address

    def restart(self, credentials: tuple[str, str]) -> None:
        """ICE restart: new credentials; those that were used last hold until the new ones were used."""
        self.retired = self.retired or self.credentials
        self.credentials = credentials

    def feed_dtls(self, data: bytes) -> None:
        """A DTLS datagram from one of this peer's addresses."""
        if self._dtls is not None:
            self._dtls.feed(data)

    def keep_early(self, packet: bytes, arrival_us: int, now: float) -> bool:
        """A protected packet that overtook the end of the handshake; False when it is of no use.

        A peer that is the DTLS server sends as soon as it has said its last word: often a key frame, at once.
        """
        if self.closed or not self._started or len(packet) < 12 or len(self._early) >= _EARLY:
            return False
        self._early.append((packet, arrival_us, now))
        return True

    def hasten(self, source: Source, track: Any) -> None:
        """Let the compiled helper take this source's packets into a track, while it is `track.source`."""
        if source.ssrc in self._flows:
            return
        if len(self._flows) == _FLOWS:
            del self._flows[next(iter(self._flows))]  # the oldest
        self._flows[source.ssrc] = source.record, track
        for at, (ssrc, (record, into)) in enumerate(self._flows.items()):
            flow = self.record.flow[at]
            flow.ssrc, flow.source, flow.track = ssrc, record, into
        self.record.flows = len(self._flows)

    def arrivals(self) -> list[tuple[int, int]]:
        """Transport-wide numbers that the helper saw since the last time, and when (microseconds)."""
        if not self._arrivals:
            self._arrivals = self.record.arrival = ffi.new("struct fast_arrival[]", _ARRIVALS)
        count, self.record.arrivals = self.record.arrivals, 0
        return [(one.number, one.at_us) for one in self._arrivals[0:count]]

    def send(self, data: bytes) -> None:
        """One datagram, now: DTLS and STUN. Without an address it is dropped, as the network might."""
        if self.port is not None and self.address is not None:
            self.port.put(data, self.address)
            self.port.flush()

    def queue_rtcp(self, compound: bytes) -> None:
        """Protect and queue a compound; the caller flushes."""
        port = self.port
        if self.outbound is None or port is None or self.address is None or not port.put(compound, self.address):
            return
        slot = port.last
        if srtp.protect_rtcp(self.outbound, port.out_pointers[slot], port.out_lengths[slot]):
            port.give_back()

    def queue_rtp(self, packet: bytes) -> None:
        """Protect and queue one RTP packet; batches go another way (`Outlet.send`)."""
        port = self.port
        if self.outbound is None or port is None or self.address is None or not port.put(packet, self.address):
            return
        slot = port.last
        if srtp.protect(self.outbound, port.out_pointers[slot], port.out_lengths[slot]):
            port.give_back()

    def end(self, reason: str) -> None:
        """Leave: say goodbye in the background, tell the handler. Harmless when repeated."""
        if self.closed:
            return
        self.closed = True
        self._spawn(self._leave())
        self.forget(self)
        if self._handler is not None:
            self._handler.ended(reason)

    async def _connect(self, dtls: Dtls, terms: Terms) -> None:
        try:
            await dtls.start(terms.fingerprints)
        except DtlsFailed as error:
            log.info("handshake failed: %s", error)
            self.end("dtls")
            return
        if self.closed or dtls.inbound is None or dtls.outbound is None:
            return
        self.inbound, self.outbound = dtls.inbound.context, dtls.outbound.context
        if self._handler is not None:
            self._handler.connected()
            self._catch_up(self._handler)
        if terms.sctp_port:
            self.channel = Channel(dtls.transport)
            await self.channel.start(terms.sctp_port, terms.max_message_size)

    def _catch_up(self, handler: Handler) -> None:
        """Take the packets that came before the keys."""
        early, self._early = self._early, []
        for protected, arrival_us, now in early:
            rtcp = 192 <= protected[1] <= 223
            packet = srtp.plain(self.inbound, protected, rtcp=rtcp)
            if packet is None:
                self.damaged += 1
            elif rtcp:
                handler.rtcp(packet, arrival_us, now)
            else:
                handler.rtp(packet, arrival_us, now)

    async def _leave(self) -> None:
        if self.channel is not None:
            await self.channel.stop()
        if self._dtls is not None:
            with contextlib.suppress(ConnectionError):
                await self._dtls.stop()
        self.inbound = self.outbound = None

    def _state_changed(self) -> None:
        if self._dtls is not None and self._dtls.transport.state == "closed":
            self.end("goodbye")

    def _known(self, raw: bytes, source: bytes) -> Address:
        known = self.addresses.get(raw + source)
        if known is None:
            if len(self.addresses) >= _MOST_ADDRESSES:
                oldest = next(one for one in self.addresses if self.addresses[one] is not self.address)
                del self.addresses[oldest]
            known = self.addresses[raw + source] = Address(raw, source)
        return known
