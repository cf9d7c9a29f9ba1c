"""Session descriptions (RFC 8866, RFC 8829) as far as one bundled WebRTC connection needs them: text in, values out.

    offer = parse(text)                 # raises BadDescription("sdp-invalid")
    offer.transport                     # whom to expect: ufrag, password, fingerprints, setup
    for media in offer.medias: ...      # kind, direction, codecs, extensions, ssrcs

`media.live.codecs` chooses, `media.live.answer` writes the answer. aiortc's own parser is not used here: it forgets
`rid` and attributes of the session level, and fails with whatever exception a malformed line happens to cause.
What is not understood is skipped, as the RFCs ask; what is understood must be well-formed.
"""

import re
from collections.abc import Iterable
from ipaddress import ip_address

from media.live.description import BadDescription, Codec, Description, Media, Transport

LONGEST = 64 * 1024  # characters
MOST_MEDIAS = 16
MOST_LINES = 4000

_M_LINE = re.compile(r"(audio|video|application|text|message|image) (\d{1,5})(?:/\d+)? ([A-Za-z/]{1,40}) (.+)")
_MID = re.compile(r"[!#-'*+\-.0-9A-Z^-~]{1,64}")
_RID = re.compile(r"[A-Za-z0-9]{1,16}")  # RFC 8852, 3; as long as an element of one-byte header extensions may be
_ICE = re.compile(r"[A-Za-z0-9+/=_-]{4,256}")  # '=', '_', '-' are outside RFC 8839's ice-char, yet in use
_FINGERPRINT = re.compile(r"(sha-256|sha-384|sha-512) ((?:[0-9A-F]{2}:){31,63}[0-9A-F]{2})", re.IGNORECASE)
_DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
_SETUPS = ("actpass", "active", "passive")
_Line = tuple[str, str]  # attribute and value
_RTCP = range(64, 96)  # payload types that a multiplexed RTCP packet would look like (RFC 5761 § 4)


def parse(text: str) -> Description:
    """Read an offer or an answer. Raises `BadDescription` (`sdp-invalid`)."""
    session, sections = _sections(text)
    medias = tuple(_media(session, head, lines) for head, lines in sections)
    mids = [media.mid for media in medias]
    if len(set(mids)) != len(mids):
        raise _invalid("two sections of one mid")
    return Description(
        medias,
        _bundle(session),
        _transport(session, [lines for _, lines in sections], medias, _bundle(session)),
        ice_lite=any(name == "ice-lite" for name, _ in session),
    )


def parse_fragment(text: str) -> tuple[str, str] | None:
    """(ufrag, password) of a trickle-ice-sdpfrag (RFC 8840); None when it names none. Raises `BadDescription`."""
    lines = _attributes(_lines(text))
    ufrag, password = _last(lines, "ice-ufrag"), _last(lines, "ice-pwd")
    if not ufrag and not password:
        return None
    return _credentials(ufrag, password)


def _sections(text: str) -> tuple[list[_Line], list[tuple[re.Match[str], list[_Line]]]]:
    lines = _lines(text)
    if not lines or lines[0] != "v=0":
        raise _invalid("does not begin with v=0")
    starts = [at for at, line in enumerate(lines) if line.startswith("m=")]
    if not 1 <= len(starts) <= MOST_MEDIAS:
        raise _invalid(f"{len(starts)} media sections")
    sections = []
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        head = _M_LINE.fullmatch(lines[start][2:])
        if head is None:
            raise _invalid("malformed m-line")
        sections.append((head, _attributes(lines[start + 1 : end])))
    return _attributes(lines[: starts[0]]), sections


def _lines(text: str) -> list[str]:
    if len(text) > LONGEST:
        raise _invalid("too long")
    lines = [line.rstrip("\r") for line in text.split("\n")]
    if len(lines) > MOST_LINES or "\0" in text:
        raise _invalid("too many lines or a NUL")
    return [line for line in lines if line]


def _attributes(lines: Iterable[str]) -> list[_Line]:
    found = []
    for line in lines:
        if line.startswith("a="):
            name, _, value = line[2:].partition(":")
            found.append((name, value.strip()))
    return found


def _media(session: list[_Line], head: re.Match[str], lines: list[_Line]) -> Media:
    kind, port, protocol, formats = head[1], int(head[2]), head[3], tuple(head[4].split())
    streams = _streams(lines)
    if any(name == "bundle-only" for name, _ in lines):
        port = port or 9  # nought means "only bundled" here, not "rejected" (RFC 9143 § 6)
    return Media(
        kind=kind,
        mid=_mid(lines),
        port=port,
        protocol=protocol,
        formats=formats[:128],
        direction=_direction(lines) or _direction(session) or "sendrecv",
        codecs=_codecs(lines, formats) if kind in ("audio", "video") else (),
        extensions=_extensions(session) | _extensions(lines),
        ssrcs=streams[0],
        rtx_ssrcs=streams[1],
        msid=_last(lines, "msid"),
        cname=streams[2],
        layers=_layers(lines),
        reduced_rtcp=any(name == "rtcp-rsize" for name, _ in lines),
        sctp_port=_number(_last(lines, "sctp-port") or "0", 65535),
        max_message_size=_number(_last(lines, "max-message-size") or "65536", 1 << 48),
    )


def _mid(lines: list[_Line]) -> str:
    mid = _last(lines, "mid")
    if mid and not _MID.fullmatch(mid):
        raise _invalid("malformed mid")
    return mid


def _direction(lines: list[_Line]) -> str:
    return next((name for name, _ in lines if name in _DIRECTIONS), "")


