"""What was recorded, on one clock, for those who judge it."""

from typing import Any

from flask import Blueprint, render_template

from inspection.model.errors import Forbidden
from inspection.model.evidence import Evidence, EvidenceKind
from inspection.model.ledger import moment
from inspection.model.survey import SurveyState
from inspection.services.access import Doing
from inspection.services.read_case import CaseView, read_case
from inspection.services.read_survey import SurveyView, read_survey
from server import visitors
from server.distance import away_from
from server.pages.case_view import case_row, evidence_rows, why_not_decide
from server.pages.lists import names
from server.pages.marking import marking
from server.pages.survey_view import check_rows, survey_row
from server.services import services

blueprint = Blueprint("review", __name__)


@blueprint.get("/surveys/<survey>/review")
def review(survey: str) -> str:
    given, actor = services(), visitors.actor()
    view = read_survey(given.office, actor, survey)
    if Doing.REVIEW not in view.may:
        raise Forbidden("not-allowed")
    case = read_case(given.office, given.signer, actor, view.case.id, given.now())
    why = why_not_decide(case)
    page = {
        "survey": survey,
        "case": case.case.id,
        "state": view.survey.state.value,
        "me": view.mine.id if view.mine else actor.id,
        "may_decide": why is None,
        "timeline": f"/api/v1/surveys/{survey}/timeline",
        "case_url": f"/cases/{case.case.id}",
        "writes": Doing.FIND in view.may and view.survey.state is SurveyState.LIVE,
        "checks": check_rows(view),
        "marks": marking(view, actor),
        "names": {one.id: one.name for one in case.evidence if one.kind is EvidenceKind.UPLOAD},
    }
    return render_template(
        "review.html",
        survey=survey_row(view),
        checks=_checks(view),
        evidence=_evidence(case, survey),
        positions=_positions(view),
        consents=_consents(view),
        case=case_row(case),
        ledger_head=case.entries[-1].hash if case.entries else "",
        may_decide=why is None,
        why=why,
        problem=None,
        page=page,
    )


def _checks(view: SurveyView) -> list[dict[str, Any]]:
    found = {one.check: one for one in view.findings}
    people = names({one.by for one in view.findings})
    rows = []
    for row in check_rows(view):
        one = found.get(row["id"])
        rows.append(row | {"at": one.at if one else None, "by": people[one.by] if one else None})
    return rows


def _evidence(case: CaseView, survey: str) -> list[dict[str, Any]]:
    facts = {one.id: _facts(one) for one in case.evidence if one.kind is EvidenceKind.RECORDING}
    return [row | {"facts": facts[row["id"]]} for row in evidence_rows(case, survey)]


def _facts(one: Evidence) -> dict[str, Any]:
    """Capture facts in words: what the ledger keeps as numbers."""
    facts = one.facts
    device = facts.get("device") or {}
    place = facts.get("position")
    point = None
    if place and not place["refused"]:
        point = f"{place['latitude_e7'] / 1e7:.5f}, {place['longitude_e7'] / 1e7:.5f}"
    begun = facts["epoch_us"] + facts["start"] * 1_000_000 // facts["timescale"]
    return {
        "device": device.get("camera") or device.get("agent") or device.get("user_agent"),
        "codec": facts["codec"],
        "who": facts["who"]["name"],
        "place": point,
        "began": f"{visitors.local(moment(begun)):%Y-%m-%d %H:%M:%S}",
    }


def _positions(view: SurveyView) -> list[dict[str, Any]]:
    people = {row.id: row.name for row in view.participants}
    rows: list[dict[str, Any]] = []
    for one in view.positions:
        who = {"who": people.get(one.participant, ""), "at": one.at, "refused": one.refused}
        if not one.refused:
            who |= {"latitude": one.latitude, "longitude": one.longitude, "accuracy": one.accuracy or 0.0}
            who |= {"source": one.source, "away": away_from(view.case.site, one)}
        rows.append(who)
    return rows


def _consents(view: SurveyView) -> list[dict[str, Any]]:
    return [
        {"who": one.name, "version": one.version, "agreed": one.agreed, "at": one.at} for one in view.consents.values()
    ]
