"""Open a case."""

import re
from typing import Any

from flask import Blueprint, g, render_template, request
from werkzeug.wrappers import Response

from inspection.model.errors import Invalid, Refusal
from inspection.services.keep_people import list_approvers
from inspection.services.read_case import list_items
from inspection.services.take_in import take_in
from server import visitors
from server.pages.refusals import by_field, shown
from server.schema import form, text
from server.services import services
from server.words import pick

blueprint = Blueprint("new-case", __name__)
LONG = {"polygon": 20_000}  # characters
FIELDS = ("item", "applicant", "phone", "address", "latitude", "longitude", "polygon", "approver")


@blueprint.get("/cases/new")
def ask() -> str:
    return _page(dict.fromkeys(FIELDS, ""), {}, None)


@blueprint.post("/cases/new")
def open_case() -> str | Response | tuple[str, int]:
    given, actor = services(), visitors.actor()
    typed = {name: request.form.get(name, "")[: LONG.get(name, 300)] for name in FIELDS}
    try:
        sent: dict[str, Any] = form({name: text(LONG.get(name, 300), needed=False, empty=True) for name in FIELDS})
        for name in ("item", "approver"):
            if not sent[name]:
                raise Invalid("field-needed", field=name)
        sent |= {name: _degrees(name, sent[name]) for name in ("latitude", "longitude")}
        sent["polygon"] = _corners(sent["polygon"])
        case = take_in(given.office, given.signer, actor, **sent, now=given.now(), new_id=given.new_id)
    except Refusal as error:
        problem, status = shown(error)
        return _page(typed, by_field(error), problem), status
    return visitors.back_to(f"/cases/{case.id}", "notice.case-opened")


def _page(typed: dict[str, str], errors: dict[str, str], problem: dict[str, object] | None) -> str:
    given, actor = services(), visitors.actor()
    return render_template(
        "case-new.html",
        items=[item_row(one) for one in list_items(given.office, actor)],
        approvers=[{"id": one.id, "name": one.name} for one in list_approvers(given.office, actor)],
        form=typed,
        errors=errors,
        problem=problem,
    )


def item_row(item: Any) -> dict[str, Any]:
    return {
        "id": item.id,
        "name": pick(item.title, g.lang),
        "department": pick(item.department, g.lang),
        "checks": len(item.checklist.checks),
        "days": item.promised_days,
        "inspectors": item.inspectors,
    }


def _corners(typed: str) -> list[tuple[float, float]]:
    """A corner a line, latitude and longitude, as maps write them."""
    found = []
    for line in filter(None, (one.strip() for one in typed.splitlines())):
        parts = [part for part in re.split(r"[\s,;，；]+", line) if part]
        if len(parts) != 2:
            raise Invalid("field-wrong", field="polygon")
        latitude, longitude = (_degrees("polygon", part) for part in parts)
        found.append((latitude or 0.0, longitude or 0.0))
    return found


def _degrees(field: str, value: str) -> float | None:
    try:
        return float(value) if value else None
    except ValueError as error:
        raise Invalid("position-range", field=field) from error
