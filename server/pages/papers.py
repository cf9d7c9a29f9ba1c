"""Papers on the page of a case, and the applicant's page on which he reads and signs the record of his visit."""

from collections.abc import Callable

from flask import Blueprint, g, render_template
from werkzeug.wrappers import Response

from inspection.model.errors import Forbidden, Refusal
from inspection.services.papers import paper_to_sign
from inspection.services.read_survey import read_survey
from server import visitors
from server.api import papers as api
from server.pages.case import show
from server.pages.paper_row import row
from server.pages.refusals import shown
from server.pages.survey_view import survey_row
from server.schema import form, identifier, text
from server.services import services

blueprint = Blueprint("paper-pages", __name__)
Page = str | Response | tuple[str, int]
DIGEST = 64


@blueprint.post("/cases/<case>/papers")
def make(case: str) -> Page:
    def act() -> None:
        sent = form({"kind": text(20), "survey": text(32, needed=False, empty=True)})
        api.make(case, sent["kind"], sent["survey"] or None, g.lang)

    return _done(case, act, "notice.paper-wanted")


@blueprint.post("/cases/<case>/papers/<paper>/sign")
def sign(case: str, paper: str) -> Page:
    return _done(case, lambda: _sign(paper), "notice.paper-signed")


@blueprint.post("/cases/<case>/papers/<paper>/refuse")
def refuse(case: str, paper: str) -> Page:
    def act() -> None:
        sent = form({"sha256": text(DIGEST), "of": identifier(), "reason": text(2000)})
        api.refuse(paper, sent["sha256"], sent["of"], sent["reason"])

    return _done(case, act, "notice.paper-refused")


@blueprint.get("/visit/<survey>/record")
def record(survey: str) -> str:
    return _record(survey, None)


@blueprint.post("/visit/<survey>/record")
def answer(survey: str) -> Page:
    """His signature on the very file that he opened, or why he does not sign."""
    _require_guest(survey)
    sent = form(
        {
            "act": text(10),
            "paper": identifier(),
            "sha256": text(DIGEST),
            "reason": text(2000, needed=False, empty=True),
        }
    )
    try:
        if sent["act"] == "refuse":
            api.refuse(sent["paper"], sent["sha256"], "", sent["reason"])
        else:
            api.sign(sent["paper"], sent["sha256"])
    except Refusal as error:
        problem, status = shown(error)
        return _record(survey, problem), status
    return visitors.back_to(f"/visit/{survey}/record", None)


def _sign(paper: str) -> None:
    api.sign(paper, form({"sha256": text(DIGEST)})["sha256"])


def _done(case: str, act: Callable[[], None], notice: str) -> Page:
    try:
        act()
    except Refusal as error:
        problem, status = shown(error)
        return show(case, problem), status
    return visitors.back_to(f"/cases/{case}", notice)


def _require_guest(survey: str) -> None:
    if visitors.actor().survey is None:
        read_survey(services().office, visitors.actor(), survey)
        raise Forbidden("not-allowed")


def _record(survey: str, problem: dict[str, object] | None) -> str:
    _require_guest(survey)
    given, actor = services(), visitors.actor()
    view = read_survey(given.office, actor, survey)
    paper = paper_to_sign(given.office, actor, survey)
    return render_template(
        "sign.html", survey=survey_row(view), paper=None if paper is None else row(paper, actor.id), problem=problem
    )
