"""What a case's ledger tells, added up: the papers of a package as they have to be."""

from dataclasses import dataclass, field
from typing import Any

from inspection.model.annotation import Annotation
from inspection.model.documents import Document
from inspection.model.event import Event
from inspection.model.package import FORMAT
from inspection.model.shape import Malformed, maybe, part
from inspection.services.collect import in_order
from inspection.services.recount_annotations import MARKED, add_mark


@dataclass(slots=True)
class ToldSurvey:
    booked: Document
    opened_us: int | None = None
    ending: Document | None = None
    participants: dict[str, Document] = field(default_factory=dict)
    consents: dict[str, Document] = field(default_factory=dict)
    positions: list[Document] = field(default_factory=list)
    findings: dict[str, Document] = field(default_factory=dict)  # by check
    snapshots: dict[str, Document] = field(default_factory=dict)  # by id
    recordings: dict[str, Document] = field(default_factory=dict)  # by track
    begun: dict[str, int | None] = field(default_factory=dict)  # by track: how many segments it had at its end
    uploads: dict[str, Document] = field(default_factory=dict)  # by id
    clips: dict[str, Document] = field(default_factory=dict)  # by id

    def paper(self, checklist: Document) -> Document:
        """What `survey.json` has to say; the checklist itself is bound by its digest in `booked`."""
        return {
            "checklist": checklist,
            "consents": in_order(list(self.consents.values())),
            "ending": self.ending,
            "opened_us": self.opened_us,
            "participants": in_order(list(self.participants.values())),
            "positions": in_order(self.positions),
            "survey": self.booked,
        }


@dataclass(slots=True)
class ToldPaper:
    """A PDF as it stood last: `digest` of its bytes, `subject` of what it tells; `made` is the number of the entry that
    began it, `at_us` that of the last signature; `signed` has name and role of each, in order."""

    kind: str
    survey: str | None
    subject: str
    digest: str
    made: int
    at_us: int
    signed: list[tuple[str, str]] = field(default_factory=list)
    sealed: bool = False


@dataclass(slots=True)
class Told:
    case: Document
    approver: Document | None = None
    surveys: dict[str, ToldSurvey] = field(default_factory=dict)  # in the order of their booking
    decision: Document | None = None
    papers: dict[str, ToldPaper] = field(default_factory=dict)  # by id
    annotations: dict[str, Annotation] = field(default_factory=dict)  # by id, in the order of their numbers
    hashes: list[str] = field(default_factory=list)
    concluded: bool = False

    def paper(self) -> Document:
        """What `case.json` has to say."""
        state = "review" if self.concluded else "open"
        if self.decision is not None:
            state = part(self.decision, "outcome", str)
        return {"approver": self.approver, "case": self.case, "format": FORMAT, "state": state}


def recount(entries: list[Document]) -> Told:
    """Add up the entries of a chain that holds. Raises `Malformed` where they tell what cannot be."""
    if not entries or part(entries[0], "event", str) != Event.CASE_OPENED:
        raise Malformed("1", "no-beginning")
    told = Told(part(entries[0], "body", dict))
    if part(told.case, "id", str) != part(entries[0], "case", str):
        raise Malformed("1", "case-other")
    for entry in entries:
        try:
            _add(told, entry)
        except Malformed as error:
            raise Malformed(str(entry["number"]), error.code) from error
        told.hashes.append(part(entry, "hash", str))
    return told


def _add(told: Told, entry: Document) -> None:
    event, body = part(entry, "event", str), part(entry, "body", dict)
    if event == Event.APPROVER_NAMED:
        told.approver = body
    elif event == Event.DECIDED:
        _decide(told, body)
    elif event in MARKED:
        if part(body, "survey", str) not in told.surveys:
            raise Malformed("body", "survey-unknown")
        add_mark(told.annotations, entry, body)
    elif event in PAPERS:
        _papered(told, entry, event, body)
    elif event == Event.SURVEY_BOOKED:
        id = part(body, "id", str)
        if id in told.surveys:
            raise Malformed("body", "twice")
        told.surveys[id] = ToldSurvey(body)
    elif event in OF_SURVEY:
        survey = told.surveys.get(part(body, "survey", str))
        if survey is None:
            raise Malformed("body", "survey-unknown")
        OF_SURVEY[event](survey, entry, body)
        told.concluded = told.concluded or event == Event.SURVEY_CONCLUDED


def _decide(told: Told, body: Document) -> None:
    if told.decision is not None:
        raise Malformed("body", "twice")
    if part(body, "head", str) not in told.hashes:
        raise Malformed("body", "head-unknown")
    for survey in told.surveys.values():
        # What began has ended, with nothing or as evidence: an office decides no case before.
        if any(segments != 0 and track not in survey.recordings for track, segments in survey.begun.items()):
            raise Malformed("body", "recording-missing")
    told.decision = body


