"""Marks back from their canonical documents: out of a table of ours, or out of a ledger that may be anything."""

from datetime import datetime
from hashlib import sha256
from typing import Any

from inspection.model.annotation import (
    Annotation,
    AnnotationState,
    Author,
    Change,
    Instant,
    Mark,
    Reply,
    Shape,
    fitted,
    mark_document,
)
from inspection.model.errors import Invalid
from inspection.model.ledger import canonical, moment
from inspection.model.shape import Malformed, fits, maybe, part
from inspection.model.text import DIGEST


def changed_from(document: Any) -> Change:
    """This and the next raise `Malformed` for what is none."""
    return Change(author_from(part(document, "by", dict)), _moment(document))


def reply_from(document: Any) -> Reply:
    by = author_from(part(document, "by", dict))
    return Reply(part(document, "id", str), part(document, "text", str), by, _moment(document))


def author_from(document: Any) -> Author:
    return Author(part(document, "id", str), part(document, "name", str), part(document, "role", str))


def mark_from(document: Any) -> Mark:
    told = maybe(document, "instant", dict)
    points = [fits(point, "points", list) for point in part(document, "points", list)]
    try:
        return Mark(
            part(document, "id", str),
            part(document, "parent", str),
            part(document, "source", str),
            part(document, "seen", str),
            None if told is None else _instant(told),
            maybe(document, "page", int),
            Shape(part(document, "shape", str)),
            tuple((fits(x, "points", int), fits(y, "points", int)) for x, y in points),
            part(document, "label", str),
            part(document, "text", str),
            author_from(part(document, "by", dict)),
            _moment(document),
            maybe(document, "origin", str),
        )
    except ValueError as error:  # no such shape, or points that are no pairs
        raise Malformed("mark") from error


def _sound(mark: Mark) -> Mark:
    """Raises `Malformed` for a mark that no office would have made."""
    try:
        sound = fitted(mark.shape, mark.points, picture=bool(mark.points)) == mark.points
    except Invalid:
        sound = False
    if not (sound and DIGEST.fullmatch(mark.parent) and DIGEST.fullmatch(mark.seen)):
        raise Malformed("mark")
    return mark


def _instant(document: Any) -> Instant:
    base = [fits(one, "base", int) for one in part(document, "base", list)]
    if len(base) != 2 or min(base) <= 0:
        raise Malformed("base")
    return Instant(
        part(document, "time", int), (base[0], base[1]), maybe(document, "frame", int), maybe(document, "until", int)
    )


def _moment(document: Any) -> datetime:
    try:
        return moment(part(document, "at_us", int))
    except OverflowError as error:
        raise Malformed("at_us") from error


def annotation_from(body: Any, case: str, number: int) -> Annotation:
    """Back from `annotation_body`, as the ledger's entry `number` tells it."""
    mark = _sound(mark_from(part(body, "mark", dict)))
    changed = maybe(body, "changed", dict)
    try:
        state = AnnotationState(part(body, "state", str))
    except ValueError as error:
        raise Malformed("state") from error
    return Annotation(
        mark,
        sha256(canonical(mark_document(mark))).hexdigest(),
        case,
        part(body, "survey", str),
        maybe(body, "evidence", str),
        maybe(body, "track", str),
        part(body, "number", int),
        number,
        state,
        None if changed is None else changed_from(changed),
    )
