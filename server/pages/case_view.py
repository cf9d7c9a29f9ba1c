"""What the page of a case is given."""

from collections import Counter
from datetime import date, datetime
from typing import Any

from flask import g
from markupsafe import Markup

from inspection.model.case import CaseState
from inspection.model.clip import ClipKind
from inspection.model.evidence import Evidence, EvidenceKind, ReceivedTrack
from inspection.model.ledger import moment
from inspection.model.log import time_source
from inspection.model.people import Actor, Role
from inspection.model.survey import ENDED, Survey, SurveyState
from inspection.services.access import Doing
from inspection.services.clips import list_clips
from inspection.services.keep_people import list_approvers, list_inspectors
from inspection.services.make_link import current_link
from inspection.services.papers import list_papers
from inspection.services.read_case import CaseView, SurveyOfCase
from inspection.services.read_survey import read_survey
from server import links
from server.pages.keeping import kept
from server.pages.lists import names
from server.pages.paper_row import row as paper_row
from server.pages.story import story
from server.pages.streams import stream_of
from server.services import Services
from server.shapes import checks as check_rows
from server.words import pick

SHOWN_ENTRIES = 50
RESULTS = {"pass": "pass", "fail": "fail", "rectify": "rectify", "not-applicable": "na"}
DECIDED = (CaseState.APPROVED, CaseState.REFUSED)


def context(given: Services, actor: Actor, view: CaseView, now: datetime) -> dict[str, Any]:
    running = next((one.survey for one in view.surveys if one.survey.state not in ENDED), None)
    actions = _actions(view, running)
    return {
        "case": case_row(view),
        "story": story(view),
        "surveys": [_survey_row(one) for one in view.surveys],
        "checks": _checks(view),
        "evidence": [row | {"kept": kept(given, row["sha256"])} for row in evidence_rows(view)],
        "ledger": _ledger(view) | {"time": time_source(given.authority is not None).value},
        "actions": actions,
        "upload_to": running.id if running and Doing.UPLOAD in view.may else None,
        "link": _link(given, actor, running, now) if running and actions["link"]["may"] else None,
        "live": {"id": running.id, "state": running.state.value} if running else None,
        "crew": _crew(given, actor, running) if running and running.inspectors > 1 else None,
        "stream": stream_of(given, actor, running) if running and Doing.OPEN in view.may else None,
        "colleagues": _colleagues(given, actor, view) if running and Doing.INVITE in view.may else [],
        "approvers": _approvers(given, actor) if actions["approver"]["may"] else [],
        "papers": [paper_row(one, actor.id) for one in list_papers(given.office, actor, view.case.id)],
        "make": _makeable(view),
        "clips": _clips(given, actor, view),
        "exports": [
            {
                "id": one.id,
                "state": one.state,
                "at": one.created_at,
                "done": one.done,
                "total": one.total if one.state != "ready" else one.size,
                "url": f"/api/v1/cases/{one.case}/exports/{one.id}/package" if one.state == "ready" else None,
            }
            for one in view.exports
        ],
    }


def _clips(given: Services, actor: Actor, view: CaseView) -> dict[str, Any]:
    """Those that were cut, and the recordings that more may be cut of."""
    if Doing.CLIP not in view.may:
        return {"rows": [], "of": [], "survey": None}
    rows = [
        {
            "id": one.id,
            "kind": one.kind.value,
            "state": one.state.value,
            "begin": one.facts.get("start_us", one.start) / 1_000_000,
            "end": one.facts.get("end_us", one.end) / 1_000_000,
            "treatment": one.facts.get("treatment") if one.kind is ClipKind.CLIP else None,
            "done": one.done,
            "total": one.total,
            "size": one.bytes,
            "url": f"/api/v1/clips/{one.id}/file" if one.sha256 else None,
        }
        for one in list_clips(given.office, actor, view.case.id)
    ]
    of = [{"id": one.id, "name": one.name} for one in view.evidence if one.track is not None]
    return {"rows": rows, "of": of, "survey": next((one.survey for one in view.evidence if one.track), None)}


def _makeable(view: CaseView) -> dict[str, Any]:
    """Which papers the reader may have made now: the newest concluded survey's, and the decision's."""
    may = Doing.MAKE_PAPER in view.may
    held = next((one.survey for one in view.surveys if one.survey.state is SurveyState.CONCLUDED), None)
    survey = held.id if may and held is not None and held.admitted else None
    return {"survey": survey, "decision": may and view.decision is not None}


def case_row(view: CaseView) -> dict[str, Any]:
    case = view.case
    return {
        "id": case.id,
        "number": case.number,
        "state": case.state.value,
        "item": pick(view.item.title, g.lang),
        "department": pick(view.item.department, g.lang),
        "applicant": case.applicant,
        "phone": case.phone,
        "address": case.site.address,
        "latitude": case.site.latitude,
        "longitude": case.site.longitude,
        "opened_at": case.created_at,
        "due": date.fromisoformat(case.due_on),
        "due_in": view.due_in,
        "inspector": view.inspector.name,
        "approver": {"id": view.approver.id, "name": view.approver.name},
        "decision": decision_row(view),
    }


def decision_row(view: CaseView) -> dict[str, Any] | None:
    made = view.decision
    if made is None:
        return None
    by = names([made.by])[made.by]
    return {"outcome": made.outcome.value, "reason": made.reason, "by": by, "at": made.at}


