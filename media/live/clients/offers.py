"""Offers of our own clients: one BUNDLE, H.264 and Opus with retransmission, the data channel where it is wanted."""

from collections.abc import Sequence
from dataclasses import dataclass

PROFILES = ("42e01f", "42001f", "4d001f", "64001f", "640c1f")


@dataclass(frozen=True, slots=True)
class Offering:
    """One side's own facts. `ssrcs`: kind to (media, retransmission), for a client that sends."""

    ufrag: str
    password: str
    fingerprint: str
    ssrcs: dict[str, tuple[int, int]]
    channel: bool = False


def offer(mine: Offering, kinds: Sequence[str], direction: str, profiles: Sequence[str] = PROFILES) -> str:
    """The SDP that offers `kinds` ("audio", "video") in one direction ("sendonly", "recvonly")."""
    sections = []
    for mid, kind in enumerate([*kinds, *(["application"] if mine.channel else [])]):
        head = _channel() if kind == "application" else _stream(kind, direction, mine, profiles)
        transport = [
            "c=IN IP4 0.0.0.0",
            f"a=mid:{mid}",
            f"a=ice-ufrag:{mine.ufrag}",
            f"a=ice-pwd:{mine.password}",
            f"a=fingerprint:sha-256 {mine.fingerprint}",
            "a=setup:actpass",
        ]
        sections.append([head[0], *transport, *head[1:]])
    group = " ".join(str(mid) for mid in range(len(sections)))
    lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", f"a=group:BUNDLE {group}"]
    return "\r\n".join([*lines, *(line for section in sections for line in section)]) + "\r\n"


def _stream(kind: str, direction: str, mine: Offering, profiles: Sequence[str]) -> list[str]:
    if kind == "video":
        types = [(96 + 2 * at, profile) for at, profile in enumerate(profiles)]
        codecs = [line for number, profile in types for line in _h264(number, profile)]
        numbers = " ".join(f"{number} {number + 1}" for number, _ in types)
    else:
        codecs = ["a=rtpmap:111 opus/48000/2", "a=fmtp:111 minptime=10;useinbandfec=1"]
        numbers = "111"
    lines = [f"m={kind} 9 UDP/TLS/RTP/SAVPF {numbers}", f"a={direction}", "a=rtcp-mux", "a=rtcp-rsize", *codecs]
    if direction == "sendonly":
        ssrc, rtx = mine.ssrcs[kind]
        lines.append(f"a=msid:takan takan-{kind}")
        if kind == "video":
            lines.append(f"a=ssrc-group:FID {ssrc} {rtx}")
        lines += [f"a=ssrc:{number} cname:takan" for number in ((ssrc, rtx) if kind == "video" else (ssrc,))]
    return lines


def _h264(number: int, profile: str) -> list[str]:
    return [
        f"a=rtpmap:{number} H264/90000",
        f"a=fmtp:{number} level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={profile}",
        *(f"a=rtcp-fb:{number} {told}" for told in ("nack", "nack pli", "ccm fir", "goog-remb")),
        f"a=rtpmap:{number + 1} rtx/90000",
        f"a=fmtp:{number + 1} apt={number}",
    ]


def _channel() -> list[str]:
    return [
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
        "a=sctp-port:5000",
        "a=max-message-size:65536",
    ]
