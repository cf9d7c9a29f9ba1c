"""What a paper tells, as one canonical document: gathered at one moment, compared again before each signature."""

from typing import Any

from inspection.model.case import Case
from inspection.model.documents import (
    Document,
    case_document,
    decision_document,
    digest_of,
    evidence_document,
    head_document,
    snapshot_document,
)
from inspection.model.errors import WrongMoment
from inspection.model.evidence import RenditionState
from inspection.model.ledger import microseconds
from inspection.model.paper import PaperKind, Signatory
from inspection.model.people import Role
from inspection.model.survey import FORMAL, SurveyState
from inspection.ports import Signer, Work
from inspection.services.collect import in_order, survey_papers
from inspection.services.stills import cited_marks

FORMAT = "takan-paper/1"


def facts_of(work: Work, signer: Signer, kind: PaperKind, case: str, survey: str | None) -> Document:
    """`subject` is what is signed; `ledger` where the chain stood when it was told.

    Raises `WrongMoment("survey-not-ended" | "evidence-pending" | "snapshots-pending" | "case-undecided")`.
    """
    head = work.ledger.head(case)
    if head is None:
        raise WrongMoment("evidence-pending")
    return {
        "format": FORMAT,
        "kind": kind.value,
        "ledger": head_document(head, signer.public_key()),
        "subject": subject_of(work, kind, case, survey),
    }


def subject_of(work: Work, kind: PaperKind, case: str, survey: str | None) -> Document:
    found = work.cases.get(case)
    if kind is PaperKind.DECISION:
        return _decision(work, found)
    return _survey(work, found, survey or "")


def subject_digest(subject: Document) -> str:
    return digest_of(subject)


def signatories(work: Work, kind: PaperKind, case: str, survey: str | None) -> list[Signatory]:
    """Whose signatures it asks for: the inspectors who were there and who was filmed; of a decision the approver."""
    if kind is PaperKind.CERTIFICATE:
        return []
    if kind is PaperKind.DECISION:
        made = work.decisions.get(case)
        person = work.people.get(made.by if made is not None else work.cases.get(case).approver)
        return [Signatory(person.id, person.name, Role.APPROVER.value)]
    found = work.surveys.get(survey or "")
    lead = work.people.get(found.inspector)
    asked = [Signatory(lead.id, lead.name, Role.INSPECTOR.value)]
    for row in work.participants.of_survey(found.id):
        known = {one.id for one in asked}
        if row.role is Role.INSPECTOR and row.person is not None and row.person not in known:
            asked.append(Signatory(row.person, row.name, row.role.value))
        answer = work.participants.consent(row.id)
        if row.person is None and answer is not None and answer.agreed:
            asked.append(Signatory(row.id, answer.name, row.role.value))
    return asked


def inspectors_to_sign(work: Work, kind: PaperKind, survey: str | None) -> int:
    """So many different inspectors have to sign before the office seals: as the survey asks for, where it judged the
    site; of one that ended otherwise those who were there."""
    if kind is not PaperKind.RECORD:
        return 0
    found = work.surveys.get(survey or "")
    return found.inspectors if found.outcome in FORMAL else 1


def _survey(work: Work, case: Case, survey: str) -> Document:
    found = work.surveys.get(survey)
    if found.state is not SurveyState.CONCLUDED:
        raise WrongMoment("survey-not-ended")
    if not found.admitted:
        raise WrongMoment("evidence-pending")
    if any(one.state is RenditionState.WANTED for one in work.snapshots.of_survey(survey)):
        raise WrongMoment("snapshots-pending")
    papers = survey_papers(work, found)
    room = work.rooms.get(survey)
    people = {row.by for row in work.findings.of_survey(survey)} | {found.inspector}
    return {
        "case": case_document(case, work.items.get(case.item)),
        "devices": {row.id: dict(row.device) for row in work.participants.of_survey(survey)},
        "epoch_us": None if room is None else microseconds(room.epoch),
        "findings": papers.findings,
        "people": {id: work.people.get(id).name for id in sorted(people)},
        "recordings": [_recording(work, one) for one in papers.recordings],
        "snapshots": in_order([snapshot_document(one) for one in papers.pictures]),
        "survey": papers.survey,
        **({"annotations": marks} if (marks := cited_marks(work, survey)) else {}),
        "uploads": [evidence_document(one) for one in papers.uploads],
    }


def _recording(work: Work, evidence: Any) -> Document:
    """The evidence, with its gaps one by one (ticks of its time scale from the epoch)."""
    document = evidence_document(evidence)
    if evidence.track is not None:
        track = work.receptions.track(evidence.track)
        document["gaps"] = [
            {"end": gap.end, "number": number, "reason": gap.reason, "start": gap.start}
            for number, gap in enumerate(track.all_gaps(), start=1)
        ]
        document["reception"] = {name: int(value) for name, value in track.reception.items()}
        document["timescale"] = track.timescale
    return document


def _decision(work: Work, case: Case) -> Document:
    made = work.decisions.get(case.id)
    if made is None:
        raise WrongMoment("case-undecided")
    surveys = [
        {
            "note": one.note,
            "number": one.number,
            "outcome": None if one.outcome is None else one.outcome.value,
            "survey": one.id,
        }
        for one in work.surveys.of_case(case.id)
    ]
    evidence = [{"name": one.name, "sha256": one.sha256} for one in work.evidence.of_case(case.id)]
    return {
        "case": case_document(case, work.items.get(case.item)),
        "decision": decision_document(made),
        "evidence": evidence,
        "people": {made.by: work.people.get(made.by).name},
        "surveys": surveys,
    }
