"""A film whose camera lost power before it wrote the index: its pictures and sound are found in the data themselves.

H.264 and HEVC with AAC, as cameras write them. Parameter sets are from the data, from what there is of the index, or
from a whole film of the same camera; they count only when the first picture decodes. Times are estimated: pictures are
shown evenly, at the rate that the stream, the other film or the sound tells.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from media.files import boxes, lent
from media.files.errors import NoIndex, Truncated
from media.files.package import LONGEST, TARGET
from media.files.remux import joined
from media.files.source import Source
from media.files.work import Asked, Limits, Progress, idle, never, work

FILE = "recovered.mp4"
TELEMETRY = "telemetry.bin"
MOST_LENDERS = 20
MEMORY = 3 << 30
"""Bytes of address space of the child."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """`file` in the folder. `rate` is from the stream, the reference, the sound, or assumed (`rate_from`); `sound` its
    seconds, 0 for none; `reference` which of the lenders helped; `telemetry` so many messages of a drone are in
    telemetry.bin, for `telemetry.read.read_kept`; `unread` bytes could not be told apart."""

    file: str
    codec: str
    width: int
    height: int
    pictures: int
    seconds: float
    rate: Fraction
    rate_from: str
    sound: float
    reference: int | None
    telemetry: int
    unread: int


def recover(
    source: Source,
    folder: Path,
    lenders: Sequence[Source] = (),
    progress: Progress = idle,
    cancelled: Asked = never,
) -> Recovered:
    """Write recovered.mp4. `lenders` are films that may be of the same camera. Raises `NoIndex` or `Truncated` when
    nothing can be shown, `Cancelled`, `OverLimits`."""
    ranges, moov = boxes.ranges(source)
    if not ranges:
        raise (Truncated if moov else NoIndex)("no media data")
    own = lent.of_index(moov) if moov else []
    others = [(number, one) for number, film in enumerate(lenders[:MOST_LENDERS]) for one in lent.of_film(film)]
    numbers = [None] * len(own) + [number for number, _ in others]
    facts = {"ranges": ranges, "lent": [*own, *(one for _, one in others)], "target": TARGET, "longest": LONGEST}
    patience = 120 + source.size / 5e6
    limits = Limits(patience, int(patience), MEMORY, source.size * 2 + (64 << 20))
    told = work("recover", facts, source, limits, folder, lambda share: progress(share * 0.9), cancelled)
    names = ["video.mp4", *(["audio.mp4"] if told["sound"] else [])]
    joined([folder / name for name in names], folder / FILE, told["seconds"], cancelled)
    for name in names:
        (folder / name).unlink()
    helped = told.pop("reference")
    return Recovered(
        file=FILE, rate=Fraction(told.pop("rate")), reference=None if helped is None else numbers[helped], **told
    )
