"""One case: what happened, what is there, what can be done now."""

from collections.abc import Callable

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from inspection.model.errors import Invalid, Refusal
from inspection.services.book import book
from inspection.services.decide import decide
from inspection.services.make_link import make_link
from inspection.services.participants import invite
from inspection.services.read_case import read_case
from inspection.services.take_in import name_approver
from inspection.services.want_export import want_export
from server import links, visitors
from server.api.room import end
from server.pages.case_view import context
from server.pages.refusals import shown
from server.schema import Field, form, identifier, text
from server.services import services

blueprint = Blueprint("case", __name__, url_prefix="/cases/<case>")
Page = str | Response | tuple[str, int]


@blueprint.get("")
def one(case: str) -> str:
    return show(case, None)


@blueprint.post("/surveys")
def start_survey(case: str) -> Page:
    """Books one for now, and makes the applicant's link at once."""

    def act() -> None:
        sent = form({"kind": text(20), "at": text(40, needed=False, empty=True)})
        given, actor, now = services(), visitors.actor(), services().now()
        survey = book(given.office, given.signer, actor, case, sent["kind"], now, now, given.new_id)
        _new_link(survey.id)

    return _done(case, act, "notice.survey-booked")


@blueprint.post("/link")
def new_link(case: str) -> Page:
    def act() -> None:
        survey = form({"survey": identifier()})["survey"]
        _require_of_case(case, survey)
        _new_link(survey)

    return _done(case, act, "notice.link-made")


@blueprint.post("/approver")
def give_to(case: str) -> Page:
    def act() -> None:
        sent = form({"approver": identifier()})
        given = services()
        name_approver(given.office, given.signer, visitors.actor(), case, sent["approver"], given.now())

    return _done(case, act, "notice.approver-named")


@blueprint.post("/invite")
def ask_in(case: str) -> Page:
    def act() -> None:
        sent = form({"survey": identifier(), "person": identifier()})
        _require_of_case(case, sent["survey"])
        given, actor = services(), visitors.actor()
        invite(given.office, given.signer, actor, sent["survey"], sent["person"], given.now(), given.new_id)

    return _done(case, act, "notice.asked-in")


@blueprint.post("/decision")
def make_decision(case: str) -> Page:
    optional: Field = text(2000, needed=False, empty=True)

    def act() -> None:
        sent = form(
            {
                "outcome": text(20),
                "reason": text(4000, needed=False, empty=True),
                "head": text(64, needed=False, empty=True),
                "back": optional,
            }
        )
        given = services()
        head = sent["head"] or None
        decide(given.office, given.signer, visitors.actor(), case, sent["outcome"], sent["reason"], head, given.now())

    return _done(case, act, "notice.decided")


@blueprint.post("/exports")
def export(case: str) -> Page:
    def act() -> None:
        form({})
        given = services()
        wish = want_export(given.office, given.signer, visitors.actor(), case, given.now(), given.new_id)
        given.jobs.write_export(wish.id)

    return _done(case, act, "notice.export-wanted")


@blueprint.post("/cancel")
def cancel(case: str) -> Page:
    def act() -> None:
        sent = form({"survey": identifier(), "note": text(4000)})
        _require_of_case(case, sent["survey"])
        end(sent["survey"], "cancelled", sent["note"])

    return _done(case, act, "notice.cancelled")


def _done(case: str, act: Callable[[], None], notice: str) -> Page:
    """Back to where the form stood; a refusal is shown in the page of the case."""
    try:
        act()
    except Refusal as error:
        problem, status = shown(error)
        return show(case, problem), status
    return visitors.back_to(visitors.own_path(request.form.get("back"), f"/cases/{case}"), notice)


def show(case: str, problem: dict[str, object] | None) -> str:
    given, actor, now = services(), visitors.actor(), services().now()
    view = read_case(given.office, given.signer, actor, case, now)
    return render_template("case.html", **context(given, actor, view, now), problem=problem)


def _new_link(survey: str) -> None:
    given, link_id = services(), services().new_id()
    secret = links.secret_of(link_id)
    make_link(given.office, given.signer, visitors.actor(), survey, link_id, secret, given.now(), given.new_id)


def _require_of_case(case: str, survey: str) -> None:
    """A form of one case acts on its own surveys only."""
    given, actor = services(), visitors.actor()
    view = read_case(given.office, given.signer, actor, case, given.now())
    if survey not in {one.survey.id for one in view.surveys}:
        raise Invalid("survey-unknown", field="survey")
