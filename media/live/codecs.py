"""Which offered codec is taken: a table in order of preference, and the choice among the rows' candidates.

A codec joins by a row in `ACCEPTED` (and, where one name has several shapes, a line in `_RANK`). A choice never
narrows what was offered: the answer repeats the offered parameters, the H.264 profile among them.
"""

from dataclasses import dataclass

from media.live.description import Codec, Media

# Kind, encoding name in lower case, clock rate. The first row that is offered wins.
ACCEPTED = (
    ("video", "h264", 90000),
    ("video", "av1", 90000),
    ("video", "vp9", 90000),
    ("video", "vp8", 90000),
    ("audio", "opus", 48000),
)
# How much an H.264 decoder of a profile can do; constrained baseline is told apart by its constraint bit.
_WIDTH = {0x42: 1, 0x58: 1, 0x4D: 2, 0x64: 3, 0x6E: 4, 0x7A: 5, 0xF4: 6}
_DEFAULT_PROFILE = "42000a"  # RFC 6184 § 8.1: baseline, level 1


@dataclass(frozen=True, slots=True)
class Choice:
    """The codec of one section, and the codec of its retransmissions where one was offered."""

    codec: Codec
    rtx: Codec | None


def choose(media: Media, like: Codec | None = None) -> Choice | None:
    """The codec taken for a section; for a viewer, the one that fits what is published (`like`) best.

    None when nothing fits. The order within a row is the offer's, packetization mode 1 before others.
    """
    for kind, name, clock_rate in ACCEPTED:
        if kind != media.kind or (like is not None and like.name.lower() != name):
            continue
        offered = [c for c in media.codecs if c.name.lower() == name and c.clock_rate == clock_rate]
        if offered:
            best = min(offered, key=lambda c: _rank(c, like) if name == "h264" else _other_profile(c, like))
            return Choice(best, media.rtx(best.payload_type))
    return None


def _rank(codec: Codec, like: Codec | None) -> tuple[bool, int]:
    """Lower is better; equals keep their order."""
    interleaved = codec.parameters.get("packetization-mode", "0") != "1"
    return interleaved, 0 if like is None or not like.parameters else _distance(_profile(codec), _profile(like))


def _other_profile(codec: Codec, like: Codec | None) -> tuple[bool, int]:
    """Lower is better: the published profile, else the plainest (RFC 9628 § 6, AV1's RTP payload format § 7.2.3)."""
    key = "profile-id" if codec.name.lower() == "vp9" else "profile"
    profile = codec.parameters.get(key, "0")
    wanted = like.parameters.get(key, "0") if like is not None else "0"
    return profile != wanted, int(profile) if profile.isdigit() else 99


def _distance(offered: tuple[int, int], published: tuple[int, int]) -> int:
    """0: the same profile and level at least; then the level too low, a wider profile, a narrower one."""
    if offered[0] == published[0]:
        return 0 if offered[1] >= published[1] else 1
    wider = offered[0] - published[0]
    return 1 + wider if wider > 0 else 10 - wider


def _profile(codec: Codec) -> tuple[int, int]:
    """(width, level) of a profile-level-id (RFC 6184 § 8.1); what is malformed counts as the default."""
    text = codec.parameters.get("profile-level-id", _DEFAULT_PROFILE)
    try:
        idc, constraints, level = bytes.fromhex(text)
    except ValueError:
        idc, constraints, level = bytes.fromhex(_DEFAULT_PROFILE)
    constrained = idc == 0x42 and bool(constraints & 0x40)
    return 0 if constrained else _WIDTH.get(idc, 0), level
