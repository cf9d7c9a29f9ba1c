"""What is derived from a film by looking at it, in one walk and decode: poster, storyboard, sound wave, quality.

Key frames are decoded, no others, where they come at least every `KEY_INTERVAL` seconds; else every picture is decoded
and one a second is looked at. Sound is decoded in the same walk.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from media.files.examine import FORMATS, Media
from media.files.source import Source
from media.files.work import Asked, Limits, Progress, idle, never, work

TILES = 100
"""Pictures of a storyboard at most."""
TILE_WIDTH = 192
POSTER_WIDTH = 1280
KEY_INTERVAL = 12.0
"""Seconds between key frames up to which only they are looked at."""
MEMORY = 3 << 30
"""Bytes of address space; what is used stays below 400 MB at 1080p."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` is black, frozen or blurred, from `start` to `end` seconds, as far as the samples tell."""

    code: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Quality:
    """`sharpness` is the median variance of the Laplacian at 640 pixels of width, `brightness` the mean luma of 255;
    `samples` pictures were looked at, `step` seconds apart in the median; `broken` could not be decoded."""

    sharpness: float
    brightness: float
    samples: int
    step: float
    broken: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Derived:
    """What was written: names in the folder, None where there is nothing of the kind. `tiles` pictures, `columns` in a
    row, each `tile` wide and high, in the storyboard; `poster_time` seconds of the poster's picture."""

    poster: str | None
    poster_time: float | None
    storyboard: str | None
    vtt: str | None
    tile: tuple[int, int]
    tiles: int
    columns: int
    waveform: str | None
    quality: Quality | None


def derive(source: Source, media: Media, folder: Path, progress: Progress = idle, cancelled: Asked = never) -> Derived:
    """Write poster.jpg, storyboard.jpg, storyboard.vtt and waveform.json. Raises a `FileRefused`.

    The waveform is audiowaveform's JSON: version 2, one channel, 8 bits, smallest and largest of each pixel.
    """
    facts: dict[str, Any] = {
        "format": FORMATS[media.format],
        "edits": "edit-list-ignored" not in media.damage,
        "cut": "truncated" in media.damage,
        "video": media.video.index if media.video and media.video.shown[0] else None,
        "audio": media.audio.index if media.audio else None,
        "seconds": media.seconds,
        "rotation": media.video.rotation if media.video else 0,
        "hdr": media.video.hdr if media.video else None,
        "tiles": TILES,
        "tile_width": TILE_WIDTH,
        "poster_width": POSTER_WIDTH,
        "key_interval": KEY_INTERVAL,
    }
    patience = 120 + media.seconds * 2
    limits = Limits(patience, int(patience) * 2, MEMORY, 256 << 20)
    answer = work("derive", facts, source, limits, folder, progress, cancelled)
    quality = answer.pop("quality")
    if quality:
        findings = tuple(Finding(*one) for one in quality.pop("findings"))
        quality = Quality(findings=findings, **quality)
    tile = answer.pop("tile")
    return Derived(quality=quality, tile=(tile[0], tile[1]), **answer)
