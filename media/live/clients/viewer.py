"""A WHEP client that receives, counts and measures.

viewer = Viewer(url, token, channel=True)
await viewer.start(patience=10)                  # asks again while nobody publishes
await viewer.until(lambda seen: seen["video"].packets >= 300)
viewer.ask_key_frame()
message = await viewer.channel.next()            # RoomMessage
seen = await viewer.stop()                       # {"video": Viewed, "audio": Viewed}
"""

import asyncio
import secrets
from collections.abc import Callable, Sequence

from media.live import rtcp
from media.live.clients.client import Client
from media.live.clients.connection import OnRtp
from media.live.clients.offers import PROFILES
from media.live.clients.receiver import Receiver, Viewed
from media.live.description import Description

REPORT_EVERY = 1.0  # s


class Viewer(Client):
    """One WHEP session. `keep`: how many packets of each kind `Viewed.kept` holds; `repair`: ask for lost ones;
    `lose`: which video packets, counted from 0, are taken as lost on the way."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        kinds: Sequence[str] = ("video", "audio"),
        profiles: Sequence[str] = PROFILES,
        channel: bool = False,
        keep: int = 0,
        repair: bool = True,
        lose: frozenset[int] = frozenset(),
    ) -> None:
        super().__init__(url, token, channel, self._rtp, self._rtcp, self._after_burst)
        self._kinds, self._profiles, self._keep = kinds, profiles, keep
        self._repair, self._lose = repair, lose
        self._ssrc = secrets.randbits(31) + 1
        self._receivers: dict[str, Receiver] = {}
        self._by_type: dict[int, OnRtp] = {}
        self._waiting: list[tuple[Callable[[dict[str, Viewed]], bool], asyncio.Future[None]]] = []

    async def start(self, patience: float = 0.0) -> Description:
        """Offer and connect; the answer. Waits up to `patience` seconds for the publisher. Raises as `Publisher`."""
        answer = await self._connect(self._kinds, "recvonly", self._profiles, {}, patience, self._expect)
        self._tasks.append(asyncio.create_task(self._report()))
        return answer

    def _expect(self, answer: Description) -> None:
        for kind in self._kinds:
            media = answer.first(kind)
            if media is None or not media.codecs or not media.sends:
                continue
            codec = media.codecs[0]
            receiver = self._receivers[kind] = Receiver(self._keep, self._lose if kind == "video" else frozenset())
            self._by_type[codec.payload_type] = receiver.take
            rtx = media.rtx(codec.payload_type)
            if rtx is not None:
                self._by_type[rtx.payload_type] = receiver.take_again

    def _rtp(self, slab: bytearray, at: int, size: int, now: int) -> None:
        take = self._by_type.get(slab[at + 1] & 0x7F)
        if take is not None:
            take(slab, at, size, now)

    def _rtcp(self, compound: bytes) -> None:
        for part in rtcp.parts(compound):
            if part.kind == rtcp.SR and len(part.body) >= 12:
                ssrc, middle = int.from_bytes(part.body[:4]), int.from_bytes(part.body[6:10])
                for receiver in self._receivers.values():
                    if receiver.ssrc == ssrc:
                        receiver.reported(middle)

    def _after_burst(self) -> None:
        if self._repair:
            for receiver in self._receivers.values():
                self.nack(receiver, receiver.missing())
        if self._waiting:
            seen = self.figures()
            for wanted, future in self._waiting:
                if not future.done() and wanted(seen):
                    future.set_result(None)

    def nack(self, receiver: Receiver, missing: list[int]) -> None:
        """Ask for packets of a stream again."""
        if missing:
            self.connection.send_rtcp(self._compound(rtcp.nack(self._ssrc, receiver.ssrc, missing[:200])))

    def ask_key_frame(self) -> None:
        """Send a PLI for the video that came so far."""
        video = self._receivers.get("video")
        if video is not None:
            self.connection.send_rtcp(self._compound(rtcp.picture_loss(self._ssrc, video.ssrc)))

    def _compound(self, feedback: bytes) -> bytes:
        return rtcp.receiver_report(self._ssrc, []) + feedback

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(REPORT_EVERY)
            blocks = [receiver.block() for receiver in self._receivers.values() if receiver.ssrc]
            self.connection.send_rtcp(
                rtcp.receiver_report(self._ssrc, blocks) + rtcp.source_description(self._ssrc, "takan")
            )

    async def until(self, wanted: Callable[[dict[str, Viewed]], bool], patience: float = 10.0) -> None:
        """Wait until the figures are as `wanted`; looked at after each burst. Raises `TimeoutError`."""
        entry = (wanted, asyncio.get_running_loop().create_future())
        self._waiting.append(entry)
        try:
            if not wanted(self.figures()):
                await asyncio.wait_for(entry[1], patience)
        finally:
            self._waiting.remove(entry)

    def figures(self) -> dict[str, Viewed]:
        """By kind, so far."""
        return {kind: receiver.figures() for kind, receiver in self._receivers.items()}

    def packets(self) -> int:
        """Media packets so far, of both kinds: `figures` without the copying."""
        return sum(receiver.packets for receiver in self._receivers.values())

    def forget(self) -> None:
        """Drop the delays that were measured so far."""
        for receiver in self._receivers.values():
            receiver.forget()

    async def stop(self) -> dict[str, Viewed]:
        """End the session; the figures."""
        await self.end()
        return self.figures()
