"""The lists of cases and surveys, and what every list has: pages, filters, a search."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, g, render_template, request

from inspection.model.case import CaseState
from inspection.model.survey import ENDED
from inspection.services.read_case import CaseRow, list_cases
from inspection.services.read_survey import SurveyRow, list_surveys
from server import visitors
from server.schema import paging
from server.services import services
from server.words import pick

blueprint = Blueprint("lists", __name__)
SIZE = 25


@blueprint.get("/cases")
def cases() -> str:
    given, actor = services(), visitors.actor()
    state, query = request.args.get("state"), request.args.get("q", "").strip()[:100]
    rows, total = list_cases(given.office, actor, state, query, *paging(SIZE), given.now())
    known = _survey_of([row.case.id for row in rows])
    people = names({row.case.inspector for row in rows} | {row.case.approver for row in rows})
    return render_template(
        "cases.html",
        rows=[_case_row(row, people, known.get(row.case.id)) for row in rows],
        filters=_filters(state, query),
        query=query,
        pager=pager(total, SIZE),
        may_open=actor.role.value == "inspector",
    )


@blueprint.get("/surveys")
def surveys() -> str:
    rows, total = list_surveys(services().office, visitors.actor(), *paging(SIZE))
    people = names({row.survey.inspector for row in rows})
    return render_template(
        "surveys.html",
        rows=[_survey_row(row, people) for row in rows],
        filters=[{"name": "all", "count": total, "on": True, "url": "/surveys"}],
        query="",
        pager=pager(total, SIZE),
    )


def pager(total: int, size: int) -> dict[str, Any]:
    """Where in a list, and the addresses of the pages beside this one."""
    page, pages = paging(size)[0] // size + 1, max(-(-total // size), 1)
    return {
        "page": page,
        "pages": pages,
        "total": total,
        "previous": _with(page=page - 1) if page > 1 else None,
        "next": _with(page=page + 1) if page < pages else None,
    }


def names(people: Iterable[str]) -> dict[str, str]:
    """Names of people by id, for lists that show them."""
    with services().office.read() as work:
        return {id: work.people.get(id).name for id in people}


def _survey_of(cases: list[str]) -> dict[str, dict[str, str]]:
    """The newest survey of each case."""
    with services().office.read() as work:
        found = {case: work.surveys.of_case(case) for case in cases}
    newest = {case: max(some, key=lambda one: one.created_at) for case, some in found.items() if some}
    return {case: {"id": one.id, "state": one.state.value} for case, one in newest.items()}


def _case_row(row: CaseRow, people: dict[str, str], survey: dict[str, str] | None) -> dict[str, Any]:
    case = row.case
    return {
        "id": case.id,
        "number": case.number,
        "item": pick(row.item.title, g.lang),
        "department": pick(row.item.department, g.lang),
        "applicant": case.applicant,
        "address": case.site.address,
        "state": case.state.value,
        "due": date.fromisoformat(case.due_on),
        "due_in": row.due_in,
        "inspector": people[case.inspector],
        "approver": people[case.approver],
        "survey": survey,
        "url": f"/cases/{case.id}",
    }


def _survey_row(row: SurveyRow, people: dict[str, str]) -> dict[str, Any]:
    survey = row.survey
    door = "review" if survey.state in ENDED else "console"
    return {
        "id": survey.id,
        "number": survey.number,
        "kind": survey.kind.value,
        "state": survey.state.value,
        "outcome": survey.outcome.value if survey.outcome else None,
        "case_number": row.case.number,
        "item": pick(row.item.title, g.lang),
        "applicant": row.case.applicant,
        "address": row.case.site.address,
        "at": survey.at,
        "began": survey.opened_at,
        "inspector": people[survey.inspector],
        "url": f"/surveys/{survey.id}/{door}",
        "case_url": f"/cases/{row.case.id}",
    }


def _filters(state: str | None, query: str) -> list[dict[str, Any]]:
    given, actor = services(), visitors.actor()
    shown = []
    for wanted in (None, *CaseState):
        _, count = list_cases(given.office, actor, wanted, query, 0, 1, given.now())
        parts = {name: value for name, value in (("state", wanted), ("q", query)) if value}
        url = f"/cases?{urlencode(parts)}" if parts else "/cases"
        shown.append({"name": wanted or "all", "count": count, "on": state == wanted, "url": url})
    return shown


def _with(**changes: object) -> str:
    return f"{request.path}?{urlencode({**request.args, **changes})}"
