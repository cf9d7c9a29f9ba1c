"""Single pictures out of a finished film: the very ones that a player presents at moments of its table."""

from collections.abc import Sequence
from pathlib import Path

from media.files.errors import NothingToSee
from media.files.examine import FORMATS, Media
from media.files.source import Source
from media.files.work import Asked, Limits, Progress, idle, never, work

WIDTH = 1920
"""Pixels of the widest picture, before it is turned."""
EACH = 30
"""Seconds that one may take."""


def stills(
    source: Source,
    media: Media,
    times: Sequence[int],
    folder: Path,
    progress: Progress = idle,
    cancelled: Asked = never,
) -> list[str]:
    """Write still-TIME.jpg for each of `times`, ticks of the film's own table; the names of those that were there.

    Decodes in a limited child. Raises a `FileRefused`.
    """
    if media.video is None:
        raise NothingToSee("no picture")
    facts = {
        "format": FORMATS[media.format],
        "edits": "edit-list-ignored" not in media.damage,
        "cut": "truncated" in media.damage,
        "video": media.video.index,
        "rotation": media.video.rotation,
        "hdr": media.video.hdr,
        "width": WIDTH,
        "times": list(times),
    }
    patience = 60 + EACH * len(times)
    answer = work("still", facts, source, Limits(patience, patience, 2 << 30, 512 << 20), folder, progress, cancelled)
    return [f"still-{time}.jpg" for time in answer["made"]]