def why_not_decide(view: CaseView) -> str | None:
    """None when the reader may decide now; else the key of the reason that a person reads."""
    if view.case.state in DECIDED:
        return "case-decided"
    if Doing.DECIDE not in view.may:
        return "not-yours"
    if any(one.survey.state not in ENDED for one in view.surveys):
        return "survey-running"
    if view.case.state is not CaseState.REVIEW:
        return "no-survey"
    return None if all(one.survey.admitted for one in view.surveys) else "not-admitted"


def evidence_rows(view: CaseView, survey: str | None = None) -> list[dict[str, Any]]:
    """Of one survey, or of the whole case, with how much of each is in the store by now."""
    tracks = {track.id: track for one in view.surveys for track in one.tracks}
    return [
        evidence_row(one, tracks.get(one.track or ""))
        for one in view.evidence
        if one.kind is EvidenceKind.RECORDING and (survey is None or one.survey == survey)
    ]


def evidence_row(one: Evidence, track: ReceivedTrack | None) -> dict[str, Any]:
    facts = one.facts
    return {
        "id": one.id,
        "kind": facts.get("kind", one.kind.value),
        "participant": facts.get("who", {}).get("name", ""),
        "codec": facts.get("codec", ""),
        "seconds": facts.get("duration", 0) / max(facts.get("timescale", 1), 1),
        "bytes": one.bytes,
        "sha256": one.sha256,
        "stored": sum(segment.stored for segment in track.segments) if track else 0,
        "segments": facts.get("segments", 0),
        "gaps": facts.get("gaps", 0),
    }


def _actions(view: CaseView, running: Survey | None) -> dict[str, dict[str, Any]]:
    decided = "case-decided" if view.case.state in DECIDED else None
    ended = [one.survey for one in view.surveys if one.survey.state in ENDED]
    exportable = None if ended else "no-evidence"
    if running:
        exportable = "survey-running"
    elif not all(one.admitted for one in ended):
        exportable = "not-admitted"
    deciding = why_not_decide(view)
    return {
        "survey": _action(view, Doing.BOOK, decided or ("survey-open" if running else None)),
        "link": _action(view, Doing.LINK, None if running else "no-open-survey"),
        "approver": _action(view, Doing.NAME_APPROVER, decided),
        "decide": {"may": deciding is None, "why": deciding},
        "export": _action(view, Doing.EXPORT, exportable),
    }


def _action(view: CaseView, doing: Doing, why: str | None) -> dict[str, Any]:
    if doing not in view.may:
        why = "not-allowed"
    return {"may": why is None, "why": why}


def _survey_row(one: SurveyOfCase) -> dict[str, Any]:
    survey = one.survey
    counted = Counter(RESULTS[finding.result.value] for finding in one.findings)
    results = {name: counted.get(name, 0) for name in RESULTS.values()}
    results["open"] = len(one.checklist.checks) - len(one.findings)
    return {
        "id": survey.id,
        "number": survey.number,
        "kind": survey.kind.value,
        "state": survey.state.value,
        "outcome": survey.outcome.value if survey.outcome else None,
        "note": survey.note,
        "at": survey.at,
        "began": survey.opened_at,
        "ended": survey.ended_at,
        "inspector": one.inspector,
        "snapshots": len(one.snapshots),
        "results": results,
    }


def _checks(view: CaseView) -> list[dict[str, Any]]:
    """Of the newest survey that has findings; else the item's checklist."""
    found = next((one for one in view.surveys if one.findings), None)
    checklist = found.checklist if found else view.item.checklist
    results = {one.check: one for one in found.findings} if found else {}
    rows = []
    for row in check_rows(checklist, g.lang):
        said = results.get(row["id"])
        result, note = (said.result.value, said.note) if said else (None, "")
        rows.append(row | {"result": result, "note": note, "survey": found.survey.id if found else None})
    return rows


def _ledger(view: CaseView) -> dict[str, Any]:
    entries = [
        {"number": one.number, "at": moment(one.at_us), "kind": one.event, "who": one.actor["name"], "hash": one.hash}
        for one in reversed(view.entries[-SHOWN_ENTRIES:])
    ]
    return {"count": len(view.entries), "head": view.head.hash if view.head else "", "entries": entries}


def _link(given: Services, actor: Actor, running: Survey, now: datetime) -> dict[str, Any] | None:
    found = current_link(given.office, actor, running.id, now)
    if found is None:
        return None
    url = links.address_of(found)
    picture = Markup(given.codes.svg(url))  # noqa: S704  (drawn here from our own address)
    return {"url": url, "qr": picture, "expires_at": found.expires_at, "survey": running.id}


def _crew(given: Services, actor: Actor, running: Survey) -> dict[str, Any]:
    """The inspectors of a survey that asks for more than one: who they are, and how many are still to be named."""
    people = read_survey(given.office, actor, running.id).participants
    names = list({one.person: one.name for one in people if one.role is Role.INSPECTOR and one.person}.values())
    return {"needed": running.inspectors, "names": names, "missing": max(running.inspectors - len(names), 0)}


def _approvers(given: Services, actor: Actor) -> list[dict[str, str]]:
    return [{"id": one.id, "name": one.name} for one in list_approvers(given.office, actor)]


def _colleagues(given: Services, actor: Actor, view: CaseView) -> list[dict[str, str]]:
    """Who can be asked into a survey: the other inspectors, and the case's approver."""
    people = [*list_inspectors(given.office, actor), view.approver]
    return [{"id": one.id, "name": one.name} for one in people if one.id != actor.id]
