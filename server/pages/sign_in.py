"""The staff's way in, the way out, and the own password."""

from flask import Blueprint, g, redirect, render_template, request
from werkzeug.wrappers import Response

from inspection.model.errors import Invalid, Refusal
from inspection.services.keep_people import change_password
from inspection.services.sign_in import sign_in
from inspection.services.sign_out import sign_out
from server import visitors
from server.pages.refusals import shown
from server.schema import form, secret, text
from server.services import services

blueprint = Blueprint("sign-in", __name__)


@blueprint.get("/")
def entry() -> Response:
    return redirect(visitors.home(visitors.maybe()))


@blueprint.get("/sign-in")
def ask() -> str | Response:
    actor = visitors.maybe()
    if actor and actor.survey is None:
        return redirect(visitors.home(actor))
    return _page("", visitors.own_path(request.args.get("next"), "/"), None)


@blueprint.post("/sign-in")
def come_in() -> str | Response | tuple[str, int]:
    typed, where = request.form.get("sign_in", "")[:64], visitors.own_path(request.form.get("next"), "/")
    try:
        sent = form({"sign_in": text(64), "password": secret(), "next": text(2000, needed=False, empty=True)})
        return _let_in(sent["sign_in"], sent["password"], where)
    except Refusal as error:
        problem, status = shown(error)
        return _page(typed, where, problem), status


@blueprint.post("/sign-out")
def go_out() -> Response:
    form({})
    if g.secret:
        sign_out(services().office, g.secret)
    response = redirect("/sign-in", 303)
    visitors.let_out(response)
    return response


@blueprint.get("/password")
def own_password() -> str:
    return render_template("password.html", first=visitors.staff().must_change, problem=None)


@blueprint.post("/password")
def change() -> str | Response | tuple[str, int]:
    given, actor = services(), visitors.staff()
    try:
        sent = form({"old": secret(), "password": secret(), "again": secret()})
        if sent["password"] != sent["again"]:
            raise Invalid("password-differs", field="again")
        change_password(given.office, given.passwords, actor, sent["old"], sent["password"])
    except Refusal as error:
        problem, status = shown(error)
        return render_template("password.html", first=actor.must_change, problem=problem), status
    with given.office.read() as work:
        name = work.people.get(actor.id).sign_in
    return _let_in(name, sent["password"], "/")


def _let_in(name: str, password: str, where: str) -> Response:
    given, new = services(), services().new_secret()
    address = request.remote_addr or ""
    person, signed_in = sign_in(
        given.office, given.passwords, name, password, address, new, g.secret or None, given.now()
    )
    response = redirect("/password" if person.must_change else where, 303)
    visitors.let_in(response, new, signed_in.expires_at)
    return response


def _page(typed: str, where: str, problem: dict[str, object] | None) -> str:
    return render_template("sign-in.html", form={"sign_in": typed}, problem=problem, next=where)
