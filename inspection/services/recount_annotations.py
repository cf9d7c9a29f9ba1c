"""What a case's ledger tells of its marks, added up."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from inspection.model.annotation import Annotation, AnnotationState, Author, Change
from inspection.model.annotation_read import annotation_from, author_from, reply_from
from inspection.model.event import Event
from inspection.model.ledger import moment
from inspection.model.shape import Malformed, part

Marks = dict[str, Annotation]
STATES: dict[str, AnnotationState] = {
    Event.ANNOTATION_CLOSED: AnnotationState.CLOSED,
    Event.ANNOTATION_REOPENED: AnnotationState.OPEN,
    Event.ANNOTATION_WITHDRAWN: AnnotationState.WITHDRAWN,
}
MADE = (Event.ANNOTATION_MADE, Event.ANNOTATION_IMPORTED)
MARKED = frozenset({*MADE, *STATES, Event.ANNOTATION_REPLIED})


def add_mark(marks: Marks, entry: dict[str, Any], body: dict[str, Any]) -> None:
    """One of the `MARKED` events. Raises `Malformed` where it tells what cannot be: `digest` is that of the mark that
    it is about."""
    event = part(entry, "event", str)
    if event in MADE:
        _made(marks, entry, body, event)
        return
    id = part(body, "annotation", str)
    found = marks.get(id)
    if found is None or part(body, "survey", str) != found.survey:
        raise Malformed("body", "annotation-unknown")
    if found.digest != part(entry, "digest", str):
        raise Malformed("digest")
    number = part(entry, "number", int)
    if event == Event.ANNOTATION_REPLIED:
        reply = reply_from(part(body, "reply", dict))
        if any(one.id == reply.id for one in found.replies):
            raise Malformed("body", "twice")
        marks[id] = found.replied(reply, number)
    else:
        marks[id] = replace(found, state=STATES[event], changed=Change(_actor(entry), _at(entry)), revision=number)


def _made(marks: Marks, entry: dict[str, Any], body: dict[str, Any], event: str) -> None:
    found = annotation_from(body, part(entry, "case", str), part(entry, "number", int))
    if found.digest != part(entry, "digest", str):
        raise Malformed("digest")
    if found.mark.id in marks:
        raise Malformed("body", "twice")
    if event == Event.ANNOTATION_IMPORTED:
        found = replace(found, imported=Change(_actor(entry), _at(entry)))
    elif found.mark.by != _actor(entry) or found.mark.at != _at(entry):
        raise Malformed("actor")
    marks[found.mark.id] = found


def _actor(entry: dict[str, Any]) -> Author:
    return author_from(part(entry, "actor", dict))


def _at(entry: dict[str, Any]) -> datetime:
    try:
        return moment(part(entry, "at_us", int))
    except OverflowError as error:
        raise Malformed("at_us") from error
