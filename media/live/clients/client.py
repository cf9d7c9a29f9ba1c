"""What a publisher and a viewer have in common: one session, its connection, its data channel, and how it ends."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

import aiohttp

from media.live.clients.channel import Channel
from media.live.clients.connection import Connection, OnRtp
from media.live.clients.offers import Offering, offer
from media.live.clients.signalling import Refused, Session, Signalling
from media.live.description import BadDescription, Description
from media.live.sdp import parse_fragment


class Signaller(Protocol):
    """What a session needs of its signalling; `Signalling` says what each does."""

    async def offer(self, sdp: str, patience: float) -> Session: ...
    async def restart(self, fragment: str) -> str: ...
    async def choose(self, wish: dict[str, object]) -> None: ...
    async def end(self) -> None: ...
    async def close(self) -> None: ...


class Client:
    """One WHIP or WHEP session. `channel` is there after the start when it was asked for."""

    def __init__(
        self,
        url: str,
        token: str,
        wants_channel: bool,
        on_rtp: OnRtp,
        on_rtcp: Callable[[bytes], None],
        after_burst: Callable[[], None],
    ) -> None:
        self._signalling: Signaller = self._signaller(url, token)
        self._wants_channel = wants_channel
        self.connection = Connection(on_rtp, on_rtcp, after_burst)
        self.channel: Channel | None = None
        self._tasks: list[asyncio.Task[None]] = []

    def _signaller(self, url: str, token: str) -> "Signaller":
        """How offers are made: WHIP and WHEP, unless another server is spoken to."""
        return Signalling(url, token)

    async def _connect(
        self,
        kinds: Sequence[str],
        direction: str,
        profiles: Sequence[str],
        ssrcs: Mapping[str, tuple[int, int]],
        patience: float,
        prepare: Callable[[Description], None],
    ) -> Description:
        """Offer, `prepare` for the answer, connect. Whatever goes wrong, nothing stays open."""
        connection = self.connection
        mine = Offering(connection.ufrag, connection.password, connection.fingerprint, dict(ssrcs), self._wants_channel)
        try:
            session = await self._signalling.offer(offer(mine, kinds, direction, profiles), patience)
            prepare(session.answer)
            await connection.open(session.answer)
            section = session.answer.first("application")
            if self._wants_channel and section is not None and connection.dtls is not None:
                self.channel = Channel(connection.dtls)
                await self.channel.open(section)
        except BaseException:
            await self.vanish()
            raise
        return session.answer

    async def restart_ice(self) -> None:
        """New credentials on both sides, and another local port. Raises `Refused`, `Unreachable`."""
        told = parse_fragment(await self._signalling.restart(self.connection.renew()))
        if told is None:
            raise BadDescription("sdp-invalid", "a restart was answered without credentials")
        await self.connection.restart(*told)

    async def choose(self, **wish: object) -> None:
        """Ask for a layer: `encodingId` or `maxHeight`, nothing for any. Raises `Refused`."""
        await self._signalling.choose(wish)

    async def end(self) -> None:
        """Leave as a well-behaved client does: DELETE, then the goodbye of DTLS."""
        await self._quiet()
        try:
            with suppress(Refused, aiohttp.ClientError):  # the node may have ended the session, or be gone
                await self._signalling.end()
        finally:
            await self.connection.close()
            await self._signalling.close()

    async def vanish(self) -> None:
        """Be gone without a word, as when the battery ends."""
        await self._quiet()
        await self.connection.close(goodbye=False)
        await self._signalling.close()

    async def _quiet(self) -> None:
        if self.channel is not None:
            await self.channel.close()
            self.channel = None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
