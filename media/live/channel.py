"""The data channel `takan`: room messages to one peer, over aiortc's SCTP."""

import logging
from typing import Final

from aiortc import RTCDataChannel
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcsctptransport import RTCSctpCapabilities, RTCSctpTransport

log = logging.getLogger(__name__)

LABEL: Final = "takan"
_BACKLOG: Final = 256 * 1024  # bytes that may wait for a peer that does not read
_EARLY: Final = 64  # messages kept for a channel that is not open yet


class Channel:
    """Opened by the client; what is sent before that waits, bounded."""

    def __init__(self, transport: RTCDtlsTransport) -> None:
        self._sctp = RTCSctpTransport(transport)
        self._open: RTCDataChannel | None = None
        self._early: list[str] = []
        self.dropped = 0
        self._sctp.on("datachannel", self._opened)

    async def start(self, remote_port: int, max_message_size: int) -> None:
        """Begin the association; the DTLS transport must be connected."""
        try:
            await self._sctp.start(RTCSctpCapabilities(maxMessageSize=max_message_size), remote_port)
        except ConnectionError:
            log.info("the peer left before its data channel")

    async def stop(self) -> None:
        """End the association."""
        await self._sctp.stop()

    def send(self, text: str) -> None:
        """Queue one message; it is dropped and counted when the peer does not keep up."""
        channel = self._open
        if channel is None:
            if len(self._early) < _EARLY:
                self._early.append(text)
            else:
                self.dropped += 1
        elif channel.readyState != "open" or channel.bufferedAmount > _BACKLOG:
            self.dropped += 1
        else:
            channel.send(text)

    def _opened(self, channel: RTCDataChannel) -> None:
        if channel.label != LABEL or self._open is not None:
            return
        self._open = channel
        early, self._early = self._early, []
        for text in early:
            self.send(text)
