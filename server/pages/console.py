"""The inspector's console: the live picture, the checklist, the end of the survey."""

from typing import Any

from flask import Blueprint, redirect, render_template
from werkzeug.wrappers import Response

from inspection.model.people import Role
from inspection.model.survey import ENDED, MOVES, NEEDS_NOTE, Outcome, SurveyState
from inspection.services.access import Doing
from inspection.services.conclude import EVENTS
from inspection.services.make_link import current_link
from inspection.services.participants import join
from inspection.services.read_survey import SurveyView, read_survey
from server import links, visitors
from server.pages.streams import stream_of
from server.pages.survey_view import check_rows, survey_row
from server.services import services

blueprint = Blueprint("console", __name__)


@blueprint.get("/surveys/<survey>/console")
def console(survey: str) -> str | Response:
    given, actor = services(), visitors.staff()
    view = read_survey(given.office, actor, survey)
    if view.survey.state in ENDED or Doing.WATCH not in view.may:
        return redirect(f"/surveys/{survey}/review")
    if view.survey.state is SurveyState.BOOKED and not _crew_named(view):
        return visitors.back_to(f"/cases/{view.case.id}", "notice.second-inspector-needed")
    mine = view.mine or join(given.office, given.signer, actor, survey, given.now(), given.new_id)
    checks, outcomes = check_rows(view), _outcomes(view)
    page = {
        "survey": survey,
        "case": view.case.id,
        "me": mine.id,
        "name": mine.name,
        "role": mine.role.value,
        "state": view.survey.state.value,
        "writes": Doing.FIND in view.may,
        "ends": Doing.CONCLUDE in view.may,
        "whip": Doing.PUBLISH in view.may,
        "needs_note": [one.value for one in NEEDS_NOTE],
        "checks": checks,
        "link": _link(view),
        "stream": stream_of(given, actor, view.survey) if Doing.OPEN in view.may else None,
        "review": f"/surveys/{survey}/review",
        "case_url": f"/cases/{view.case.id}",
    }
    return render_template("console.html", survey=survey_row(view), checks=checks, outcomes=outcomes, page=page)


def _crew_named(view: SurveyView) -> bool:
    """Whether as many inspectors are named as the survey asks for: before, its room does not open."""
    named = {one.person for one in view.participants if one.role is Role.INSPECTOR and one.person}
    return len(named) >= view.survey.inspectors


def _outcomes(view: SurveyView) -> list[str]:
    """Those that a survey in this state can end with."""
    state = view.survey.state
    return [one.value for one in Outcome if (state, EVENTS.get(one, "conclude")) in MOVES or one not in EVENTS]


def _link(view: SurveyView) -> Any:
    if Doing.LINK not in view.may:
        return None
    given = services()
    found = current_link(given.office, visitors.actor(), view.survey.id, given.now())
    return links.address_of(found) if found else None
