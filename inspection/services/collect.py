"""Gather the papers of a case for its package, as the tables have them at one moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from inspection.model.annotation import Annotation
from inspection.model.case import Case
from inspection.model.clip import Clip
from inspection.model.documents import (
    Document,
    case_document,
    checklist_document,
    consent_document,
    decision_document,
    ending_document,
    finding_document,
    participant_document,
    position_document,
    snapshot_document,
    survey_document,
)
from inspection.model.errors import WrongMoment
from inspection.model.evidence import Evidence, EvidenceKind, RenditionState, Snapshot
from inspection.model.ledger import Entry, Head, canonical, microseconds
from inspection.model.log_papers import LogPapers
from inspection.model.package import FORMAT
from inspection.model.paper import Paper
from inspection.model.survey import ENDED, Survey
from inspection.model.tlog import VerifierKey
from inspection.model.upload import UploadState
from inspection.ports import Work
from inspection.services.collect_log import collect_log


@dataclass(frozen=True, slots=True)
class SurveyPapers:
    survey: Document
    findings: list[Document]
    snapshots: list[Document]
    pictures: Sequence[Snapshot]
    recordings: Sequence[Evidence]
    uploads: Sequence[Evidence]
    clips: Sequence[Clip]


@dataclass(frozen=True, slots=True)
class Papers:
    """All but the bytes of recordings and pictures. `surveys` in the order of their booking."""

    case: Case
    paper: Document
    surveys: Sequence[SurveyPapers]
    decision: Document | None
    entries: Sequence[Entry]
    head: Head
    log: LogPapers
    papers: Sequence[Paper]
    annotations: Sequence[Annotation]


def collect(work: Work, case: str, witnesses: tuple[VerifierKey, ...] = (), authority: bytes = b"") -> Papers:
    """`witnesses` and `authority` (PEM) are those that are configured.

    Raises `WrongMoment`: `survey-running`, `evidence-pending`, `segments-pending`, `snapshots-pending`, and
    `log-pending` while an entry of the case waits for its place in the log.
    """
    found = work.cases.get(case)
    surveys = sorted(work.surveys.of_case(case), key=lambda survey: (survey.created_at, survey.number))
    for survey in surveys:
        _require_settled(work, survey)
    decision, head = work.decisions.get(case), work.ledger.head(case)
    if head is None:
        raise WrongMoment("evidence-pending")
    entries = work.ledger.entries(case)
    return Papers(
        found,
        case_paper(work, found),
        [survey_papers(work, survey) for survey in surveys],
        None if decision is None else decision_document(decision),
        entries,
        head,
        collect_log(work, case, len(entries), witnesses, authority),
        sorted((one for one in work.papers.of_case(case) if one.sha256 is not None), key=lambda one: one.id),
        work.annotations.of_case(case),
    )


def case_paper(work: Work, case: Case) -> Document:
    """What `case.json` says."""
    approver = work.people.get(case.approver)
    return {
        "approver": {"approver": approver.id, "name": approver.name},
        "case": case_document(case, work.items.get(case.item)),
        "format": FORMAT,
        "state": case.state.value,
    }


def in_order(documents: list[Document]) -> list[Document]:
    """By time, then by their canonical form: one order, whoever sorts."""
    return sorted(documents, key=lambda document: (_moment(document), canonical(document)))


def _moment(document: Document) -> int:
    at_us = document.get("at_us", 0)
    return at_us if isinstance(at_us, int) else 0  # what a package holds may be anything


def _require_settled(work: Work, survey: Survey) -> None:
    if survey.state not in ENDED:
        raise WrongMoment("survey-running")
    if not survey.admitted:
        raise WrongMoment("evidence-pending")
    if any(upload.state is UploadState.CHECKING for upload in work.uploads.of_survey(survey.id)):
        raise WrongMoment("evidence-pending")
    for track in work.receptions.tracks(survey.id):
        if not (all(init.stored for init in track.inits) and all(segment.stored for segment in track.segments)):
            raise WrongMoment("segments-pending")
    if any(snapshot.state is RenditionState.WANTED for snapshot in work.snapshots.of_survey(survey.id)):
        raise WrongMoment("snapshots-pending")


def survey_papers(work: Work, survey: Survey) -> SurveyPapers:
    rows = work.participants.of_survey(survey.id)
    answers = [work.participants.consent(row.id) for row in rows]
    checklist = work.items.checklist(survey.checklist, survey.checklist_version)
    snapshots = work.snapshots.of_survey(survey.id)
    paper: dict[str, Any] = {
        "checklist": checklist_document(checklist),
        "consents": in_order([consent_document(answer) for answer in answers if answer is not None]),
        "ending": ending_document(survey)
        | {"at_us": microseconds(survey.ended_at or survey.created_at), "state": survey.state.value},
        "opened_us": None if survey.opened_at is None else microseconds(survey.opened_at),
        "participants": in_order([participant_document(row) for row in rows]),
        "positions": in_order([position_document(place) for place in work.participants.positions(survey.id)]),
        "survey": survey_document(survey, checklist),
    }
    return SurveyPapers(
        paper,
        in_order([finding_document(finding) for finding in work.findings.of_survey(survey.id)]),
        in_order([snapshot_document(one) | {"reason": one.reason, "state": one.state.value} for one in snapshots]),
        [one for one in snapshots if one.state is RenditionState.READY],
        sorted(
            (one for one in work.evidence.of_survey(survey.id) if one.kind is EvidenceKind.RECORDING),
            key=lambda one: one.track or one.id,
        ),
        sorted(
            (one for one in work.evidence.of_survey(survey.id) if one.kind is EvidenceKind.UPLOAD),
            key=lambda one: one.id,
        ),
        sorted(
            (one for one in work.clips.of_survey(survey.id) if one.state is RenditionState.READY),
            key=lambda one: (one.start, one.id),
        ),
    )
