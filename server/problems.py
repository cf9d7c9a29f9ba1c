"""Refusals become problem documents (RFC 9457) or, on a page, a sentence. The only place in server that knows both."""

import logging
from collections.abc import Callable
from urllib.parse import quote

from flask import Flask, Response, g, jsonify, make_response, redirect, render_template, request
from werkzeug.exceptions import HTTPException

from inspection.model.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Refusal,
    TooMany,
    Unauthenticated,
    Unavailable,
    WrongMoment,
)
from inspection.services.guard import TURNED_AWAY, turned_away
from server.services import services

log = logging.getLogger("takan.web")


class TooLarge(Refusal):
    """A body beyond the limit; it was not read."""


class NotHere(Refusal):
    """Part of a thing was asked for that it does not have (RFC 9110 § 15.5.17)."""


class Checksum(Refusal):
    """Bytes that are not those of their checksum: thrown away (tus 1.0, checksum extension)."""


class TusVersion(Refusal):
    """Another version of tus than 1.0.0."""


class Gone(Refusal):
    """It was here once."""


STATUS: dict[type[Exception], int] = {
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    WrongMoment: 409,
    TooLarge: 413,
    NotHere: 416,
    Invalid: 422,
    TooMany: 429,
    Unavailable: 503,
    Checksum: 460,
    TusVersion: 412,
    Gone: 410,
    Refusal: 400,
}
# What werkzeug refuses by itself.
CODES = {
    400: "bad-request",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    408: "too-slow",
    413: "too-large",
    414: "bad-request",
    415: "media-type-unknown",
    416: "range-wrong",
    429: "too-many",
    431: "too-large",
    503: "unavailable",
}

Say = Callable[..., str]


def status_of(error: Refusal) -> int:
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def problem(error: Refusal, say: Say) -> tuple[dict[str, object], int]:
    """The document of a refusal, its sentence in the reader's language."""
    return document(status_of(error), error.code, error.facts, say)


def document(status: int, code: str, facts: dict[str, str | int], say: Say) -> tuple[dict[str, object], int]:
    body: dict[str, object] = {
        "type": f"/problems/{code}",
        "status": status,
        "title": sentence(code, status, facts, say),
    }
    body["code"] = code
    if "field" in facts:
        body["field"] = facts["field"]
    if getattr(g, "request_id", None):
        body["instance"] = f"urn:takan:request:{g.request_id}"
    return body, status


def sentence(code: str, status: int, facts: dict[str, str | int], say: Say) -> str:
    """The catalogue's sentence for a code; where it has none, that of the status."""
    found = say(f"problem.{code}", **facts)
    return found if found != f"problem.{code}" else say(f"problem.status-{status}", **facts)


def wants_json() -> bool:
    """Modules and encoders read documents, people read pages. A file may be opened by either: a browser that opens one
    in a tab names `text/html` among what it takes."""
    if request.path.startswith(("/api/", "/live/", "/health", "/renditions/")) or "/segments/" in request.path:
        return True
    return request.path.startswith(("/evidence/", "/log/")) and "text/html" not in request.headers.get("Accept", "")


def sent_elsewhere(code: str) -> str | None:
    """Where a page sends somebody who only has to do something else first."""
    if wants_json() or request.method not in ("GET", "HEAD"):
        return None
    if code == "not-signed-in":
        return f"/sign-in?next={quote(request.full_path.rstrip('?'))}"
    return "/password" if code == "password-must-change" else None


def answer(status: int, code: str, facts: dict[str, str | int]) -> Response:
    """A refusal as this reader can use it."""
    elsewhere = sent_elsewhere(code)
    if elsewhere:
        return make_response(redirect(elsewhere, 303))
    body, _ = document(status, code, facts, g.say)
    if wants_json():
        response = jsonify(body)
        response.mimetype = "application/problem+json"
    else:
        here = {"title": body["title"], "code": code, "status": status, "detail": None, "home": "/"}
        response = make_response(render_template("error.html", **here, number=g.request_id))
    response.status_code = status
    if status == 401 and wants_json():
        response.headers["WWW-Authenticate"] = "Session"
    if status == 416 and "size" in facts:
        response.headers["Content-Range"] = f"bytes */{facts['size']}"
    if "seconds" in facts:
        response.headers["Retry-After"] = str(facts["seconds"])
    return response


def _tell_the_ledger(error: Refusal) -> None:
    """Whoever is refused a case, a survey or evidence, by whatever route, stands in that case's ledger."""
    named = {key: value for key, value in (request.view_args or {}).items() if key in ("case", "survey", "evidence")}
    if g.get("actor") is None or not named or error.code not in TURNED_AWAY:
        return
    given = services()
    try:
        turned_away(given.office, given.signer, g.actor, given.now(), error.code, **named)
    except Refusal as away:  # the answer is the refusal all the same
        log.error("a refusal is not in the ledger", extra={"why": away.code})


def register(app: Flask) -> None:
    """Handlers for every kind of failure of a request."""

    @app.errorhandler(Refusal)
    def refused(error: Refusal) -> Response:
        _tell_the_ledger(error)
        return answer(status_of(error), error.code, error.facts)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        status = error.code or 500
        if status < 400:
            return error.get_response()  # type: ignore[return-value]
        response = answer(status, CODES.get(status, "internal" if status >= 500 else "bad-request"), {})
        for name, value in error.get_headers():
            if name in ("Allow", "Content-Range", "Retry-After"):
                response.headers[name] = value
        return response

    @app.errorhandler(OSError)
    def away(error: OSError) -> Response:
        log.error("a part is away", exc_info=error)
        return answer(503, "unavailable", {})
