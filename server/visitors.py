"""Who asks: the cookie's secret, the actor behind it, and what his browser chose (theme, size of print)."""

import secrets
from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from flask import Flask, Response, g, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from inspection.model.errors import Forbidden, Unauthenticated
from inspection.model.people import Actor
from inspection.services.who_is import digest_of_secret, who_is
from server.security import FORM_COOKIE, cookie_name, form_token, set_cookie
from server.services import Services, services

COOKIE = "takan"
NOTICE_COOKIE = "takan-notice"
THEMES = ("auto", "light", "dark")
PRINTS = ("normal", "large")
UNSEEN = ("assets.", "live.", "health.")  # endpoints that ask nobody who he is


def register(app: Flask, given: Services) -> None:
    @app.before_request
    def look() -> None:
        g.actor, g.secret, g.signed_in_id, g.form_secret = None, "", "", ""
        g.new_form_secret = False
        if (request.endpoint or "").startswith(UNSEEN):
            return
        g.secret = request.cookies.get(cookie_name(COOKIE), "")
        g.actor = who_is(given.office, g.secret, given.now()) if g.secret else None
        g.signed_in_id = digest_of_secret(g.secret) if g.actor else ""
        g.form_secret = request.cookies.get(cookie_name(FORM_COOKIE), "")
        if not g.form_secret:
            g.form_secret, g.new_form_secret = secrets.token_urlsafe(24), True

    @app.after_request
    def keep(response: Response) -> Response:
        if g.get("new_form_secret") and g.get("form_used"):
            set_cookie(response, FORM_COOKIE, g.form_secret, None)
        if g.get("notice_shown"):
            set_cookie(response, NOTICE_COOKIE, "", 0)
        return response


def maybe() -> Actor | None:
    """Whoever is signed in; None for nobody."""
    found: Actor | None = g.actor
    return found


def actor() -> Actor:
    """Whoever is signed in. Raises `Unauthenticated` for nobody."""
    if g.actor is None:
        raise Unauthenticated("not-signed-in")
    found: Actor = g.actor
    return found


def staff() -> Actor:
    """A member of staff. Raises `Unauthenticated` for nobody, `Forbidden` for one who came by a link."""
    found = actor()
    if found.survey is not None:
        raise Forbidden("not-allowed")
    return found


def csrf() -> str:
    g.form_used = True
    return form_token(g.form_secret, g.signed_in_id)


def let_in(response: AnyResponse, secret: str, expires_at: datetime) -> None:
    """Give the browser its new secret; the old one was closed by the service that let it in."""
    seconds = int((expires_at - services().now()).total_seconds())
    set_cookie(response, COOKIE, secret, max(seconds, 1))


def let_out(response: AnyResponse) -> None:
    set_cookie(response, COOKIE, "", 0)


def back_to(where: str, notice: str | None = None) -> AnyResponse:
    """After a form: see the result by GET (RFC 9110 § 15.4.4), with a notice shown once."""
    response = redirect(where, 303)
    if notice:
        set_cookie(response, NOTICE_COOKIE, notice, 60)
    return response


def own_path(where: str | None, otherwise: str) -> str:
    """A path of this site, and of no other: what a form or an address asked to return to."""
    if not where or not where.startswith("/") or where.startswith(("//", "/\\")) or not where.isprintable():
        return otherwise
    return quote(where, safe="/?&=%-._~+")


def home(of: Actor | None) -> str:
    """Where somebody begins."""
    if of is None:
        return "/sign-in"
    if of.survey is not None:
        return f"/visit/{of.survey}"
    if of.must_change:
        return "/password"
    return {"administrator": "/people", "inspector": "/surveys", "approver": "/cases"}.get(of.role.value, "/surveys")


def local(moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo(services().settings.office.zone))


def for_templates() -> dict[str, object]:
    me = g.get("actor")
    theme, size = request.cookies.get("takan-theme", ""), request.cookies.get("takan-print", "")
    notice = request.cookies.get(cookie_name(NOTICE_COOKIE), "")
    return {
        "csrf": csrf() if "form_secret" in g else "",
        "me": {"id": me.id, "name": me.name, "role": me.role.value} if me else None,
        "theme": theme if theme in THEMES else "auto",
        "print_size": size if size in PRINTS else "normal",
        "here": request.full_path.rstrip("?"),
        "local": local,
        "notice": _once(notice),
    }


def _once(notice: str) -> str | None:
    if not notice or not notice.replace(".", "").replace("-", "").replace("_", "").isalnum():
        return None
    g.notice_shown = True
    return notice