def _papered(told: Told, entry: Document, event: str, body: Document) -> None:
    id, digest, at_us = part(body, "paper", str), part(entry, "digest", str), part(entry, "at_us", int)
    if event == Event.PAPER_MADE:
        if id in told.papers:
            raise Malformed("body", "twice")
        kind, survey = part(body, "kind", str), maybe(body, "survey", str)
        subject, number = part(body, "subject", str), part(entry, "number", int)
        told.papers[id] = ToldPaper(kind, survey, subject, digest, number, at_us)
        return
    paper = told.papers.get(id)
    if paper is None:
        raise Malformed("body", "paper-unknown")
    if event == Event.PAPER_SIGNED:
        who = part(body, "who", dict)
        paper.signed.append((part(who, "name", str), part(who, "role", str)))
    paper.sealed = paper.sealed or event == Event.PAPER_SEALED
    paper.digest, paper.at_us = digest, at_us


def _clipped(survey: ToldSurvey, entry: Document, body: Document) -> None:
    if part(body, "sha256", str) != part(entry, "digest", str):
        raise Malformed("digest")
    if (id := part(body, "clip", str)) in survey.clips:
        raise Malformed("body", "twice")
    survey.clips[id] = body


def _opened(survey: ToldSurvey, entry: Document, body: Document) -> None:
    if survey.opened_us is None:  # again means that the room moved to another node
        survey.opened_us = part(entry, "at_us", int)


def _joined(survey: ToldSurvey, entry: Document, body: Document) -> None:
    survey.participants[part(body, "id", str)] = body


def _consented(survey: ToldSurvey, entry: Document, body: Document) -> None:
    row = survey.participants.get(who := part(body, "participant", str))
    if row is None:
        raise Malformed("body", "participant-unknown")
    survey.consents[who] = body
    survey.participants[who] = row | {"name": part(body, "name", str)}


def _placed(survey: ToldSurvey, entry: Document, body: Document) -> None:
    survey.positions.append(body)


def _found(survey: ToldSurvey, entry: Document, body: Document) -> None:
    survey.findings[part(body, "check", str)] = body


def _derived(survey: ToldSurvey, entry: Document, body: Document) -> None:
    if part(body, "sha256", str) != part(entry, "digest", str):
        raise Malformed("digest")
    survey.snapshots[part(body, "id", str)] = body


def _begun(survey: ToldSurvey, entry: Document, body: Document) -> None:
    if (track := part(body, "track", str)) in survey.begun:
        raise Malformed("body", "twice")
    survey.begun[track] = None


def _over(survey: ToldSurvey, entry: Document, body: Document) -> None:
    track, segments = part(body, "track", str), part(body, "segments", int)
    if survey.begun.get(track, 0) is not None:
        raise Malformed("body", "track-unknown")
    survey.begun[track] = segments


def _admitted(survey: ToldSurvey, entry: Document, body: Document) -> None:
    if part(body, "sha256", str) != part(entry, "digest", str):
        raise Malformed("digest")
    track = maybe(body, "track", str)
    if track is None or track in survey.recordings:
        raise Malformed("body", "twice")
    survey.recordings[track] = body


def _uploaded(survey: ToldSurvey, entry: Document, body: Document) -> None:
    if part(body, "sha256", str) != part(entry, "digest", str):
        raise Malformed("digest")
    if (id := part(body, "id", str)) in survey.uploads:
        raise Malformed("body", "twice")
    survey.uploads[id] = body


def _ended(survey: ToldSurvey, entry: Document, body: Document) -> None:
    if survey.ending is not None:
        raise Malformed("body", "twice")
    state = "cancelled" if entry["event"] == Event.SURVEY_CANCELLED else "concluded"
    survey.ending = body | {"at_us": part(entry, "at_us", int), "state": state}


PAPERS = frozenset({Event.PAPER_MADE, Event.PAPER_SIGNED, Event.PAPER_REFUSED, Event.PAPER_SEALED})
OF_SURVEY: dict[str, Any] = {
    Event.SURVEY_OPENED: _opened,
    Event.PARTICIPANT_JOINED: _joined,
    Event.CONSENT_GIVEN: _consented,
    Event.CONSENT_REFUSED: _consented,
    Event.POSITION_TOLD: _placed,
    Event.POSITION_REFUSED: _placed,
    Event.FINDING_RECORDED: _found,
    Event.SNAPSHOT_DERIVED: _derived,
    Event.RECORDING_BEGUN: _begun,
    Event.RECORDING_ENDED: _over,
    Event.RECORDING_ADMITTED: _admitted,
    Event.UPLOAD_ADMITTED: _uploaded,
    Event.CLIP_DERIVED: _clipped,
    Event.SURVEY_CONCLUDED: _ended,
    Event.SURVEY_CANCELLED: _ended,
}
