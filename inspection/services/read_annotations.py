"""The marks of a survey as they stand, and what has changed since somebody looked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from inspection.model.annotation import Annotation, AnnotationState
from inspection.model.people import Actor
from inspection.ports import Office, Signer, Work
from inspection.services.access import Doing, on_case, on_survey
from inspection.services.guard import guarded, viewed


@dataclass(frozen=True, slots=True)
class Marks:
    """`revision`: ask for what comes after it. `cited`: by annotation, the checks whose findings rest on it."""

    revision: int
    annotations: Sequence[Annotation]
    cited: Mapping[str, Sequence[str]]
    decided: bool
    reader: str


def list_annotations(
    office: Office, signer: Signer, actor: Actor, survey: str, since: int, evidence: str | None, now: datetime
) -> Marks:
    """Those of one survey, by number; only those changed after `since`, and on `evidence` when it is given."""
    with guarded(office, signer, actor, now, survey=survey), office.read() as work:
        place = on_survey(work, actor, survey, Doing.ANNOTATE)
        found = work.annotations.of_survey(survey, since)
        if evidence is not None:
            found = [one for one in found if one.evidence == evidence]
        return marks_of(work, actor, place.case.id, survey, found)


def marks_of(work: Work, actor: Actor, case: str, survey: str, found: Sequence[Annotation]) -> Marks:
    last = work.ledger.tip(case)
    cited: dict[str, list[str]] = {}
    for finding in work.findings.of_survey(survey):
        for id in finding.annotations:
            cited.setdefault(id, []).append(finding.check)
    decided = work.decisions.get(case) is not None
    return Marks(0 if last is None else last.number, found, cited, decided, actor.id)


def one_as_marks(office: Office, actor: Actor, found: Annotation) -> Marks:
    """A single one, with what its reader may do."""
    with office.read() as work:
        return marks_of(work, actor, found.case, found.survey, [found])


def may(marks: Marks, found: Annotation) -> list[str]:
    """What the reader may do with one of them."""
    if marks.decided or found.state is AnnotationState.WITHDRAWN:
        return []
    own = found.owner.id == marks.reader and not marks.cited.get(found.mark.id)
    turn = "close" if found.state is AnnotationState.OPEN else "reopen"
    return ["reply", turn, *(["withdraw"] if own else [])]


def annotations_of_case(office: Office, signer: Signer, actor: Actor, case: str, now: datetime) -> Sequence[Annotation]:
    """All of a case, to be taken along; the ledger tells once a sitting that he did."""
    with guarded(office, signer, actor, now, case=case), office.read() as work:
        on_case(work, actor, case, Doing.REVIEW)
        found = work.annotations.of_case(case)
    viewed(office, signer, actor, case, case, now)
    return found
