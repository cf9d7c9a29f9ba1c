"""What a browser chose: language, theme, size of print. Kept in cookies that say nothing about a person."""

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from server import visitors
from server.schema import choice, form, text
from server.words import LANGUAGES

blueprint = Blueprint("preferences", __name__)
YEAR = 31_536_000


@blueprint.post("/language")
def language() -> Response:
    sent = form({"lang": choice(LANGUAGES), "back": text(2000, needed=False, empty=True)})
    return _kept("takan-lang", sent["lang"], sent["back"])


@blueprint.post("/theme")
def theme() -> Response:
    sent = form(
        {
            "theme": choice(visitors.THEMES, needed=False),
            "print": choice(visitors.PRINTS, needed=False),
            "back": text(2000, needed=False, empty=True),
        }
    )
    if sent["theme"] is None and sent["print"]:
        return _kept("takan-print", sent["print"], sent["back"])
    return _kept("takan-theme", sent["theme"] or "auto", sent["back"])


def _kept(name: str, value: str, back: str) -> Response:
    response = redirect(visitors.own_path(back, "/"), 303)
    response.set_cookie(name, value, max_age=YEAR, path="/", secure=request.is_secure, httponly=True, samesite="Lax")
    return response
