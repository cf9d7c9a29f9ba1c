"""Coming in and going out by script or page module; the pages have their own forms."""

from flask import Blueprint, Response, g, jsonify, request

from inspection.services.keep_people import change_password
from inspection.services.sign_in import sign_in
from inspection.services.sign_out import sign_out
from server import visitors
from server.schema import body, secret, text
from server.services import services

blueprint = Blueprint("api-sign-in", __name__, url_prefix="/api/v1")


@blueprint.post("/sign-in")
def come_in() -> Response:
    sent = body({"sign_in": text(64), "password": secret()})
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
def go_out() -> Response:
    if g.secret:
        sign_out(services().office, g.secret)
    response = jsonify(me=None)
    visitors.let_out(response)
    return response


@blueprint.post("/password")
def new_password() -> Response:
    """Every browser of that person is signed out; this one comes in again with a new secret."""
    sent = body({"old": secret(), "new": secret()})
    given, actor = services(), visitors.actor()
    change_password(given.office, given.passwords, actor, sent["old"], sent["new"])
    response = jsonify(me=None)
    visitors.let_out(response)
    return response


@blueprint.get("/me")
def me() -> Response:
    """Who is signed in, and the token that every write must carry as `X-CSRF-Token`."""
    found = visitors.maybe()
    who: dict[str, object] | None = None
    if found:
        who = {
            "id": found.id,
            "name": found.name,
            "role": found.role.value,
            "must_change": found.must_change,
            "survey": found.survey,
        }
    return jsonify(me=who, csrf=visitors.csrf())
