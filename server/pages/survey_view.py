"""What the pages of one survey have in common."""

from math import asin, cos, radians, sin, sqrt
from typing import Any

from flask import g

from inspection.model.case import Site
from inspection.model.participant import Position
from inspection.services.read_survey import SurveyView
from server.shapes import checks
from server.words import pick

EARTH = 6_371_000.0  # metres


def survey_row(view: SurveyView) -> dict[str, Any]:
    survey, case = view.survey, view.case
    return {
        "id": survey.id,
        "number": survey.number,
        "state": survey.state.value,
        "kind": survey.kind.value,
        "case_id": case.id,
        "case_number": case.number,
        "item": pick(view.item.title, g.lang),
        "department": pick(view.item.department, g.lang),
        "applicant": case.applicant,
        "address": case.site.address,
        "outcome": survey.outcome.value if survey.outcome else None,
        "note": survey.note,
        "at": survey.at,
        "began": survey.opened_at,
        "ended": survey.ended_at,
    }


def check_rows(view: SurveyView) -> list[dict[str, Any]]:
    """The checklist with what was found."""
    found = {one.check: one for one in view.findings}
    rows = []
    for row in checks(view.checklist, g.lang):
        one = found.get(row["id"])
        said: dict[str, Any] = {"result": None, "note": "", "snapshots": []}
        if one:
            said = {"result": one.result.value, "note": one.note, "snapshots": list(one.snapshots)}
        rows.append(row | {"guidance": row["hint"]} | said)
    return rows


def away_from(site: Site, position: Position) -> int | None:
    """Metres from the site along the great circle; None where either is unknown."""
    if site.latitude is None or site.longitude is None or position.latitude is None or position.longitude is None:
        return None
    low, high = radians(site.latitude), radians(position.latitude)
    east = radians(position.longitude - site.longitude)
    half = sin((high - low) / 2) ** 2 + cos(low) * cos(high) * sin(east / 2) ** 2
    return round(2 * EARTH * asin(sqrt(half)))
