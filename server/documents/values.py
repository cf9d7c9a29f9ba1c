"""What documents of several kinds are made of, and the one for a refusal."""

from typing import Annotated, Any, Literal, NotRequired, TypedDict

Moment = Annotated[str, ("format", "date-time")]  # a keyword of JSON Schema
Digest = Annotated[str, ("pattern", "^[0-9a-f]{64}$")]
Facts = dict[str, Any]  # what a file or a job told of itself


class Problem(TypedDict):
    """A refusal (RFC 9457): `code` is stable, `title` a sentence in the reader's language."""

    type: str
    status: int
    title: str
    code: str
    field: NotRequired[str | int]
    instance: NotRequired[str]


class Health(TypedDict):
    """Each part by name: "ok", "away", or what a node says of itself."""

    status: Literal["ok", "degraded"]
    parts: dict[str, str]
