"""Take in W3C Web Annotations made elsewhere: what is known by its id stays, what marks none of the case's bytes is
refused with a reason, and who is said to have made it stays as it was said."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from inspection.model.annotation import (
    LABEL,
    TEXT,
    Annotation,
    Author,
    Change,
    Instant,
    Mark,
    Reply,
    annotation_body,
    author,
    fitted,
    mark_document,
)
from inspection.model.documents import digest_of
from inspection.model.errors import Invalid, NotFound, Refusal, WrongMoment
from inspection.model.event import Event
from inspection.model.people import Actor
from inspection.model.shape import Malformed
from inspection.model.survey import Survey
from inspection.model.text import LINE_LENGTH, line, text
from inspection.model.web_annotation_read import ReadMark, ReadReply, items_of, mark_id, origin_of, read_item
from inspection.ports import ObjectStore, Office, Signer, Work
from inspection.services.access import Doing, on_case
from inspection.services.annotate import MOST, MOST_REPLIES
from inspection.services.custody import enter
from inspection.services.guard import guarded
from inspection.services.spot import SECOND, Film, Sight, Spot, film_of, on_track, on_upload

MOST_ITEMS = 10_000


@dataclass(slots=True)
class Taken:
    """How many annotations and answers were new, how many were here; `refused`: IRI, code, field."""

    taken: int = 0
    known: int = 0
    refused: list[tuple[str, str, str]] = field(default_factory=list)

    def refuse(self, iri: str, code: str, where: str = "") -> None:
        self.refused.append((iri[:300], code, where[:40]))


@dataclass(frozen=True, slots=True)
class _Ready:
    """A mark that fits the case, in the survey whose bytes it is on."""

    mark: Mark
    read: ReadMark
    spot: Spot
    survey: str


def import_annotations(
    office: Office, store: ObjectStore, signer: Signer, actor: Actor, case: str, document: Any, now: datetime
) -> Taken:
    """Raises `Invalid("annotation-unreadable" | "annotations-too-many")` for what is no annotations at all,
    `WrongMoment("case-decided")`."""
    with guarded(office, signer, actor, now, case=case), office.read() as work:
        on_case(work, actor, case, Doing.ANNOTATE)
        surveys = {survey.id: survey for survey in work.surveys.of_case(case)}
    try:
        items = items_of(document)
    except Malformed as error:
        raise Invalid("annotation-unreadable", field="body") from error
    if len(items) > MOST_ITEMS:
        raise Invalid("annotations-too-many", field="body", limit=MOST_ITEMS)
    taken = Taken()
    marks, replies = _read(items, taken)
    place = _Place(office, store, case, surveys, now)
    ready = [one for read in marks if (one := _fitted(place, read, taken, now)) is not None]
    answers = [answer for read in replies if (answer := _answer(read, taken, now)) is not None]
    with office.write(case) as work:
        on_case(work, actor, case, Doing.ANNOTATE)
        if work.decisions.get(case) is not None:
            raise WrongMoment("case-decided")
        _keep(work, signer, actor, case, ready, answers, taken, now)
    return taken


class _Place:
    """What of the case bears a digest: an upload whole, a recording by its segments."""

    def __init__(
        self, office: Office, store: ObjectStore, case: str, surveys: dict[str, Survey], now: datetime
    ) -> None:
        self._office, self._store, self._surveys, self._now = office, store, surveys, now
        self._films: dict[str, Film] = {}
        with office.read() as work:
            self._uploads = {one.sha256: one for one in work.evidence.of_case(case) if one.track is None}

    def spot(self, read: ReadMark) -> tuple[Spot, str]:
        """Where it lies here, and in which survey. Raises `NotFound("annotation-foreign-target")`, `Invalid`,
        `WrongMoment`."""
        evidence = self._uploads.get(read.parent)
        time_us = None if read.seconds is None else round(read.seconds * SECOND)
        if evidence is not None:
            film = self._films.get(evidence.id)
            if film is None:
                film = self._films[evidence.id] = film_of(self._office, self._store, evidence.id)
            spot = on_upload(film, Sight(evidence.id, None, time_us=time_us, page=read.page))
            return self._exactly(spot, read), evidence.survey
        with self._office.read() as work:
            for survey in self._surveys.values():
                piece = work.receptions.piece(survey.id, read.parent)
                if piece is not None:
                    spot = on_track(work, survey, Sight(None, piece.track, time_us=time_us), self._now)
                    if spot.parent == read.parent:
                        return self._exactly(spot, read), survey.id
        raise NotFound("annotation-foreign-target")

    def _exactly(self, spot: Spot, read: ReadMark) -> Spot:
        """Ours says its ticks and its picture's number: they must be those that the same bytes have here."""
        if not read.told:
            return spot
        given, found = read.instant, spot.instant
        if (given is None) != (found is None) or (found is not None and not _same_instant(given, found)):
            raise Invalid("annotation-inconsistent", field="takan:time")
        return replace(spot, source=read.source, seen=read.seen, instant=given)


