"""Coming in and going out by script or page module; the pages have their own forms."""

from typing import Any

from flask import Blueprint, Response, g, jsonify, request

from inspection.services.keep_people import change_password
from inspection.services.sign_in import sign_in
from inspection.services.sign_out import sign_out
from server import documents, visitors
from server.operation import operation
from server.schema import secret, text
from server.services import services

blueprint = Blueprint("api-sign-in", __name__, url_prefix="/api/v1")


@blueprint.post("/sign-in")
@operation({"sign_in": text(64), "password": secret()}, gives=documents.SignedIn, open=True)
def come_in(sent: dict[str, Any]) -> Response:
    """Sign in; the answer sets the cookie."""
    given, new = services(), services().new_secret()
    person, signed_in = sign_in(
        given.office,
        given.passwords,
        sent["sign_in"],
        sent["password"],
        request.remote_addr or "",
        new,
        g.secret or None,
        given.now(),
    )
    me = {"id": person.id, "name": person.name, "role": person.role.value, "must_change": person.must_change}
    response = jsonify(me=me)
    visitors.let_in(response, new, signed_in.expires_at)
    return response


@blueprint.post("/sign-out")
@operation(gives=documents.SignedIn, open=True)
def go_out() -> Response:
    """Sign out."""
    if g.secret:
        sign_out(services().office, g.secret)
    response = jsonify(me=None)
    visitors.let_out(response)
    return response


@blueprint.post("/password")
@operation({"old": secret(), "new": secret()}, gives=documents.SignedIn)
def new_password(sent: dict[str, Any]) -> Response:
    """Change one's password: every browser of that person is signed out."""
    given, actor = services(), visitors.actor()
    change_password(given.office, given.passwords, actor, sent["old"], sent["new"])
    response = jsonify(me=None)
    visitors.let_out(response)
    return response


@blueprint.get("/me")
@operation(open=True)
def me() -> documents.Session:
    """Who is signed in, and the token that every write must carry as `X-CSRF-Token`."""
    found = visitors.maybe()
    who: documents.Me | None = None
    if found:
        who = {
            "id": found.id,
            "name": found.name,
            "role": found.role.value,
            "must_change": found.must_change,
            "survey": found.survey,
        }
    return {"me": who, "csrf": visitors.csrf()}
