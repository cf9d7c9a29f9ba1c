"""What the pages of one survey have in common."""

from typing import Any

from flask import g

from inspection.services.read_survey import SurveyView
from server.shapes import checks
from server.words import pick


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
        said: dict[str, Any] = {"result": None, "note": "", "snapshots": [], "annotations": []}
        if one:
            said = {"result": one.result.value, "note": one.note}
            said |= {"snapshots": list(one.snapshots), "annotations": list(one.annotations)}
        rows.append(row | {"guidance": row["hint"]} | said)
    return rows
