"""W3C Web Annotations read back: ours exactly, others' by their selectors. What cannot be read is `Malformed`."""

import re
from base64 import urlsafe_b64decode
from binascii import Error as BadBase64
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from hashlib import sha256
from typing import Any

from inspection.model.annotation import ORIGINAL, AnnotationState, Author, Instant, Mark, Point, Shape
from inspection.model.shape import Malformed, fits, maybe, part
from inspection.model.text import DIGEST, ID
from inspection.model.web_annotation import (
    DIGEST_IRI,
    MARK_IRI,
    PERSON_IRI,
    REPLY,
    target,
)
from inspection.model.web_selector import UNREADABLE, Region, kinds_of, listed

IRI_LENGTH = 1000
BASE = re.compile(r"([1-9]\d{0,14})/([1-9]\d{0,14})", re.ASCII)


@dataclass(frozen=True, slots=True)
class ReadMark:
    """`instant` when it was ours, else `seconds`: the begin of a fragment, to be found in a table of pictures."""

    iri: str
    id: str
    parent: str
    source: str
    seen: str
    instant: Instant | None
    seconds: Fraction | None
    page: int | None
    shape: Shape
    points: tuple[Point, ...]
    label: str
    text: str
    by: Author
    at: datetime | None
    state: AnnotationState
    changed_by: Author | None
    changed_at: datetime | None
    digest: str | None
    told: dict[str, Any] = field(repr=False)  # the target as it was given, where it is ours

    def agrees(self, mark: Mark) -> bool:
        """Whether the selectors that anybody reads say what our exact ticks say."""
        return not self.told or self.told == target(mark)


@dataclass(frozen=True, slots=True)
class ReadReply:
    iri: str
    id: str
    of: str  # IRI
    text: str
    by: Author
    at: datetime | None


def items_of(document: Any) -> list[Any]:
    """Of a collection, a page, a list or a single annotation. Raises `Malformed`."""
    if isinstance(document, list):
        return document
    kinds = kinds_of(document)
    if "AnnotationCollection" in kinds:
        return part(part(document, "first", dict), "items", list)
    if "AnnotationPage" in kinds:
        return part(document, "items", list)
    if "Annotation" in kinds:
        return [document]
    raise Malformed("type", UNREADABLE)


def read_item(item: Any) -> ReadMark | ReadReply:
    """One annotation. Raises `Malformed` with a code that says why not."""
    if "Annotation" not in kinds_of(item):
        raise Malformed("type", UNREADABLE)
    iri = part(item, "id", str)
    if not 0 < len(iri) <= IRI_LENGTH or not iri.isprintable():
        raise Malformed("id", UNREADABLE)
    by, at = _person(item.get("creator")), _moment(item.get("created"))
    if "replying" in listed(item.get("motivation")) and isinstance(item.get("target"), str):
        of = part(item, "target", str)
        return ReadReply(iri, _reply_id(iri, of), of, _words(item, ("replying", "commenting", "")), by, at)
    return _mark(item, iri, by, at)


def _mark(item: dict[str, Any], iri: str, by: Author, at: datetime | None) -> ReadMark:
    told = item.get("target")
    if isinstance(told, list) and len(told) == 1:
        told = told[0]
    if isinstance(told, str):
        source, _, fragment = told.partition("#")
        told = {"source": source, "selector": {"type": "FragmentSelector", "value": fragment}}
    if not isinstance(told, dict):
        raise Malformed("target", UNREADABLE)
    found = Region()
    found.take(told.get("selector"))
    ours = "takan:shown" in told
    parent = _digest(told.get("source"))
    return ReadMark(
        iri,
        mark_id(iri),
        parent,
        part(told, "takan:shown", str) if ours else ORIGINAL,
        _digest(told.get("takan:seen")) if ours else parent,
        _exact(told) if ours else None,
        found.seconds,
        found.page,
        found.shape,
        tuple(found.points),
        _words(item, ("tagging",)),
        _words(item, ("commenting", "describing", "")),
        by,
        at,
        _state(item),
        _person(item["takan:changedBy"]) if "takan:changedBy" in item else None,
        _moment(item.get("modified")),
        maybe(item, "takan:digest", str) if "takan:digest" in item else None,
        told if ours else {},
    )


def mark_id(iri: str) -> str:
    """Our own id again, or one that follows from another system's."""
    own = iri.removeprefix(MARK_IRI)
    return own if iri.startswith(MARK_IRI) and ID.fullmatch(own) else sha256(iri.encode()).hexdigest()[:32]


def origin_of(iri: str, id: str) -> str | None:
    return None if iri == f"{MARK_IRI}{id}" else iri


def _reply_id(iri: str, of: str) -> str:
    own = iri.removeprefix(of + REPLY)
    return own if iri.startswith(of + REPLY) and ID.fullmatch(own) else sha256(iri.encode()).hexdigest()[:32]


def _exact(told: dict[str, Any]) -> Instant | None:
    if "takan:time" not in told:
        return None
    base = BASE.fullmatch(part(told, "takan:timeBase", str))
    if base is None:
        raise Malformed("takan:timeBase", UNREADABLE)
    frame = part(told, "takan:frame", int) if "takan:frame" in told else None
    until = part(told, "takan:until", int) if "takan:until" in told else None
    return Instant(part(told, "takan:time", int), (int(base[1]), int(base[2])), frame, until)


def _state(item: dict[str, Any]) -> AnnotationState:
    try:
        return AnnotationState(item.get("takan:state", "open"))
    except ValueError as error:
        raise Malformed("takan:state", UNREADABLE) from error


def _digest(source: Any) -> str:
    """The SHA-256 that a source is named by, as `ni:///sha-256;…` (RFC 6920)."""
    if isinstance(source, dict):
        source = source.get("id")
    if isinstance(source, str) and source.startswith(DIGEST_IRI):
        value = source.removeprefix(DIGEST_IRI).partition("?")[0]
        try:
            digest = urlsafe_b64decode(value + "=" * (-len(value) % 4)).hex()
        except (BadBase64, ValueError):
            digest = ""
        if DIGEST.fullmatch(digest):
            return digest
    raise Malformed("source", "annotation-foreign-target")


def _person(told: Any) -> Author:
    if isinstance(told, list):
        told = told[0] if told else None
    if told is None:
        return Author("", "", "")
    if isinstance(told, str):
        return Author(told.removeprefix(PERSON_IRI), "", "")
    iri = told.get("id", "") if isinstance(told, dict) else None
    name, role = (told.get(key, "") if isinstance(told, dict) else None for key in ("name", "takan:role"))
    if not (isinstance(iri, str) and isinstance(name, str) and isinstance(role, str)):
        raise Malformed("creator", UNREADABLE)
    return Author(iri.removeprefix(PERSON_IRI), name, role)


def _words(item: dict[str, Any], purposes: tuple[str, ...]) -> str:
    """The text bodies of these purposes ("": of none)."""
    bodies = item.get("body", item.get("bodyValue", []))
    found = []
    for body in bodies if isinstance(bodies, list) else [bodies]:
        if isinstance(body, str):
            body = {"type": "TextualBody", "value": body}
        if "TextualBody" in kinds_of(body) and body.get("purpose", "") in purposes:
            found.append(part(body, "value", str))
    return "\n".join(found)


def _moment(told: Any) -> datetime | None:
    if told is None:
        return None
    try:
        found = datetime.fromisoformat(fits(told, "created", str))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Malformed("created", UNREADABLE) from error
