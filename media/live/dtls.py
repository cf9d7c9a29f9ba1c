"""DTLS-SRTP (RFC 5763, RFC 5764) by aiortc's `RTCDtlsTransport`, over an object that is not an ICE transport.

What it gives: the SRTP contexts for our own in-place use, and the association that data channels ride on. Datagrams
come in by `feed` and leave by the `send` callable; nothing here owns a socket.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, cast

from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport
from OpenSSL import SSL

from media.live.srtp import Srtp, srtp_pair

QUEUE: Final = 64  # datagrams that wait for the handshake or the data channel
DATAGRAM: Final = 1200  # bytes: what passes every path
_RECORD_HEADER: Final = 13  # RFC 6347 § 4.1; the last two bytes are the length


class DtlsFailed(Exception):
    """The handshake did not end in keys: wrong fingerprint, no common profile, or the peer went away."""


class _Pipe:
    """What `RTCDtlsTransport` expects of an ICE transport: `role`, `_recv`, `_send`."""

    role = "controlled"

    def __init__(self, send: Callable[[bytes], object]) -> None:
        self._out = send
        self._in: asyncio.Queue[bytes] = asyncio.Queue(QUEUE)
        self.dropped = 0

    def feed(self, data: bytes) -> None:
        try:
            self._in.put_nowait(data)
        except asyncio.QueueFull:
            self.dropped += 1

    async def _recv(self) -> bytes:
        data = await self._in.get()
        if not data:
            raise ConnectionError
        return data

    async def _send(self, data: bytes) -> None:
        self._out(data)


class _Transport(RTCDtlsTransport):
    """Sends all that OpenSSL has written, in datagrams of whole records: aiortc sends the first 1,500 bytes."""

    async def _write_ssl(self) -> None:
        connection: Any = self._ssl
        written = bytearray()
        while True:
            try:
                written += connection.bio_read(65536)
            except SSL.Error:
                break
        for datagram in whole_records(bytes(written)):
            await self.transport._send(datagram)


def whole_records(written: bytes) -> list[bytes]:
    """Cut a flight of DTLS records into datagrams of at most `DATAGRAM` bytes, never inside a record."""
    datagrams: list[bytes] = []
    begin = end = 0
    while end < len(written):
        after = end + _RECORD_HEADER + int.from_bytes(written[end + 11 : end + 13])
        if after - begin > DATAGRAM and end > begin:
            datagrams.append(written[begin:end])
            begin = end
        end = after
    if begin < len(written):
        datagrams.append(written[begin:])
    return datagrams


def new_certificate() -> RTCCertificate:
    """A self-signed ECDSA certificate, good for 30 days; one serves every peer of a node."""
    return RTCCertificate.generateCertificate()


def fingerprint(certificate: RTCCertificate) -> str:
    """The SHA-256 fingerprint as SDP writes it: `AB:CD:…`."""
    return next(str(f.value) for f in certificate.getFingerprints() if f.algorithm == "sha-256")


class Dtls:
    """One peer's association. `start` once its address is known; `feed` every datagram of RFC 7983's range 20-63."""

    def __init__(
        self, certificate: RTCCertificate, role: Literal["client", "server"], send: Callable[[bytes], object]
    ) -> None:
        self._pipe = _Pipe(send)
        self.transport: RTCDtlsTransport = _Transport(cast(Any, self._pipe), [certificate])
        self.transport._set_role(role)
        self.inbound: Srtp | None = None
        self.outbound: Srtp | None = None

    @property
    def dropped(self) -> int:
        """Datagrams that came faster than they were read."""
        return self._pipe.dropped

    @property
    def closed(self) -> bool:
        """Whether the peer said goodbye or the handshake failed."""
        return self.transport.state in ("closed", "failed")

    def feed(self, data: bytes) -> None:
        """One datagram from the peer."""
        if data:
            self._pipe.feed(data)

    async def start(self, fingerprints: Sequence[tuple[str, str]], patience: float = 15.0) -> None:
        """Shake hands within `patience` seconds and take the keys. Raises `DtlsFailed`.

        `fingerprints`: (algorithm, value) of the peer's SDP.
        """
        parameters = RTCDtlsParameters(
            fingerprints=[RTCDtlsFingerprint(algorithm=kind, value=value) for kind, value in fingerprints]
        )
        try:
            await asyncio.wait_for(self.transport.start(parameters), patience)
        except (TimeoutError, ConnectionError, SSL.Error) as error:
            raise DtlsFailed("handshake") from error
        if self.transport.state != "connected":
            raise DtlsFailed(self.transport.state)
        self._take_keys()

    def _take_keys(self) -> None:
        connection: Any = self.transport._ssl
        chosen = connection.get_selected_srtp_profile()
        profile = next(p for p in self.transport._srtp_profiles if p.openssl_profile == chosen)
        material = connection.export_keying_material(
            b"EXTRACTOR-dtls_srtp", 2 * (profile.key_length + profile.salt_length)
        )
        server = self.transport._role == "server"
        self.inbound, self.outbound = srtp_pair(profile, material, server=server)

    async def stop(self) -> None:
        """Say goodbye and end the reading task."""
        await self.transport.stop()