def _codecs(lines: list[_Line], formats: tuple[str, ...]) -> tuple[Codec, ...]:
    maps = dict(_numbered(lines, "rtpmap"))
    parameters = dict(_numbered(lines, "fmtp"))
    feedback = [v.partition(" ")[::2] for n, v in lines if n == "rtcp-fb"]
    codecs = []
    for payload_type in dict.fromkeys(_number(text, 127) for text in formats):
        shape = re.fullmatch(r"([\w.+-]{1,40})/(\d{1,7})(?:/(\d{1,2}))?", maps.get(payload_type, ""))
        if shape is None or payload_type in _RTCP:
            continue  # a static type without a map is none of ours
        told = dict.fromkeys(what.strip() for who, what in feedback if who in ("*", str(payload_type)))
        codecs.append(
            Codec(
                payload_type,
                shape[1],
                int(shape[2]),
                int(shape[3] or 1),
                _parameters(parameters.get(payload_type, "")),
                tuple(told),
            )
        )
    return tuple(codecs)


def _numbered(lines: list[_Line], name: str) -> Iterable[tuple[int, str]]:
    for attribute, value in lines:
        if attribute == name:
            number, _, rest = value.partition(" ")
            if number != "*":
                yield _number(number, 127), rest.strip()


def _parameters(text: str) -> dict[str, str]:
    pairs = (part.strip().partition("=") for part in text.split(";") if part.strip())
    return {key.strip().lower(): value.strip() for key, _, value in pairs}


def _extensions(lines: list[_Line]) -> dict[str, int]:
    found = {}
    for name, value in lines:
        if name == "extmap":
            words = value.split()
            if len(words) < 2:
                raise _invalid("malformed extmap")
            found[words[1]] = _number(words[0].partition("/")[0], 4096)
    return found


def _streams(lines: list[_Line]) -> tuple[tuple[int, ...], dict[int, int], str]:
    """SSRCs that are not retransmissions, the pairs, and the CNAME."""
    named: dict[int, None] = {}
    pairs: dict[int, int] = {}
    cname = ""
    for name, value in lines:
        words = value.split()
        if name == "ssrc" and words:
            named[_number(words[0], 0xFFFFFFFF)] = None
            if len(words) > 1 and words[1].startswith("cname:"):
                cname = words[1][6:]
        elif name == "ssrc-group" and words[:1] == ["FID"] and len(words) == 3:
            pairs[_number(words[1], 0xFFFFFFFF)] = _number(words[2], 0xFFFFFFFF)
    return tuple(ssrc for ssrc in named if ssrc not in pairs.values()), pairs, cname


def _layers(lines: list[_Line]) -> tuple[str, ...]:
    """What `a=simulcast` says is sent, as far as `a=rid` tells of it (RFC 8853, 5.1); of alternatives the first."""
    told = {value.split()[0] for name, value in lines if name == "rid" and value.split()[1:2] == ["send"]}
    words = _last(lines, "simulcast").split()
    sent = words[words.index("send") + 1 :][:1] if "send" in words else []
    firsts = (one.partition(",")[0].removeprefix("~") for one in sent[0].split(";")) if sent else ()
    return tuple(dict.fromkeys(one for one in firsts if one in told and _RID.fullmatch(one)))


def _bundle(session: list[_Line]) -> tuple[str, ...]:
    groups = [value.split() for name, value in session if name == "group"]
    return next((tuple(words[1:]) for words in groups if words[:1] == ["BUNDLE"]), ())


def _transport(
    session: list[_Line], sections: list[list[_Line]], medias: tuple[Media, ...], bundle: tuple[str, ...]
) -> Transport:
    """That of the first accepted section of the bundle, or of the first accepted one (RFC 9143 § 7.2)."""
    accepted = [at for at, media in enumerate(medias) if media.port] or [0]
    lines = sections[next((at for at in accepted if medias[at].mid in bundle), accepted[0])]
    ufrag, password = _credentials(
        _last(lines, "ice-ufrag") or _last(session, "ice-ufrag"),
        _last(lines, "ice-pwd") or _last(session, "ice-pwd"),
    )
    setup = _last(lines, "setup") or _last(session, "setup")
    if setup not in _SETUPS:
        raise _invalid("no usable setup")
    prints = [_FINGERPRINT.fullmatch(v) for n, v in (*lines, *session) if n == "fingerprint"]
    fingerprints = tuple(dict.fromkeys((p[1].lower(), p[2].upper()) for p in prints if p is not None))
    if not fingerprints:
        raise _invalid("no usable fingerprint")
    return Transport(ufrag, password, fingerprints, setup, _candidates(lines))


def _credentials(ufrag: str, password: str) -> tuple[str, str]:
    if not _ICE.fullmatch(ufrag) or not _ICE.fullmatch(password) or len(password) < 22:
        raise _invalid("no usable ICE credentials")
    return ufrag, password


def _candidates(lines: list[_Line]) -> tuple[tuple[str, int], ...]:
    """UDP candidates of component 1 by falling priority; a name (mDNS) or a malformed line is dropped silently."""
    found = []
    for name, value in lines:
        words = value.split()
        if name != "candidate" or len(words) < 8 or words[1] != "1" or words[2].lower() != "udp":
            continue
        try:
            found.append((-int(words[3]), str(ip_address(words[4])), int(words[5])))
        except ValueError:
            continue
    return tuple((ip, port) for _, ip, port in sorted(found, key=lambda c: c[0]) if 0 < port < 65536)


def _last(lines: list[_Line], name: str) -> str:
    return next((value for attribute, value in reversed(lines) if attribute == name), "")


def _number(text: str, highest: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 15 and int(text) <= highest):
        raise _invalid("malformed number")
    return int(text)


def _invalid(why: str) -> BadDescription:
    return BadDescription("sdp-invalid", why)
