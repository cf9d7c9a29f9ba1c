"""Answers of an ICE-lite node to WHIP (RFC 9725) and WHEP offers: one transport, one codec a section.

    answer = answer_publisher(offer, local)                       # WHIP: we receive
    answer = answer_viewer(offer, local, published, streams)      # WHEP: we send
    answer.text      the SDP;  answer.setup  our DTLS role: "passive" waits, "active" begins
    answer.agreed    the sections that carry something: by kind, at most one each
    answer.channel   the section of the data channels, None without one

    restart_fragment(offer, local)                                # PATCH: an ICE restart is answered

The first two raise `BadDescription`: `codec-refused` when a section offers only codecs that we do not take,
`sdp-invalid` when the offer has nothing to do. What is extra (a second camera, an unknown kind of media) is declined,
not refused.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address

from media.live.codecs import Choice, choose
from media.live.description import BadDescription, Codec, Description, Media

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
TRANSPORT_WIDE_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
MOST_LAYERS = 3  # of one picture; of more the first ones are taken
# The orientation extension is left out on purpose: without it the sender turns the picture itself.
PUBLISHER_EXTENSIONS = frozenset({MID, ABS_SEND_TIME, TRANSPORT_WIDE_CC, RID, REPAIRED_RID})
# Towards a viewer streams are told apart by SSRC; ids of the publisher's extensions mean nothing to him.
VIEWER_EXTENSIONS: frozenset[str] = frozenset()
PUBLISHER_FEEDBACK = ("nack", "nack pli", "ccm fir", "goog-remb", "transport-cc")
VIEWER_FEEDBACK = ("nack", "nack pli", "ccm fir", "goog-remb")
LARGEST_MESSAGE = 65536  # bytes, of a data channel


@dataclass(frozen=True, slots=True)
class Local:
    """Our end: credentials of this session, the fingerprint of our certificate, where we are reached (UDP)."""

    ufrag: str
    password: str
    fingerprint: str  # SHA-256, as in `12:AB:…`
    candidates: tuple[tuple[str, int], ...]  # (ip, port), the preferred one first: ffmpeg up to 8 takes no other
    session_id: int  # below 2^62, for the o-line
    version: int = 1


@dataclass(frozen=True, slots=True)
class SendAs:
    """What we send to a viewer in one section."""

    ssrc: int
    rtx_ssrc: int
    stream: str  # the msid's stream, the same for what is to be played in sync
    track: str


@dataclass(frozen=True, slots=True)
class Agreed:
    """One section that carries media. `extensions` and `feedback` are those that both sides know."""

    offered: Media
    codec: Codec
    rtx: Codec | None
    direction: str  # ours: "recvonly" | "sendonly"
    extensions: dict[str, int]
    feedback: tuple[str, ...]
    sends: SendAs | None = None
    layers: tuple[str, ...] = ()
    """By `rid`, two or more: what comes at once as simulcast (RFC 8853). Empty without it."""


@dataclass(frozen=True, slots=True)
class Answer:
    text: str
    setup: str  # "active" | "passive"
    agreed: dict[str, Agreed]
    channel: Media | None
    ufrag: str
    password: str


@dataclass(frozen=True, slots=True)
class _Rules:
    direction: str
    wants: Callable[[Media], bool]
    extensions: frozenset[str]
    feedback: tuple[str, ...]
    published: Mapping[str, Codec] = field(default_factory=dict)
    streams: Mapping[str, SendAs] = field(default_factory=dict)


def answer_publisher(offer: Description, local: Local, before: Mapping[str, Codec] | None = None) -> Answer:
    """Receive the first audio and the first video that are offered to be sent.

    `before`: kind to the codec that this publisher's tracks have already; they go on with it.
    """
    rules = _Rules("recvonly", lambda media: media.sends, PUBLISHER_EXTENSIONS, PUBLISHER_FEEDBACK, before or {})
    return _answer(offer, local, rules)


def answer_viewer(
    offer: Description, local: Local, published: Mapping[str, Codec], streams: Mapping[str, SendAs]
) -> Answer:
    """Send by `streams` (kind to identity) what is published (kind to codec; a kind not there yet may come later)."""
    rules = _Rules("sendonly", lambda media: media.receives, VIEWER_EXTENSIONS, VIEWER_FEEDBACK, published, streams)
    return _answer(offer, local, rules)


def restart_fragment(offer: Description, local: Local) -> str:
    """The trickle-ice-sdpfrag that answers an ICE restart (RFC 9725 § 4.3.3): new credentials, the same addresses."""
    first = next(media for media in offer.medias if media.port)
    lines = ["a=ice-lite", f"m={first.kind} 9 {first.protocol} 0", *_mid(first)]
    lines += [f"a=ice-ufrag:{local.ufrag}", f"a=ice-pwd:{local.password}", *_candidates(local)]
    return "\r\n".join(lines) + "\r\n"


def _answer(offer: Description, local: Local, rules: _Rules) -> Answer:
    agreed: dict[str, Agreed] = {}
    channel: Media | None = None
    bodies: list[tuple[Media, list[str] | None]] = []  # None: declined
    for media in offer.medias:
        section = None
        if not media.port or not _bundled(media, offer):
            pass
        elif media.kind == "application":
            if channel is None and media.sctp_port and media.formats == ("webrtc-datachannel",):
                channel, section = media, _channel(media)
        elif media.kind in ("audio", "video"):
            section = _stream(media, rules, agreed)
        bodies.append((media, section))
    if not agreed:
        raise BadDescription("sdp-invalid", "the offer has nothing to send or to receive")
    setup = "active" if offer.transport.setup == "passive" else "passive"
    text = _session(offer, local, bodies) + _written(local, setup, bodies)
    return Answer("\r\n".join(text) + "\r\n", setup, agreed, channel, local.ufrag, local.password)


def _bundled(media: Media, offer: Description) -> bool:
    """Whether a section shares our one transport: it is in the bundle; without a bundle, the first one alone."""
    if not offer.bundle:
        return media is next(one for one in offer.medias if one.port)
    return media.mid in offer.bundle or len([one for one in offer.medias if one.port]) == 1


def _stream(media: Media, rules: _Rules, agreed: dict[str, Agreed]) -> list[str] | None:
    choice = choose(media, rules.published.get(media.kind))
    extra = not rules.wants(media) or media.kind in agreed
    if choice is None:
        if extra:
            return None
        names = ", ".join(sorted({codec.name for codec in media.codecs}))
        raise BadDescription("codec-refused", f"{media.kind}: none of {names or 'nothing'} is taken")
    layers = () if extra or rules.direction != "recvonly" else _layers(media)
    extensions = rules.extensions if layers else rules.extensions - {RID, REPAIRED_RID}
    entry = Agreed(
        media,
        choice.codec,
        choice.rtx,
        "inactive" if extra else rules.direction,
        {uri: n for uri, n in media.extensions.items() if uri in extensions and 1 <= n <= 14},
        tuple(told for told in rules.feedback if told in choice.codec.feedback),
        None if extra else rules.streams.get(media.kind),
        layers,
    )
    if not extra:
        agreed[media.kind] = entry
    return _stream_lines(entry, choice)


def _layers(media: Media) -> tuple[str, ...]:
    """The layers that are taken; none where packets would not say to which one they belong."""
    layers = media.layers[:MOST_LAYERS]
    return layers if len(layers) > 1 and 1 <= media.extensions.get(RID, 0) <= 14 else ()


def _session(offer: Description, local: Local, bodies: list[tuple[Media, list[str] | None]]) -> list[str]:
    lines = [
        "v=0",
        f"o=- {local.session_id} {local.version} IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=ice-lite",
    ]
    accepted = {media.mid for media, section in bodies if section is not None}
    # In the order of the offer, without what does not exist: ffmpeg up to 8 always names two sections.
    group = [mid for mid in offer.bundle if mid in accepted]
    return [*lines, *([f"a=group:BUNDLE {' '.join(group)}"] if group else [])]


def _written(local: Local, setup: str, bodies: list[tuple[Media, list[str] | None]]) -> list[str]:
    lines: list[str] = []
    candidates = _candidates(local)
    for media, section in bodies:
        formats = " ".join(media.formats)
        if section is None:
            lines += [f"m={media.kind} 0 {media.protocol} {formats}", "c=IN IP4 0.0.0.0", *_mid(media)]
            lines += ["a=inactive"]
            continue
        lines += [section[0], "c=IN IP4 0.0.0.0", *_mid(media)]
        lines += [f"a=ice-ufrag:{local.ufrag}", f"a=ice-pwd:{local.password}"]
        lines += [f"a=fingerprint:sha-256 {local.fingerprint}", f"a=setup:{setup}", *candidates, *section[1:]]
        candidates = []  # one transport: its candidates stand in its first section
    return lines


def _candidates(local: Local) -> list[str]:
    lines = []
    for at, (ip, port) in enumerate(local.candidates):
        # Host preference 126, local preference falling, component 1 (RFC 8445 § 5.1.2.1).
        priority = (126 << 24) + ((65535 - at) << 8) + 255
        lines.append(f"a=candidate:{at + 1} 1 udp {priority} {ip_address(ip)} {port} typ host")
    return [*lines, "a=end-of-candidates"]


def _mid(media: Media) -> list[str]:
    return [f"a=mid:{media.mid}"] if media.mid else []


def _stream_lines(entry: Agreed, choice: Choice) -> list[str]:
    codecs = [choice.codec] + ([choice.rtx] if choice.rtx else [])
    types = " ".join(str(codec.payload_type) for codec in codecs)
    lines = [f"m={entry.offered.kind} 9 {entry.offered.protocol} {types}", f"a={entry.direction}"]
    lines += ["a=rtcp-mux"] + (["a=rtcp-rsize"] if entry.offered.reduced_rtcp else [])
    lines += [f"a=extmap:{number} {uri}" for uri, number in entry.extensions.items()]
    for codec in codecs:
        channels = f"/{codec.channels}" if codec.channels > 1 else ""
        lines.append(f"a=rtpmap:{codec.payload_type} {codec.name}/{codec.clock_rate}{channels}")
        if codec.parameters:
            pairs = (f"{key}={value}" if value else key for key, value in codec.parameters.items())
            lines.append(f"a=fmtp:{codec.payload_type} {';'.join(pairs)}")
    lines += [f"a=rtcp-fb:{choice.codec.payload_type} {told}" for told in entry.feedback]
    lines += [f"a=rid:{layer} recv" for layer in entry.layers]
    lines += [f"a=simulcast:recv {';'.join(entry.layers)}"] if entry.layers else []
    return lines + _identity(entry)


def _identity(entry: Agreed) -> list[str]:
    sends = entry.sends
    if sends is None:
        return []
    lines = [f"a=msid:{sends.stream} {sends.track}"]
    if entry.rtx is not None:
        lines.append(f"a=ssrc-group:FID {sends.ssrc} {sends.rtx_ssrc}")
    lines.append(f"a=ssrc:{sends.ssrc} cname:{sends.stream}")
    return lines + ([f"a=ssrc:{sends.rtx_ssrc} cname:{sends.stream}"] if entry.rtx is not None else [])


def _channel(media: Media) -> list[str]:
    return [
        f"m=application 9 {media.protocol} webrtc-datachannel",
        f"a=sctp-port:{media.sctp_port}",
        f"a=max-message-size:{LARGEST_MESSAGE}",
    ]
