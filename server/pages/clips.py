"""Clips on the page of a case: a range by its time codes, or all of a survey in one file."""

import re
from collections.abc import Callable

from flask import Blueprint
from werkzeug.wrappers import Response

from inspection.model.errors import Invalid, Refusal
from server import visitors
from server.api import clips as api
from server.pages.case import show
from server.pages.refusals import shown
from server.schema import form, identifier, text

blueprint = Blueprint("clip-pages", __name__, url_prefix="/cases/<case>")
Page = str | Response | tuple[str, int]
CODE = re.compile(r"(?:(?:(\d{1,3}):)?(\d{1,2}):)?(\d{1,6})(?:\.(\d{1,6}))?")


@blueprint.post("/clips")
def make(case: str) -> Page:
    def act() -> None:
        ticked = text(4, needed=False, empty=True)
        sent = form(
            {"evidence": identifier(), "begin": text(20), "end": text(20), "copy": ticked, "overlay": ticked}
        )  # fmt: skip
        begin, end = microseconds(sent["begin"], "begin"), microseconds(sent["end"], "end")
        api.make_clip(case, sent["evidence"], begin, end, not sent["copy"], bool(sent["overlay"]))

    return _done(case, act)


@blueprint.post("/whole")
def whole(case: str) -> Page:
    return _done(case, lambda: _whole(case))


def _whole(case: str) -> None:
    api.make_whole(case, form({"survey": identifier()})["survey"])


def microseconds(code: str, field: str) -> int:
    """Of a time code `[[h:]m:]s[.fraction]`. Raises `Invalid("field-wrong")`."""
    found = CODE.fullmatch(code)
    if found is None:
        raise Invalid("field-wrong", field=field)
    hours, minutes, seconds, rest = found.groups()
    whole_seconds = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds)
    return whole_seconds * 1_000_000 + int((rest or "0").ljust(6, "0"))


def _done(case: str, act: Callable[[], None]) -> Page:
    try:
        act()
    except Refusal as error:
        problem, status = shown(error)
        return show(case, problem), status
    return visitors.back_to(f"/cases/{case}", "notice.clip-wanted")
