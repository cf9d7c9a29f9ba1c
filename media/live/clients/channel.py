"""The data channel `takan` of a client, over its DTLS association."""

import asyncio
import json
from typing import cast

from aiortc import RTCDataChannel, RTCSctpTransport
from aiortc.rtcdatachannel import RTCDataChannelParameters
from aiortc.rtcsctptransport import RTCSctpCapabilities

from media.client import RoomMessage
from media.live.description import Media
from media.live.dtls import Dtls

WAITING = 256  # messages that nobody has read yet; the oldest goes first


class Channel:
    """Opens the channel and keeps what the node says."""

    def __init__(self, dtls: Dtls) -> None:
        self._sctp = RTCSctpTransport(dtls.transport)
        self._messages: asyncio.Queue[RoomMessage] = asyncio.Queue(WAITING)
        self._channel: RTCDataChannel | None = None

    async def open(self, answered: Media) -> None:
        """Start SCTP towards the port that the answer names, and open the channel."""
        await self._sctp.start(RTCSctpCapabilities(answered.max_message_size), answered.sctp_port)
        self._channel = RTCDataChannel(self._sctp, RTCDataChannelParameters(label="takan"))
        self._channel.on("message", self._keep)

    async def next(self, patience: float = 10.0) -> RoomMessage:
        """The next message in order. Raises `TimeoutError` after `patience` seconds."""
        return await asyncio.wait_for(self._messages.get(), patience)

    async def close(self) -> None:
        await self._sctp.stop()

    def _keep(self, data: str | bytes) -> None:
        if self._messages.full():
            self._messages.get_nowait()
        message = json.loads(data)
        if isinstance(message, dict):
            self._messages.put_nowait(cast(RoomMessage, message))
