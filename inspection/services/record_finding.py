"""Write down a result for one check, with what it rests on."""

from dataclasses import replace
from datetime import datetime

from inspection.model.annotation import AnnotationState
from inspection.model.documents import finding_document
from inspection.model.errors import Invalid, NotFound, WrongMoment
from inspection.model.event import Event
from inspection.model.finding import Finding, Result
from inspection.model.ledger import EPOCH
from inspection.model.people import Actor
from inspection.model.survey import SurveyState
from inspection.model.text import text
from inspection.ports import Office, Signer, Work
from inspection.services.access import Doing, case_of, on_survey
from inspection.services.custody import enter

CITED = 50


def record_finding(
    office: Office,
    signer: Signer,
    actor: Actor,
    survey: str,
    check: str,
    result: str,
    note: str,
    snapshots: tuple[str, ...],
    now: datetime,
    annotations: tuple[str, ...] = (),
    evidence: tuple[str, ...] = (),
) -> Finding:
    """The last result for that check; what it was before stays in the ledger. The same again writes nothing.

    Raises `Invalid("check-unknown" | "result-unknown" | "snapshot-unknown" | "annotation-unfit" |
    "citations-too-many")`, `NotFound("evidence-unknown")`,
    `WrongMoment("survey-not-live")`.
    """
    note = text(note, "note")
    try:
        wanted = Result(result)
    except ValueError as error:
        raise Invalid("result-unknown", field="result") from error
    if len(snapshots) > CITED:
        raise Invalid("citations-too-many", field="snapshots", limit=CITED)
    for field, ids in (("annotations", annotations), ("evidence", evidence)):
        if len(ids) > CITED:
            raise Invalid("citations-too-many", field=field, limit=CITED)
    with office.write(case_of(office, survey)) as work:
        place = on_survey(work, actor, survey, Doing.FIND)
        found = place.survey
        if found.state is not SurveyState.LIVE:
            raise WrongMoment("survey-not-live")
        if work.items.checklist(found.checklist, found.checklist_version).check(check) is None:
            raise Invalid("check-unknown", field="check")
        if not set(snapshots) <= {snapshot.id for snapshot in work.snapshots.of_survey(survey)}:
            raise Invalid("snapshot-unknown", field="snapshots")
        _require_standing(work, survey, annotations)
        if not set(evidence) <= {one.id for one in work.evidence.of_survey(survey)}:
            raise NotFound("evidence-unknown")
        cited, marks, whole = (tuple(dict.fromkeys(ids)) for ids in (snapshots, annotations, evidence))
        finding = Finding(survey, check, wanted, note, cited, actor.id, now, marks, whole)
        before = next((one for one in work.findings.of_survey(survey) if one.check == check), None)
        if before is not None and _said(before) == _said(finding):
            return before
        work.findings.put(finding)
        enter(work, signer, found.case, Event.FINDING_RECORDED, actor, now, finding_document(finding))
    return finding


def _require_standing(work: Work, survey: str, annotations: tuple[str, ...]) -> None:
    """Marks of this survey that nobody has withdrawn."""
    standing = {one.mark.id for one in work.annotations.of_survey(survey) if one.state is not AnnotationState.WITHDRAWN}
    if annotations and not set(annotations) <= standing:
        raise Invalid("annotation-unfit", field="annotations")


def _said(finding: Finding) -> Finding:
    """All but when."""
    return replace(finding, at=EPOCH)
