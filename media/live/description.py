"""What a session description says, as frozen values. `media.live.sdp` reads them, `media.live.answer` writes them."""

from dataclasses import dataclass, field


class BadDescription(Exception):
    """A description that cannot be used. `code` is stable: `sdp-invalid`, `codec-refused`; the text is for a log."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


@dataclass(frozen=True, slots=True)
class Codec:
    """One payload type. `feedback` holds `rtcp-fb` values as written: `nack`, `nack pli`, `ccm fir`, `goog-remb`."""

    payload_type: int
    name: str  # as offered; compare in lower case
    clock_rate: int
    channels: int = 1
    parameters: dict[str, str] = field(default_factory=dict)  # of fmtp; a bare value has itself as key and ""
    feedback: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Transport:
    """The other side of ICE and DTLS. `candidates` are UDP addresses (ip, port), the preferred one first."""

    ufrag: str
    password: str
    fingerprints: tuple[tuple[str, str], ...]  # algorithm in lower case, value in upper case
    setup: str  # "actpass" | "active" | "passive"
    candidates: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Media:
    """One m-section. `mid` is "" when it has none; a rejected section has port 0."""

    kind: str  # "audio" | "video" | "application", or a kind that we never accept
    mid: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    direction: str
    codecs: tuple[Codec, ...] = ()
    extensions: dict[str, int] = field(default_factory=dict)  # URI to id
    ssrcs: tuple[int, ...] = ()
    rtx_ssrcs: dict[int, int] = field(default_factory=dict)  # a stream's SSRC to that of its retransmissions
    msid: str = ""
    cname: str = ""
    layers: tuple[str, ...] = ()  # by `rid`: what is sent at once as simulcast (RFC 8853), in the offer's order
    reduced_rtcp: bool = False
    sctp_port: int = 0
    max_message_size: int = 65536

    @property
    def sends(self) -> bool:
        return self.direction in ("sendrecv", "sendonly")

    @property
    def receives(self) -> bool:
        return self.direction in ("sendrecv", "recvonly")

    def rtx(self, payload_type: int) -> Codec | None:
        """The codec that carries retransmissions of `payload_type` (RFC 4588)."""
        wanted = str(payload_type)
        return next((c for c in self.codecs if c.name.lower() == "rtx" and c.parameters.get("apt") == wanted), None)


@dataclass(frozen=True, slots=True)
class Description:
    """An offer or an answer whose accepted sections share one transport."""

    medias: tuple[Media, ...]
    bundle: tuple[str, ...]
    transport: Transport
    ice_lite: bool = False

    def first(self, kind: str) -> Media | None:
        """The first section of a kind that is not rejected."""
        return next((media for media in self.medias if media.kind == kind and media.port), None)
