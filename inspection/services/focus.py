"""Ask the applicant to show one check now."""

from dataclasses import replace
from datetime import datetime

from inspection.model.errors import Conflict, Invalid, WrongMoment
from inspection.model.people import Actor
from inspection.model.survey import Survey, SurveyState
from inspection.ports import Office
from inspection.services.access import Doing, case_of, on_survey


def focus(office: Office, actor: Actor, survey: str, check: str | None, now: datetime) -> Survey:
    """The survey with its new focus; None takes it away. Raises `Invalid("check-unknown")`, `WrongMoment`."""
    with office.write(case_of(office, survey)) as work:
        place = on_survey(work, actor, survey, Doing.FOCUS)
        found = place.survey
        if found.state is not SurveyState.LIVE:
            raise WrongMoment("survey-not-live")
        if check is not None and work.items.checklist(found.checklist, found.checklist_version).check(check) is None:
            raise Invalid("check-unknown", field="check")
        focused = replace(found, focus=check)
        if not work.surveys.move(survey, SurveyState.LIVE.value, focused):
            raise Conflict("survey-moved")
    return focused
