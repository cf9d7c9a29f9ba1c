"""A WHIP client that sends sources.

publisher = Publisher(url, token, {"video": SyntheticVideo(), "audio": Silence()})
await publisher.start()
...
sent = await publisher.stop()          # {"video": Sent, ...}; DELETE, then DTLS goodbye
await publisher.vanish()               # instead: as when the battery ends, nothing is said
"""

import asyncio
import secrets
from collections.abc import Mapping
from contextlib import suppress

from media.live import rtcp
from media.live.clients.channel import Channel
from media.live.clients.connection import Connection
from media.live.clients.offers import Offering, offer
from media.live.clients.sender import Sender, Sent
from media.live.clients.signalling import Refused, Signalling
from media.live.clients.sources import Source
from media.live.description import Description

REPORT_EVERY = 1.0  # s


class Publisher:
    """One WHIP session. `lose`: which video packets, counted from 0, are kept back until they are asked for."""

    def __init__(
        self,
        url: str,
        token: str,
        sources: Mapping[str, Source],
        *,
        profile: str = "42e01f",
        channel: bool = False,
        lose: frozenset[int] = frozenset(),
        delay: float = 0.0,
    ) -> None:
        self._signalling = Signalling(url, token)
        self._sources, self._profile, self._lose = sources, profile, lose
        self._wants_channel, self._delay = channel, delay
        self.connection = Connection(lambda slab, at, size, now: None, self._rtcp, lambda: None)
        self._tasks: list[asyncio.Task[None]] = []
        self._senders: dict[str, Sender] = {}
        self.channel: Channel | None = None

    async def start(self) -> Description:
        """Offer, connect, begin to send; the answer. Raises `Refused`, `Unreachable`, `DtlsFailed`."""
        ssrcs = {kind: (secrets.randbits(31) + 1, secrets.randbits(31) + 1) for kind in self._sources}
        mine = Offering(
            self.connection.ufrag,
            self.connection.password,
            self.connection.fingerprint,
            ssrcs,
            self._wants_channel,
        )
        try:
            text = offer(mine, list(self._sources), "sendonly", [self._profile])
            session = await self._signalling.offer(text, 0.0)
            await self.connection.open(session.answer)
            await self._begin(session.answer, ssrcs)
        except BaseException:
            await self.vanish()
            raise
        return session.answer

    async def _begin(self, answer: Description, ssrcs: dict[str, tuple[int, int]]) -> None:
        for kind, source in self._sources.items():
            media = answer.first(kind)
            if media is None or not media.codecs:
                continue
            codec = media.codecs[0]
            rtx = media.rtx(codec.payload_type)
            sender = Sender(source, codec.payload_type, rtx.payload_type if rtx else None, ssrcs[kind])
            sender.lose = self._lose if kind == "video" else frozenset()
            self._senders[kind] = sender
            self._tasks.append(asyncio.create_task(self._pace(sender)))
        channel = answer.first("application")
        if self._wants_channel and channel is not None and self.connection.dtls is not None:
            self.channel = Channel(self.connection.dtls)
            await self.channel.open(channel)

    async def _pace(self, sender: Sender) -> None:
        """Send each picture when it is due; after a stall the schedule begins anew, it does not catch up."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(self._delay)
        due = reported = loop.time()
        self.connection.send_rtcp(sender.report())
        while True:
            sender.send_picture(self.connection)
            due = max(due + sender.source.period, loop.time() - 1)
            await asyncio.sleep(due - loop.time())
            if loop.time() - reported >= REPORT_EVERY:
                reported = loop.time()
                self.connection.send_rtcp(sender.report())

    def _rtcp(self, compound: bytes) -> None:
        by_ssrc = {sender.ssrc: sender for sender in self._senders.values()}
        for part in rtcp.parts(compound):
            if part.kind == rtcp.FEEDBACK and part.detail == rtcp.NACK:
                ssrc, missing = rtcp.lost_packets(part)
                if ssrc in by_ssrc:
                    by_ssrc[ssrc].send_again(self.connection, missing)
            for ssrc in rtcp.wants_key_frame(part):
                if ssrc in by_ssrc:
                    by_ssrc[ssrc].ask_key()

    def figures(self) -> dict[str, Sent]:
        """By kind, so far."""
        return {kind: sender.figures() for kind, sender in self._senders.items()}

    async def stop(self) -> dict[str, Sent]:
        """End the session as a well-behaved client does."""
        await self._quiet()
        with suppress(Refused):  # the node may have ended it first
            await self._signalling.end()
        await self.connection.close()
        await self._signalling.close()
        return self.figures()

    async def vanish(self) -> None:
        """Be gone without a word."""
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
