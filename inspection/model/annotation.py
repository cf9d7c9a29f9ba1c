"""A mark on a moment and a region of evidence, and what was said about it. Nothing of it is ever changed or deleted.

Regions are in display coordinates: millionths of the width and height of the picture as it is shown, after rotation.
A mark names what it is on by digest, and holds no id of this office's tables: in another office's copy it is the same.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any

from inspection.model.errors import Invalid
from inspection.model.frames import Base
from inspection.model.ledger import microseconds
from inspection.model.people import Actor

WHOLE = 1_000_000  # the far edge of a picture
MICRO: Base = (1, 1_000_000)
MOST_POINTS = 500
TEXT = 5000
LABEL = 40
ORIGINAL = "original"
Point = tuple[int, int]


class Shape(StrEnum):
    BOX = "box"
    ARROW = "arrow"  # from tail to head
    FREEHAND = "freehand"
    TEXT = "text"  # at a point, or at a moment of sound


class AnnotationState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"  # still there to be read


@dataclass(frozen=True, slots=True)
class Author:
    """Who made it: a person of this office, or as another office stated him (then `id` may be an IRI)."""

    id: str
    name: str
    role: str

    def document(self) -> dict[str, str]:
        return {"id": self.id, "name": self.name, "role": self.role}


@dataclass(frozen=True, slots=True)
class Instant:
    """The presented picture (or the moment of sound): its begin in ticks of `base`, its number where a table of the
    film's pictures says it, and its end where that is known."""

    time: int
    base: Base
    frame: int | None = None
    until: int | None = None

    @property
    def seconds(self) -> Fraction:
        return self.time * Fraction(*self.base)

    @property
    def end(self) -> Fraction:
        """Half-open, as a media fragment is: one tick where nobody knows how long the picture stays."""
        return (self.until if self.until is not None else self.time + 1) * Fraction(*self.base)

    @property
    def seek_us(self) -> int:
        """Where a player shows just this picture: in its middle; where its end is not known, right after its begin."""
        if self.until is not None:
            return round((self.seconds + self.end) / 2 * WHOLE)
        return round(self.seconds * WHOLE) + 500

    def document(self) -> dict[str, Any]:
        return {"base": list(self.base), "frame": self.frame, "time": self.time, "until": self.until}


@dataclass(frozen=True, slots=True)
class Mark:
    """`parent`: SHA-256 of the original, of a recording the segment that holds the moment. `source`, `seen`: name and
    SHA-256 of what was on the screen: the original or a rendition. `page` counts from 1. `origin`: the IRI that another
    system gave it, if it was made elsewhere."""

    id: str
    parent: str
    source: str
    seen: str
    instant: Instant | None
    page: int | None
    shape: Shape
    points: tuple[Point, ...]
    label: str  # short, drawn at the mark: no meaning hangs on a colour
    text: str
    by: Author
    at: datetime
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    id: str
    text: str
    by: Author
    at: datetime

    def document(self) -> dict[str, Any]:
        return {"at_us": microseconds(self.at), "by": self.by.document(), "id": self.id, "text": self.text}


@dataclass(frozen=True, slots=True)
class Change:
    """Who closed, opened again or withdrew it, or took it in from elsewhere."""

    by: Author
    at: datetime

    def document(self) -> dict[str, Any]:
        return {"at_us": microseconds(self.at), "by": self.by.document()}


@dataclass(frozen=True, slots=True)
class Annotation:
    """A mark in its place: `evidence` of an upload, or the `track` of a recording. `number` counts in the case,
    `revision` is the number of the ledger's entry that changed it last."""

    mark: Mark
    digest: str  # SHA-256 of the canonical mark
    case: str
    survey: str
    evidence: str | None
    track: str | None
    number: int
    revision: int
    state: AnnotationState = AnnotationState.OPEN
    changed: Change | None = None
    replies: tuple[Reply, ...] = ()
    imported: Change | None = None

    @property
    def owner(self) -> Author:
        """Who answers for it here."""
        return self.mark.by if self.imported is None else self.imported.by

    def replied(self, reply: Reply, revision: int) -> "Annotation":
        return replace(self, replies=(*self.replies, reply), revision=revision)


def author(actor: Actor) -> Author:
    return Author(actor.id, actor.name, actor.role.value)


def mark_document(mark: Mark) -> dict[str, Any]:
    """What the ledger's digest is over."""
    return {
        "at_us": microseconds(mark.at),
        "by": mark.by.document(),
        "id": mark.id,
        "instant": None if mark.instant is None else mark.instant.document(),
        "label": mark.label,
        "origin": mark.origin,
        "page": mark.page,
        "parent": mark.parent,
        "points": [list(point) for point in mark.points],
        "seen": mark.seen,
        "shape": mark.shape.value,
        "source": mark.source,
        "text": mark.text,
    }


def annotation_body(found: Annotation) -> dict[str, Any]:
    """What its first entry in the ledger tells: the mark, its place, and the state in which it came."""
    return {
        "changed": None if found.changed is None else found.changed.document(),
        "evidence": found.evidence,
        "mark": mark_document(found.mark),
        "number": found.number,
        "state": found.state.value,
        "survey": found.survey,
        "track": found.track,
    }


def fitted(shape: Shape, points: tuple[Point, ...], picture: bool) -> tuple[Point, ...]:
    """The points in their one form: a box from its left upper to its right lower corner. Raises
    `Invalid("annotation-shape")` for what is no such shape, `("annotation-outside")` beside the picture."""
    if any(not 0 <= part <= WHOLE for point in points for part in point):
        raise Invalid("annotation-outside", field="points")
    if not picture:
        if shape is Shape.TEXT and not points:
            return ()
        raise Invalid("annotation-shape", field="points")
    if shape is Shape.BOX and len(points) == 2:
        return _box(points)
    fits = {
        Shape.BOX: False,
        Shape.ARROW: len(points) == 2 and points[0] != points[1],
        Shape.FREEHAND: 2 <= len(points) <= MOST_POINTS,
        Shape.TEXT: len(points) == 1,
    }
    if not fits[shape]:
        raise Invalid("annotation-shape", field="points")
    return points


def _box(points: tuple[Point, ...]) -> tuple[Point, ...]:
    (left, right), (top, bottom) = (sorted(axis) for axis in zip(*points, strict=True))
    if left == right or top == bottom:
        raise Invalid("annotation-shape", field="points")
    return (left, top), (right, bottom)
