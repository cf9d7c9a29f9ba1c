"""A still picture out of recorded bytes: the very picture that a player presents at a moment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from media.files.errors import InGap, OutsideRecording
from media.files.limited import run
from media.ports import Gap, Segment

SECONDS = 20.0
"""How long decoding may take."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG, and when the picture began to be presented: ticks from the epoch."""

    jpeg: bytes
    time: int
    width: int
    height: int


def needed(segments: Iterable[Segment], gaps: Iterable[Gap], time: int) -> Sequence[Segment]:
    """The segments of one track that must be decoded to show the moment `time`, from a key frame on.

    Raises `OutsideRecording`, `InGap`.
    """
    ordered = sorted(segments, key=lambda one: one.start)
    before = [one for one in ordered if one.start <= time]
    ends = max((one.start + one.duration for one in ordered), default=0)
    inside = any(gap.start <= time < gap.end for gap in gaps)
    if inside and before and time < max(ends, before[0].start):
        raise InGap(f"{time} is in a gap")
    if not before or time >= ends:
        raise OutsideRecording(f"{time} is not recorded")
    if time >= before[-1].start + before[-1].duration:
        raise InGap(f"nothing is recorded at {time}")
    first = next((n for n in range(len(before) - 1, -1, -1) if before[n].key_frame), None)
    if first is None:
        raise InGap(f"no key frame before {time}")
    return before[first:]


def cut(init: bytes, segments: Sequence[bytes], time: int, seconds: float = SECONDS) -> Picture:
    """The picture presented at `time`, ticks, out of what `needed` named, after their init segment.

    Decodes in a limited child. Raises `OutsideRecording`, `InGap`, `Undecodable`.
    """
    facts, jpeg = run("cut", {"time": time}, [init, *segments], seconds)
    return Picture(jpeg, facts["time"], facts["width"], facts["height"])
