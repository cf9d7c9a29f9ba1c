"""One client's ICE, DTLS and SRTP towards an ICE-lite node.

The client controls: it checks the node's candidates in their order, nominates the first that answers, and keeps
consent fresh. `move` goes on from another local port, as a phone does that changes its network.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Literal

from media.live.description import Description
from media.live.dtls import Dtls, fingerprint, new_certificate
from media.live.srtp import Srtp, protect, protect_rtcp, unprotect, unprotect_rtcp
from media.live.udp import LARGEST, SLOT, Address, UdpPort, host_port, open_port, raw_address
from media.wire import stun

CHECK_PAUSE = 0.05  # s between checks of one candidate (RFC 8445 § 14.2)
CHECKS = 40  # of one candidate
CONSENT = 4.0  # s between checks of the nominated one (RFC 7675)
PRIORITY = (110 << 24) | (65535 << 8) | 255  # of a peer-reflexive candidate

OnRtp = Callable[[bytearray, int, int, int], None]
"""Called with a slab, where the packet begins in it, its length, and when it was taken from the kernel (monotonic
clock, nanoseconds): copy what is to be kept."""


class Unreachable(Exception):
    """No candidate of the node answered."""


class Connection:
    """Made before the offer (it gives ufrag, password and fingerprint), opened with the answer."""

    def __init__(self, on_rtp: OnRtp, on_rtcp: Callable[[bytes], None], after_burst: Callable[[], None]) -> None:
        self.ufrag, self.password = secrets.token_hex(4), secrets.token_hex(16)
        self._certificate = new_certificate()
        self.fingerprint = fingerprint(self._certificate)
        self._on_rtp, self._on_rtcp, self._after_burst = on_rtp, on_rtcp, after_burst
        self._tie_breaker = secrets.randbits(64)
        self._checks: dict[bytes, asyncio.Future[None]] = {}
        self._port: UdpPort | None = None
        self._peer: Address | None = None
        self._inbound: Srtp | None = None
        self._outbound: Srtp | None = None
        self._consent: asyncio.Task[None] | None = None
        self.dtls: Dtls | None = None
        self.undecryptable = 0
        self.deaf = False  # datagrams are counted and thrown away: a crowd of viewers that costs little
        self.datagrams = 0

    async def open(self, answer: Description) -> None:
        """Connect and take the keys. Raises `Unreachable`, `DtlsFailed`."""
        self._remote = answer.transport
        for ip, port in self._remote.candidates:
            if await self._reach(ip, port):
                break
        else:
            raise Unreachable(f"{len(self._remote.candidates)} candidates")
        role: Literal["client", "server"] = "server" if self._remote.setup == "active" else "client"
        self.dtls = Dtls(self._certificate, role, self._send_plain)
        await self.dtls.start(self._remote.fingerprints)
        self._inbound, self._outbound = self.dtls.inbound, self.dtls.outbound
        self._consent = asyncio.create_task(self._stay())

    async def _reach(self, ip: str, port: int) -> bool:
        loopback = ip.startswith("127.") or ip == "::1"
        wildcard = "::" if ":" in ip else "0.0.0.0"  # noqa: S104 a client behind any interface
        local = self._bind(ip if loopback else wildcard)
        self._peer = Address(raw_address(ip, port, local.family))
        return await self._check(CHECKS)

    def _bind(self, host: str) -> UdpPort:
        self._unbind()
        self._host = host
        self._port = port = open_port(host, 0)
        asyncio.get_running_loop().add_reader(port.socket.fileno(), self._readable)
        return port

    def _unbind(self) -> None:
        if self._port is not None:
            asyncio.get_running_loop().remove_reader(self._port.socket.fileno())
            self._port.socket.close()
            self._port = None

    async def _check(self, times: int) -> bool:
        """Whether the peer answers a nominating check within `times` attempts."""
        for _ in range(times):
            transaction = secrets.token_bytes(12)
            answered = self._checks[transaction] = asyncio.get_running_loop().create_future()
            self._send_plain(
                stun.binding_request(
                    transaction,
                    f"{self._remote.ufrag}:{self.ufrag}",
                    self._remote.password.encode(),
                    priority=PRIORITY,
                    tie_breaker=self._tie_breaker,
                    nominate=True,
                )
            )
            try:
                async with asyncio.timeout(CHECK_PAUSE):  # `wait_for` can swallow the cancelling of whoever waits
                    await answered
            except TimeoutError:
                continue
            finally:
                del self._checks[transaction]
            return True
        return False

    async def _stay(self) -> None:
        while True:
            await asyncio.sleep(CONSENT)
            await self._check(CHECKS)

    async def move(self) -> None:
        """Go on from another local port. Raises `Unreachable`."""
        self._bind(self._host)
        if not await self._check(CHECKS):
            raise Unreachable("after a move")

    def renew(self) -> str:
        """Take new credentials; the fragment that tells them (RFC 8840)."""
        self.ufrag, self.password = secrets.token_hex(4), secrets.token_hex(16)
        return f"a=ice-ufrag:{self.ufrag}\r\na=ice-pwd:{self.password}\r\n"

    async def restart(self, ufrag: str, password: str) -> None:
        """Go on with the peer's new credentials from another local port. Raises `Unreachable`."""
        self._remote = replace(self._remote, ufrag=ufrag, password=password)
        await self.move()

    def _readable(self) -> None:
        port = self._port
        if port is None:
            return
        while count := port.receive():
            self.datagrams += count
            if self.deaf:
                continue
            now = time.monotonic_ns()
            for slot in range(count):
                self._datagram(port, slot, now)
        self._after_burst()
        port.flush()

    def _datagram(self, port: UdpPort, slot: int, now: int) -> None:
        slab, at = port.incoming, slot * SLOT
        first = slab[at]
        if first >> 6 == 2 and self._inbound is not None:
            rtcp = 192 <= slab[at + 1] <= 223
            undo = unprotect_rtcp if rtcp else unprotect
            if undo(self._inbound.context, port.in_pointers[slot], port.in_lengths[slot]):
                self.undecryptable += 1
            elif rtcp:
                self._on_rtcp(bytes(slab[at : at + port.length(slot)]))
            else:
                self._on_rtp(slab, at, port.length(slot), now)
        elif 20 <= first <= 63 and self.dtls is not None:
            self.dtls.feed(bytes(slab[at : at + port.length(slot)]))
        elif first < 4:
            self._stun(bytes(slab[at : at + port.length(slot)]), port, port.source(slot))

    def _stun(self, data: bytes, port: UdpPort, source: bytes) -> None:
        message = stun.parse(data)
        if message is None:
            return
        if message.kind is stun.Kind.REQUEST and message.authentic(self.password.encode()):
            # A peer that is not lite checks its side too.
            answer = stun.binding_success(message.transaction, *host_port(source), self.password.encode())
            port.put(answer, Address(source))
        answered = self._checks.get(message.transaction)
        if (
            message.kind is stun.Kind.SUCCESS
            and answered
            and not answered.done()
            and message.authentic(self._remote.password.encode())
        ):
            answered.set_result(None)

    def _send_plain(self, data: bytes) -> None:
        if self._port is not None and self._peer is not None:
            self._port.put(data, self._peer)
            self._port.flush()

    def send_rtp(self, packet: bytes | bytearray) -> bool:
        """Queue one packet; it leaves at the next `flush`. False when it found no room."""
        return self._send_protected(packet, protect)

    def send_rtcp(self, packet: bytes) -> bool:
        """Send one compound packet at once."""
        sent = self._send_protected(packet, protect_rtcp)
        self.flush()
        return sent

    def _send_protected(self, packet: bytes | bytearray, do: Callable[..., int]) -> bool:
        port, peer, keys, size = self._port, self._peer, self._outbound, len(packet)
        if port is None or peer is None or keys is None or size > LARGEST:
            return False
        slot = port.take(peer)
        if slot < 0:
            return False
        port.outgoing[slot * SLOT : slot * SLOT + size] = packet
        port.set_length(slot, size)
        if do(keys.context, port.out_pointers[slot], port.out_lengths[slot]):
            port.give_back()
            return False
        return True

    def flush(self) -> None:
        if self._port is not None:
            self._port.flush()

    async def close(self, *, goodbye: bool = True) -> None:
        """Close the socket; without `goodbye` as a lost network would, saying nothing."""
        if self._consent is not None:
            self._consent.cancel()
            with suppress(asyncio.CancelledError):
                await self._consent
        if not goodbye:
            self._unbind()
        if self.dtls is not None:
            await self.dtls.stop()
        self._unbind()
