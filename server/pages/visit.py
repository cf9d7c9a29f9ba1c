"""The applicant's way: from his link to the end of the visit."""

from typing import Any

from flask import Blueprint, g, redirect, render_template
from werkzeug.wrappers import Response

from inspection.model.errors import Forbidden
from inspection.model.participant import CONSENT_VERSION, Participant
from inspection.model.survey import ENDED
from inspection.services.access import Doing
from inspection.services.enter_by_link import enter_by_link
from inspection.services.read_survey import SurveyView, read_survey
from server import links, visitors
from server.pages.survey_view import check_rows, survey_row
from server.services import services

blueprint = Blueprint("visit", __name__)
BRING = 8


@blueprint.get("/join/<token>")
def join(token: str) -> Response:
    """The link's secret goes into a cookie and out of the address."""
    given, new = services(), services().new_secret()
    actor, signed_in = enter_by_link(given.office, links.checked(token), new, g.secret or None, given.now())
    response = redirect(f"/visit/{actor.survey}", 303)
    visitors.let_in(response, new, signed_in.expires_at)
    return response


@blueprint.get("/visit/<survey>")
def way_in(survey: str) -> str | Response:
    view, mine = _read(survey)
    if view.survey.state in ENDED:
        return redirect(f"/visit/{survey}/done")
    answer = view.consents.get(mine.id)
    agreed_at = answer.at if answer and answer.agreed else None
    page = _page(view, mine) | {
        "state": view.survey.state.value,
        "consent_version": CONSENT_VERSION,
        "consented": agreed_at is not None,
        "position": bool(view.positions),
        "film": f"/visit/{survey}/film",
    }
    return render_template(
        "visit.html",
        survey=survey_row(view),
        person=_person(mine),
        inspector=view.inspector,
        consent={"version": CONSENT_VERSION, "agreed_at": agreed_at},
        bring=[row["title"] for row in check_rows(view)][:BRING],
        page=page,
    )


@blueprint.get("/visit/<survey>/film")
def film(survey: str) -> str | Response:
    view, mine = _read(survey)
    if view.survey.state in ENDED:
        return redirect(f"/visit/{survey}/done")
    answer = view.consents.get(mine.id)
    if answer is None or not answer.agreed:
        return redirect(f"/visit/{survey}")
    checks = check_rows(view)
    told = {"checks": checks, "back": f"/visit/{survey}", "layers": services().settings.media.layers}
    page = _page(view, mine) | told
    return render_template("film.html", survey=survey_row(view), checks=checks, page=page)


@blueprint.get("/visit/<survey>/done")
def done(survey: str) -> str:
    view, mine = _read(survey)
    return render_template("done.html", survey=survey_row(view), person=_person(mine))


def _read(survey: str) -> tuple[SurveyView, Participant]:
    """For one who came by a link; staff have their own pages."""
    view = read_survey(services().office, visitors.actor(), survey)
    if Doing.CONSENT not in view.may or view.mine is None:
        raise Forbidden("not-allowed")
    return view, view.mine


def _person(mine: Participant) -> dict[str, str]:
    return {"id": mine.id, "name": mine.name, "role": mine.role.value}


def _page(view: SurveyView, mine: Participant) -> dict[str, Any]:
    survey = view.survey.id
    return {
        "survey": survey,
        "me": mine.id,
        "name": mine.name,
        "role": mine.role.value,
        "done": f"/visit/{survey}/done",
    }
