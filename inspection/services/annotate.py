"""Mark evidence, answer a mark, close it, open it again, withdraw it: each is an entry of the case's ledger."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from inspection.model.annotation import (
    LABEL,
    TEXT,
    Annotation,
    AnnotationState,
    Change,
    Mark,
    Point,
    Reply,
    Shape,
    annotation_body,
    author,
    fitted,
    mark_document,
)
from inspection.model.documents import digest_of
from inspection.model.errors import Conflict, Forbidden, Invalid, NotFound, WrongMoment
from inspection.model.event import Event
from inspection.model.people import Actor
from inspection.model.text import known, line, text
from inspection.ports import ObjectStore, Office, Signer, Work
from inspection.services.access import Doing, Place, on_survey
from inspection.services.custody import enter
from inspection.services.guard import guarded
from inspection.services.spot import Sight, Spot, film_of, on_track, on_upload

MOST = 2000  # on one piece of evidence
MOST_REPLIES = 200


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is drawn and said."""

    shape: str
    points: tuple[Point, ...]
    label: str = ""
    text: str = ""


def annotate(
    office: Office,
    store: ObjectStore,
    signer: Signer,
    actor: Actor,
    survey: str,
    id: str,
    sight: Sight,
    drawn: Drawn,
    now: datetime,
) -> tuple[Annotation, bool]:
    """The annotation, and whether it was made now: the same again under the same id is the one that is there.

    Raises `Conflict("annotation-taken")`, `Invalid("annotation-shape" | "annotation-outside" | "annotations-too-many" |
    …)`, `WrongMoment("frames-pending" | "case-decided")`, `NotFound`.
    """
    with guarded(office, signer, actor, now, survey=survey), office.read() as work:
        place = on_survey(work, actor, survey, Doing.ANNOTATE)
        if (sight.evidence is None) == (sight.track is None):
            raise Invalid("field-needed", field="evidence")
        spot = on_track(work, place.survey, sight, now) if sight.evidence is None else None
    if spot is None:
        film = film_of(office, store, sight.evidence or "")
        if film.evidence.survey != place.survey.id:
            raise NotFound("evidence-unknown")
        spot = on_upload(film, sight)
    mark = _mark(id, spot, drawn, actor, now)
    with office.write(place.case.id) as work:
        place = on_survey(work, actor, survey, Doing.ANNOTATE)
        before = work.annotations.get(place.case.id, id)
        if before is not None:
            if before.survey != survey or not _same(before.mark, mark):
                raise Conflict("annotation-taken")
            return before, False
        _require_open(work, place.case.id)
        return keep_mark(work, signer, actor, place.survey.id, place.case.id, spot, mark, now), True


def keep_mark(
    work: Work, signer: Signer, actor: Actor, survey: str, case: str, spot: Spot, mark: Mark, now: datetime
) -> Annotation:
    """A mark that is judged becomes an annotation, within the caller's unit of work."""
    if work.annotations.count_on(spot.evidence, spot.track) >= MOST:
        raise Invalid("annotations-too-many", field="evidence", limit=MOST)
    number = work.annotations.last_number(case) + 1
    found = Annotation(
        mark, digest_of(mark_document(mark)), case, survey, spot.evidence, spot.track, number, revision=0
    )
    entry = enter(work, signer, case, Event.ANNOTATION_MADE, actor, now, annotation_body(found), found.digest)
    found = replace(found, revision=entry.number)
    work.annotations.add(found)
    return found


def reply(
    office: Office, signer: Signer, actor: Actor, survey: str, id: str, reply_id: str, words: str, now: datetime
) -> tuple[Annotation, bool]:
    """The annotation with the answer, and whether it is new. A closed one may be answered and stays closed."""
    words = text(words, "text", TEXT, needed=True)

    def answered(work: Work, found: Annotation) -> Annotation:
        there = next((one for one in found.replies if one.id == reply_id), None)
        if there is not None:
            if (there.text, there.by.id) != (words, actor.id):
                raise Conflict("annotation-taken")
            return found
        if len(found.replies) >= MOST_REPLIES:
            raise Invalid("replies-too-many", field="text", limit=MOST_REPLIES)
        answer = Reply(reply_id, words, author(actor), now)
        body = {"annotation": id, "imported": False, "reply": answer.document(), "survey": survey}
        entry = enter(work, signer, found.case, Event.ANNOTATION_REPLIED, actor, now, body, found.digest)
        return found.replied(answer, entry.number)

    return _changed(office, signer, actor, survey, id, now, answered)


