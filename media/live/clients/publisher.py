"""A WHIP client that sends sources.

publisher = Publisher(url, token, {"video": SyntheticVideo(), "audio": Silence()})
await publisher.start()
...
sent = await publisher.stop()          # {"video": Sent, ...}; DELETE, then DTLS goodbye
await publisher.vanish()               # instead: nothing is said, as when the battery ends
"""

import asyncio
import secrets
from collections.abc import Mapping

from media.live import rtcp
from media.live.clients.client import Client
from media.live.clients.sender import Sender, Sent
from media.live.clients.sources import Source
from media.live.description import Description

REPORT_EVERY = 1.0  # s


class Publisher(Client):
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
        spread: bool = False,
    ) -> None:
        """`delay`: seconds before the first picture; `spread`: packets leave evenly, not picture by picture."""
        super().__init__(url, token, channel, lambda slab, at, size, now: None, self._rtcp, lambda: None)
        self._sources, self._profile, self._lose, self._delay = sources, profile, lose, delay
        self._spread = spread
        self._senders: dict[str, Sender] = {}

    async def start(self) -> Description:
        """Offer, connect, begin to send; the answer. Raises `Refused`, `Unreachable`, `DtlsFailed`."""
        ssrcs = {kind: (secrets.randbits(31) + 1, secrets.randbits(31) + 1) for kind in self._sources}
        answer = await self._connect(
            list(self._sources), "sendonly", [self._profile], ssrcs, 0.0, lambda answer: self._expect(answer, ssrcs)
        )
        self._tasks += [asyncio.create_task(self._pace(sender)) for sender in self._senders.values()]
        return answer

    def _expect(self, answer: Description, ssrcs: Mapping[str, tuple[int, int]]) -> None:
        for kind, source in self._sources.items():
            media = answer.first(kind)
            if media is None or not media.codecs:
                continue
            codec = media.codecs[0]
            rtx = media.rtx(codec.payload_type)
            sender = Sender(source, codec.payload_type, rtx.payload_type if rtx else None, ssrcs[kind])
            sender.lose = self._lose if kind == "video" else frozenset()
            self._senders[kind] = sender

    async def _pace(self, sender: Sender) -> None:
        """Send each picture when it is due; after a stall the schedule begins anew, it does not catch up."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(self._delay)
        due = reported = loop.time()
        self.connection.send_rtcp(sender.report())
        while True:
            began, due = due, max(due + sender.source.period, loop.time() - 1)
            if self._spread:
                await self._trickle(sender, began, due)
            else:
                sender.send_picture(self.connection)
            await asyncio.sleep(due - loop.time())
            if loop.time() - reported >= REPORT_EVERY:
                reported = loop.time()
                self.connection.send_rtcp(sender.report())

    async def _trickle(self, sender: Sender, began: float, due: float) -> None:
        """One picture, its packets evenly between two moments of the loop's clock."""
        loop, packets = asyncio.get_running_loop(), sender.picture()
        pause = (due - began) / sender.length  # as long as the one before it
        for at, packet in enumerate(packets):
            sender.send(self.connection, packet)
            self.connection.flush()
            await asyncio.sleep(began + (at + 1) * pause - loop.time())

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
        """End the session; the figures."""
        await self.end()
        return self.figures()
