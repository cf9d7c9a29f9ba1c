"""Marks on evidence."""

from typing import Literal, TypedDict

from server.documents.values import Digest


class Author(TypedDict):
    """Whoever made, answered or changed a mark; another office's, as it was stated."""

    id: str
    name: str
    role: str


class MarkSource(TypedDict):
    """What was on the screen: the original, or a rendition by its name."""

    name: str
    sha256: Digest


class MarkReply(TypedDict):
    id: str
    text: str
    by: Author
    at_us: int


class TakenIn(TypedDict):
    by: Author
    at_us: int


class Annotation(TypedDict):
    """A mark on one picture. `points`: millionths of the shown picture's width and height. `time`, `until_us`: when it
    begins to be shown (ticks of `base`) and ends; `seek_us`: where a player shows just it, on the original and on every
    rendition; of a recording they count from the survey's epoch."""

    id: str
    number: int
    case: str
    survey: str
    evidence: str | None
    track: str | None
    parent: Digest
    source: MarkSource
    time: int | None
    base: list[int] | None
    frame: int | None
    time_us: int | None
    until_us: int | None
    seek_us: int | None
    page: int | None
    shape: Literal["box", "arrow", "freehand", "text"]
    points: list[list[int]]
    label: str
    text: str
    by: Author
    at_us: int
    state: Literal["open", "closed", "withdrawn"]
    state_by: Author | None
    state_at_us: int | None
    replies: list[MarkReply]
    revision: int
    digest: Digest
    imported: TakenIn | None
    mine: bool
    may: list[str]
    cited: list[str]


class Annotations(TypedDict):
    """`revision`: ask for what comes after it."""

    revision: int
    annotations: list[Annotation]


class NotTaken(TypedDict):
    """One that was not taken in: why, by code."""

    id: str
    code: str
    field: str


class TakenAnnotations(TypedDict):
    """How many annotations and answers were new, and how many were there already."""

    taken: int
    known: int
    refused: list[NotTaken]
