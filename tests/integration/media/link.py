"""A bad network between clients and a node: datagrams are lost, held up and overtaken by a repeating pattern, or by
chance with a seed.

The node announces 127.0.0.2 and listens on 127.0.0.1; the link takes what comes to the former, on the node's own port
number, and passes it on from one socket a client. So a failure can be replayed: the pattern is all there is to it.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

HERE = "127.0.0.2"
QUEUE = 0.2
"""Seconds for which a narrow link lets wait."""
Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Pattern:
    """Every `lose`-th media datagram of a direction is lost, every `hold`-th comes `late` seconds after its turn.

    `chance`: the share lost at random; `jitter`: seconds by which each is late at most, at random; `outages`: (start,
    length) in seconds from the first media datagram on, in which nothing passes at all, binding requests neither.
    """

    lose: int = 0
    hold: int = 0
    delay: float = 0.01
    late: float = 0.03
    chance: float = 0.0
    jitter: float = 0.0
    outages: tuple[tuple[float, float], ...] = ()
    seed: int = 1


class Link(asyncio.DatagramProtocol):
    """The side that clients see."""

    def __init__(self, pattern: Pattern, node: Address) -> None:
        self.lost = 0
        self._pattern, self._node = pattern, node
        self._sides: dict[Address, asyncio.DatagramTransport] = {}
        self._counts: dict[tuple[Address, bool], int] = {}
        self._front: asyncio.DatagramTransport | None = None
        self._dice = {inward: random.Random(2 * pattern.seed + inward) for inward in (True, False)}
        self._began: float | None = None  # the first media datagram, loop time
        self._narrow: dict[Address, int] = {}  # bits per second towards a client
        self._free: dict[Address, float] = {}  # loop time at which what was sent to a narrow client has passed

    @property
    def age(self) -> float:
        """Seconds since the first media datagram."""
        return asyncio.get_running_loop().time() - self._began if self._began is not None else 0.0

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._front = transport

    def datagram_received(self, data: bytes, addr: Address) -> None:
        asyncio.get_running_loop().create_task(self._to_node(data, addr))

    async def _to_node(self, data: bytes, client: Address) -> None:
        if client not in self._sides:
            back = _Back(lambda answer: self._pass(answer, client, inward=False))
            loop = asyncio.get_running_loop()
            side, _ = await loop.create_datagram_endpoint(lambda: back, remote_addr=self._node)
            if client in self._sides:
                side.close()
            else:
                self._sides[client] = side
        self._pass(data, client, inward=True)

    def _pass(self, data: bytes, client: Address, *, inward: bool) -> None:
        pattern, wait = self._pattern, self._pattern.delay
        if any(start <= self.age < start + length for start, length in pattern.outages):
            self.lost += 1
            return
        if data and 128 <= data[0] <= 191:
            if self._began is None:
                self._began = asyncio.get_running_loop().time()
            dice = self._dice[inward]
            if dice.random() < pattern.chance:
                self.lost += 1
                return
            wait += dice.random() * pattern.jitter
            number = self._counts[client, inward] = self._counts.get((client, inward), 0) + 1
            if pattern.lose and number % pattern.lose == 0:
                self.lost += 1
                return
            if pattern.hold and number % pattern.hold == 0:
                wait += pattern.late
            if not inward and self._narrow.get(client):
                now = asyncio.get_running_loop().time()
                free = max(now, self._free.get(client, 0.0))
                if free - now > QUEUE:
                    self.lost += 1
                    return
                self._free[client] = free + len(data) * 8 / self._narrow[client]
                wait += free - now
        asyncio.get_running_loop().call_later(wait, self._deliver, data, client, inward)

    def _deliver(self, data: bytes, client: Address, inward: bool) -> None:
        if self._front is None:
            return  # the link is gone
        if inward:
            self._sides[client].sendto(data)
        else:
            self._front.sendto(data, client)

    @property
    def clients(self) -> list[Address]:
        """In the order in which they came."""
        return list(self._sides)

    def narrow(self, client: Address, rate: int) -> None:
        """From now on `rate` bits per second pass towards this client; 0: any number. What waits longer than `QUEUE`
        is lost."""
        self._narrow[client] = rate

    def clear(self) -> None:
        """From now on nothing is lost or late."""
        self._pattern = Pattern(delay=self._pattern.delay)

    def close(self) -> None:
        front, self._front = self._front, None
        for side in (*self._sides.values(), *([front] if front is not None else [])):
            side.close()


class _Back(asyncio.DatagramProtocol):
    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self._take(data)


@asynccontextmanager
async def a_link(pattern: Pattern, port: int) -> AsyncIterator[Link]:
    """A link to the node that listens on `port`."""
    loop = asyncio.get_running_loop()
    _, link = await loop.create_datagram_endpoint(lambda: Link(pattern, ("127.0.0.1", port)), local_addr=(HERE, port))
    try:
        yield link
    finally:
        link.close()