def _same_instant(given: Instant | None, found: Instant) -> bool:
    return given is not None and (found.frame is None or given.frame is None or given == found)


def _read(items: Iterable[Any], taken: Taken) -> tuple[list[ReadMark], list[ReadReply]]:
    marks: list[ReadMark] = []
    replies: list[ReadReply] = []
    for item in items:
        try:
            read = read_item(item)
        except Malformed as error:
            code = error.code if error.code.startswith("annotation-") else "annotation-unreadable"
            taken.refuse(str(item.get("id", "")) if isinstance(item, dict) else "", code, error.where)
            continue
        if isinstance(read, ReadMark):
            marks.append(read)
        else:
            replies.append(read)
    return marks, replies


def _fitted(place: _Place, read: ReadMark, taken: Taken, now: datetime) -> _Ready | None:
    try:
        spot, survey = place.spot(read)
        mark = Mark(
            read.id,
            read.parent,
            line(spot.source, "source", LINE_LENGTH),
            spot.seen,
            spot.instant,
            spot.page,
            read.shape,
            fitted(read.shape, read.points, spot.picture),
            line(read.label, "label", LABEL, needed=False),
            text(read.text, "text", TEXT),
            _stated(read.by),
            read.at or now,
            origin_of(read.iri, read.id),
        )
        if not read.agrees(mark) or read.digest not in (None, digest_of(mark_document(mark))):
            raise Invalid("annotation-inconsistent", field="target")
    except Refusal as error:
        taken.refuse(read.iri, error.code, str(error.facts.get("field", "")))
        return None
    return _Ready(mark, read, spot, survey)


def _answer(read: ReadReply, taken: Taken, now: datetime) -> tuple[ReadReply, Reply] | None:
    try:
        words = text(read.text, "text", TEXT, needed=True)
        return read, Reply(read.id, words, _stated(read.by), read.at or now)
    except Refusal as error:
        taken.refuse(read.iri, error.code, str(error.facts.get("field", "")))
        return None


def _stated(by: Author) -> Author:
    return Author(
        line(by.id, "creator", LINE_LENGTH, needed=False),
        line(by.name, "creator", needed=False),
        line(by.role, "creator", 40, needed=False),
    )


def _keep(
    work: Work,
    signer: Signer,
    actor: Actor,
    case: str,
    ready: Sequence[_Ready],
    answers: Sequence[tuple[ReadReply, Reply]],
    taken: Taken,
    now: datetime,
) -> None:
    places: dict[str, str] = {}  # by IRI, the id here
    for one in ready:
        places[one.read.iri] = one.mark.id
        try:
            known = work.annotations.get(case, one.mark.id)
            if known is None:
                _take(work, signer, actor, case, one, now)
                taken.taken += 1
            elif known.digest == digest_of(mark_document(one.mark)):
                taken.known += 1
            else:
                raise Invalid("annotation-taken", field="id")
        except Refusal as error:
            taken.refuse(one.read.iri, error.code, str(error.facts.get("field", "")))
    for read, reply in answers:
        found = work.annotations.get(case, places.get(read.of, mark_id(read.of)))
        if found is None:
            taken.refuse(read.iri, "annotation-unknown", "target")
        elif any(one.id == reply.id for one in found.replies):
            taken.known += 1
        elif len(found.replies) >= MOST_REPLIES:
            taken.refuse(read.iri, "replies-too-many")
        else:
            body = {"annotation": found.mark.id, "imported": True, "reply": reply.document(), "survey": found.survey}
            entry = enter(work, signer, case, Event.ANNOTATION_REPLIED, actor, now, body, found.digest)
            work.annotations.move(found.replied(reply, entry.number), found.revision)
            taken.taken += 1


def _take(work: Work, signer: Signer, actor: Actor, case: str, one: _Ready, now: datetime) -> None:
    if work.annotations.count_on(one.spot.evidence, one.spot.track) >= MOST:
        raise Invalid("annotations-too-many", field="evidence", limit=MOST)
    changed_by, changed_at = one.read.changed_by, one.read.changed_at
    found = Annotation(
        one.mark,
        digest_of(mark_document(one.mark)),
        case,
        one.survey,
        one.spot.evidence,
        one.spot.track,
        work.annotations.last_number(case) + 1,
        0,
        one.read.state,
        None if changed_by is None or changed_at is None else Change(_stated(changed_by), changed_at),
        (),
        Change(author(actor), now),
    )
    entry = enter(work, signer, case, Event.ANNOTATION_IMPORTED, actor, now, annotation_body(found), found.digest)
    work.annotations.add(replace(found, revision=entry.number))
