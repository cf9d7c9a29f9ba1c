"""Book a survey of a case."""

from datetime import datetime, timedelta

from inspection.model.case import CaseState
from inspection.model.documents import survey_document
from inspection.model.errors import Invalid, WrongMoment
from inspection.model.event import Event
from inspection.model.people import Actor
from inspection.model.survey import ENDED, Survey, SurveyKind, SurveyState
from inspection.ports import NewId, Office, Signer
from inspection.services.access import Doing, on_case
from inspection.services.custody import enter
from inspection.services.participants import add_staff, applicant_row

KINDS = {kind.value: kind for kind in (SurveyKind.LIVE, SurveyKind.GUIDANCE, SurveyKind.DRONE)}
FARTHEST = timedelta(days=366)


def book(
    office: Office,
    signer: Signer,
    actor: Actor,
    case: str,
    kind: str,
    at: datetime,
    now: datetime,
    new_id: NewId,
) -> Survey:
    """A survey by appointment (`at` in the past means now), with places for its inspector and its applicant.

    It keeps the checklist version in force. Raises `WrongMoment("survey-running")` while another one is not ended.
    """
    if kind not in KINDS:
        raise Invalid("kind-unknown", field="kind")
    if at.tzinfo is None or at > now + FARTHEST:
        raise Invalid("appointment-unfit", field="at")
    with office.write(case) as work:
        found = on_case(work, actor, case, Doing.BOOK)
        if found.state in (CaseState.APPROVED, CaseState.REFUSED):
            raise WrongMoment("case-decided")
        earlier = work.surveys.of_case(case)
        if any(survey.state not in ENDED for survey in earlier):
            raise WrongMoment("survey-running")
        item = work.items.get(found.item)
        checklist = item.checklist
        several = 1 if kind == SurveyKind.GUIDANCE else item.inspectors
        number = f"{found.number}-S{len(earlier) + 1}"
        survey = Survey(
            new_id(), number, case, KINDS[kind], SurveyState.BOOKED, actor.id, checklist.id, checklist.version,
            max(at, now), now, inspectors=several,
        )  # fmt: skip
        work.surveys.add(survey)
        enter(work, signer, case, Event.SURVEY_BOOKED, actor, now, survey_document(survey, checklist))
        add_staff(work, signer, actor, survey, actor.id, actor.name, actor.role, now, new_id)
        applicant_row(work, signer, actor, survey, found, now, new_id)
    return survey
