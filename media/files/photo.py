"""A photo: what it says about itself, upright pictures to look at, tiles where it is large."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from media.files.errors import NotMedia
from media.files.kind import Kind, sniff
from media.files.source import Source
from media.files.work import Asked, Limits, Progress, idle, never, work

THUMBNAIL, VIEW, TILE = 320, 2048, 512
"""Longest edges in pixels: of the thumbnail, of the picture on a page, of a tile."""
LARGE = 4096
"""Pixels of an edge beyond which there are tiles."""
MOST_PIXELS = 220_000_000
"""Pixels of a photo at most: a decoded one takes 3 bytes each."""
FORMATS = ("jpeg", "png", "tiff", "webp", "heif", "avif")
LIMITS = Limits(seconds=180, cpu=170, memory=4 << 30, output=1 << 30)


@dataclass(frozen=True, slots=True)
class Photo:
    """`width` and `height` upright. `local`: the time that the camera says, ISO 8601 without a zone; `taken`: UTC, if
    the zone is known (`zone`: stated in EXIF, utc from the satellites, none). Place as in `telemetry.Sample`; `datum`
    of the altitude. `xmp`: drone-dji tags by name. `levels` of tiles `tiles/LEVEL/COLUMN_ROW.jpg`, the last one is full
    size; 0 when there are none. `thumbnail` and `view` are names in the folder."""

    format: str
    width: int
    height: int
    thumbnail: str
    view: str
    levels: int
    tile: int
    local: str | None
    taken: datetime | None
    zone: str
    latitude: float | None
    longitude: float | None
    altitude: float | None
    relative: float | None
    datum: str
    direction: float | None
    gimbal: tuple[float | None, float | None, float | None]
    """Yaw, pitch, roll, degrees."""
    make: str | None
    model: str | None
    lens: str | None
    software: str | None
    iso: float | None
    shutter: float | None
    fnum: float | None
    focal: float | None
    xmp: dict[str, str]
    damage: tuple[str, ...]


def develop(
    source: Source,
    folder: Path,
    kind: Kind | None = None,
    progress: Progress = idle,
    cancelled: Asked = never,
) -> Photo:
    """Write thumbnail.jpg, view.jpg and tiles/. Raises a `FileRefused`."""
    kind = kind or sniff(source)
    if kind.kind != "photo" or kind.format not in FORMATS:
        raise NotMedia(f"{kind.format} is no photo")
    facts: dict[str, Any] = {
        "format": kind.format,
        "edges": [THUMBNAIL, VIEW],
        "tile": TILE,
        "large": LARGE,
        "pixels": MOST_PIXELS,
    }
    answer = work("photo", facts, source, LIMITS, folder, progress, cancelled)
    taken = answer.pop("taken")
    yaw, pitch, roll = answer.pop("gimbal")
    return Photo(
        taken=datetime.fromisoformat(taken) if taken else None,
        gimbal=(yaw, pitch, roll),
        damage=tuple(answer.pop("damage")),
        **answer,
    )
