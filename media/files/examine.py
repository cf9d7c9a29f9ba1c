"""What a film or a sound is made of: streams, colour, turns, times, damage, and whether browsers play it."""

from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from typing import Any

from media.files import boxes
from media.files.errors import NamesOtherFiles, NotMedia
from media.files.kind import Kind, sniff
from media.files.source import Source
from media.files.work import Limits, work

MOST_STREAMS = 64
"""Streams that are described; the rest is counted."""
MOST_EDITS = 1_000
"""Entries of an edit list that are followed; a longer one is not meant for playing and is ignored."""
MOST_PIXELS = 8192 * 8192
"""Pixels of the largest picture."""
LIMITS = Limits(seconds=60, cpu=40, memory=2 << 30, output=0)
"""Reading headers and decoding one picture."""
FORMATS = {
    "mov": "mov",
    "matroska": "matroska",
    "mpegts": "mpegts",
    "avi": "avi",
    "asf": "asf",
    "mpeg": "mpeg",
    "flv": "flv",
    "mxf": "mxf",
    "ogg": "ogg",
    "flac": "flac",
    "mp3": "mp3",
    "wav": "wav",
    "aac": "aac",
}
"""libav's demuxer for each layout that `kind` tells. It is always named, so that no playlist is ever followed."""
PICTURES = ("h264", "vp9", "av1")
SOUNDS = ("aac", "opus")
"""Codecs that every browser plays out of fragmented MP4."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream. `kind` is video, audio, data, subtitle or unknown; `time_base` seconds a tick; `seconds` may be None.

    Pictures: size as coded, `shown` as displayed (turned, square pixels), `rotation` degrees clockwise that a player
    turns it; `rate` pictures a second, None when unknown; `constant` when all last equally long; `hdr` None, pq or hlg.
    """

    index: int
    kind: str
    codec: str
    tag: str
    profile: str | None
    time_base: Fraction
    seconds: float | None
    language: str | None
    handler: str | None
    extradata: bool
    width: int = 0
    height: int = 0
    shown: tuple[int, int] = (0, 0)
    rotation: int = 0
    rate: Fraction | None = None
    constant: bool = True
    pixels: str | None = None
    bits: int = 8
    hdr: str | None = None
    colour: tuple[int, int, int, int] = (2, 2, 2, 0)
    """Primaries, transfer, matrix (ITU-T H.273) and range (1 limited, 2 full)."""
    attached: bool = False
    sample_rate: int = 0
    channels: int = 0


@dataclass(frozen=True, slots=True)
class Media:
    """A readable file. `edits`: none, offset (a start only) or odd; `damage` codes: truncated, edit-list-ignored,
    frames-undecodable, times-unusual; `why_not` codes why it is not played as it is: codec, bits, hdr, edit-list,
    damaged."""

    format: str
    container: str
    kind: str
    size: int
    seconds: float
    created: datetime | None
    location: tuple[float, float, float | None] | None
    make: str | None
    model: str | None
    software: str | None
    start: float
    streams: tuple[Stream, ...]
    stream_count: int
    video: Stream | None
    audio: Stream | None
    edits: str
    index_first: bool
    damage: tuple[str, ...]
    why_not: tuple[str, ...]

    @property
    def playable(self) -> bool:
        """Whether `package` gives what browsers play, without encoding the picture."""
        return not self.why_not


def examine(source: Source, kind: Kind | None = None) -> Media:
    """Examine a file in a limited child; of a remote one only what is needed is read. Raises a `FileRefused`."""
    kind = kind or sniff(source)
    layout = FORMATS.get(kind.format)
    if layout is None:
        raise NotMedia(f"{kind.kind} is not looked at as a film")
    facts: dict[str, Any] = {"format": layout, "edits": True, "pixels": MOST_PIXELS, "streams": MOST_STREAMS}
    found = None
    if kind.format == "mov":
        found = boxes.layout(source)
        facts |= {"edits": max(found.edits, default=0) <= MOST_EDITS, "cut": found.cut}
    answer = work("examine", facts, source, LIMITS)
    media = _media(answer, kind, source.size)
    if found:
        odd = not facts["edits"]
        damage = (*media.damage, *(["truncated"] if found.cut else []), *(["edit-list-ignored"] if odd else []))
        why_not = media.why_not if not odd else (*media.why_not, "edit-list")
        media = replace(media, index_first=found.index_first, damage=damage, why_not=why_not)
    return media


def _media(answer: dict[str, Any], kind: Kind, size: int) -> Media:
    streams = tuple(_stream(one) for one in answer.pop("streams"))
    by_index = {one.index: one for one in streams}
    video, audio = (by_index.get(answer.pop(name)) for name in ("video", "audio"))
    created = answer.pop("created")
    location = answer.pop("location")
    if answer.pop("outside"):
        raise NamesOtherFiles("media outside the file")
    return Media(
        format=kind.format,
        kind="video" if video else "audio",
        size=size,
        created=datetime.fromisoformat(created) if created else None,
        location=(location[0], location[1], location[2]) if location else None,
        streams=streams,
        video=video,
        audio=audio,
        damage=tuple(answer.pop("damage")),
        why_not=tuple(answer.pop("why_not")),
        index_first=True,
        **answer,
    )


def _stream(plain: dict[str, Any]) -> Stream:
    rate = plain.pop("rate")
    return Stream(
        time_base=Fraction(plain.pop("time_base")),
        rate=Fraction(rate) if rate else None,
        shown=(plain["shown"][0], plain.pop("shown")[1]),
        colour=tuple(plain.pop("colour")),
        **plain,
    )