def close(
    office: Office, signer: Signer, actor: Actor, survey: str, id: str, revision: int, now: datetime
) -> Annotation:
    """`revision` is the one that he had before him: what was answered since is not closed over unread. Raises
    `Conflict("annotation-moved")`."""
    return _move(office, signer, actor, survey, id, revision, now, AnnotationState.CLOSED)


def reopen(
    office: Office, signer: Signer, actor: Actor, survey: str, id: str, revision: int, now: datetime
) -> Annotation:
    return _move(office, signer, actor, survey, id, revision, now, AnnotationState.OPEN)


def withdraw(
    office: Office, signer: Signer, actor: Actor, survey: str, id: str, revision: int, now: datetime
) -> Annotation:
    """By its author alone; it stays to be read. Raises `WrongMoment("annotation-cited")` while a finding has it."""
    return _move(office, signer, actor, survey, id, revision, now, AnnotationState.WITHDRAWN)


EVENTS = {
    AnnotationState.CLOSED: Event.ANNOTATION_CLOSED,
    AnnotationState.OPEN: Event.ANNOTATION_REOPENED,
    AnnotationState.WITHDRAWN: Event.ANNOTATION_WITHDRAWN,
}


def _move(
    office: Office,
    signer: Signer,
    actor: Actor,
    survey: str,
    id: str,
    revision: int,
    now: datetime,
    wanted: AnnotationState,
) -> Annotation:
    def moved(work: Work, found: Annotation) -> Annotation:
        if found.state is wanted:
            return found
        if wanted is AnnotationState.WITHDRAWN:
            if found.owner.id != actor.id:
                raise Forbidden("not-allowed")
            if any(id in one.annotations for one in work.findings.of_survey(survey)):
                raise WrongMoment("annotation-cited")
        if found.revision != revision:
            raise Conflict("annotation-moved")
        body = {"annotation": id, "survey": survey}
        entry = enter(work, signer, found.case, EVENTS[wanted], actor, now, body, found.digest)
        return replace(found, state=wanted, changed=Change(author(actor), now), revision=entry.number)

    return _changed(office, signer, actor, survey, id, now, moved, wanted)[0]


def _changed(
    office: Office,
    signer: Signer,
    actor: Actor,
    survey: str,
    id: str,
    now: datetime,
    change: Callable[[Work, Annotation], Annotation],
    wanted: AnnotationState | None = None,
) -> tuple[Annotation, bool]:
    with guarded(office, signer, actor, now, survey=survey), office.read() as work:
        case = on_survey(work, actor, survey, Doing.ANNOTATE).case.id
    with office.write(case) as work:
        place: Place = on_survey(work, actor, survey, Doing.ANNOTATE)
        found = work.annotations.get(place.case.id, known(id, "annotation-unknown"))
        if found is None or found.survey != survey:
            raise NotFound("annotation-unknown")
        after = change(work, found) if found.state is not AnnotationState.WITHDRAWN else _still(found, wanted)
        if after is found:
            return found, False
        _require_open(work, place.case.id)
        work.annotations.move(after, found.revision)
        return after, True


def _still(found: Annotation, wanted: AnnotationState | None) -> Annotation:
    if wanted is AnnotationState.WITHDRAWN:
        return found
    raise WrongMoment("annotation-withdrawn")


def _require_open(work: Work, case: str) -> None:
    """A decision rests on what was there."""
    if work.decisions.get(case) is not None:
        raise WrongMoment("case-decided")


def _mark(id: str, spot: Spot, drawn: Drawn, actor: Actor, now: datetime) -> Mark:
    try:
        shape = Shape(drawn.shape)
    except ValueError as error:
        raise Invalid("annotation-shape", field="shape") from error
    return Mark(
        id,
        spot.parent,
        spot.source,
        spot.seen,
        spot.instant,
        spot.page,
        shape,
        fitted(shape, drawn.points, spot.picture),
        line(drawn.label, "label", LABEL, needed=False),
        text(drawn.text, "text", TEXT, needed=shape is Shape.TEXT),
        author(actor),
        now,
    )


def _same(before: Mark, after: Mark) -> bool:
    """A rendition that was made anew meanwhile has other bytes, and shows the same picture."""
    return replace(before, at=after.at, seen=after.seen) == after and before.by.id == after.by.id
