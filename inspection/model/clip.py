"""A range cut out of a recording, or all of it in one file: derived, so it names its parents; never evidence itself."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from inspection.model.evidence import RenditionState


class ClipKind(StrEnum):
    CLIP = "clip"  # a range
    WHOLE = "whole"  # all tracks of a survey, from its beginning to its end


@dataclass(frozen=True, slots=True)
class Clip:
    """`start` and `end` are microseconds from the survey's epoch, as asked for. `exact`: it begins with the picture
    that was on the screen then, not with the key frame before; `overlay`: time, place and digest are drawn into it.

    `facts`, once it is ready: `start_us` and `end_us` as cut, `treatment` ("copied"; "edges": the pictures before the
    first key frame were encoded anew; "overlaid": all were), `tracks`: each with `track`, `parent` (SHA-256 of the
    recording's list), `segments` (digests in order), `gaps`.
    """

    id: str
    case: str
    survey: str
    kind: ClipKind
    evidence: str | None  # the recording asked for; None: all of the survey
    start: int
    end: int
    state: RenditionState
    wanted_by: str
    created_at: datetime
    sha256: str | None = None
    bytes: int = 0
    facts: dict[str, Any] = field(default_factory=dict)
    done: int = 0  # bytes written
    total: int = 0
    reason: str | None = None  # code, when it failed
    exact: bool = False
    overlay: bool = False
