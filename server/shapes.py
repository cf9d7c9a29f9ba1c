"""What values look like in JSON, for the API. Moments as RFC 3339, times of media as integers."""

from datetime import UTC, datetime

from inspection.model.case import Case
from inspection.model.catalogue import Checklist, Item
from inspection.model.decision import Decision, Export
from inspection.model.evidence import Evidence, RenditionState, Snapshot
from inspection.model.finding import Finding
from inspection.model.ledger import microseconds
from inspection.model.survey import Survey
from inspection.model.upload import UNFINISHED, Job, Upload, UploadState
from inspection.services.read_case import CaseRow, CaseView, SurveyOfCase
from inspection.services.read_survey import SurveyView
from inspection.services.read_uploads import UploadView
from server import documents
from server.words import pick


def stamp(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def item(found: Item, language: str) -> documents.Item:
    return {
        "id": found.id,
        "code": found.code,
        "name": pick(found.title, language),
        "department": pick(found.department, language),
        "days": found.promised_days,
        "inspectors": found.inspectors,
        "checks": checks(found.checklist, language),
    }


def checks(checklist: Checklist, language: str) -> list[documents.Check]:
    return [
        {
            "id": check.id,
            "number": number,
            "title": pick(check.title, language),
            "hint": pick(check.guidance, language),
            "required": check.required,
        }
        for number, check in enumerate(checklist.checks, 1)
    ]


def case(found: Case) -> documents.Case:
    return {
        "id": found.id,
        "number": found.number,
        "item": found.item,
        "applicant": found.applicant,
        "phone": found.phone,
        "address": found.site.address,
        "latitude": found.site.latitude,
        "longitude": found.site.longitude,
        "polygon": [list(corner) for corner in found.site.polygon],
        "state": found.state.value,
        "inspector": found.inspector,
        "approver": found.approver,
        "created_at": stamp(found.created_at),
        "due_on": found.due_on,
    }


def case_row(row: CaseRow, language: str) -> documents.CaseRow:
    return {
        **case(row.case),
        "item_name": pick(row.item.title, language),
        "due_in": row.due_in,
        "surveys": row.surveys,
        "live": row.live,
    }


def case_view(view: CaseView, language: str) -> documents.CaseView:
    return {
        **case(view.case),
        "item_name": pick(view.item.title, language),
        "inspector_name": view.inspector.name,
        "approver_name": view.approver.name,
        "due_in": view.due_in,
        "surveys": [survey_of_case(one, language) for one in view.surveys],
        "evidence": [evidence(one) for one in view.evidence],
        "decision": None if view.decision is None else decision(view.decision),
        "exports": [export(one) for one in view.exports],
        "ledger": {"count": len(view.entries), "head": view.head.hash if view.head else None},
        "may": sorted(view.may),
    }


def survey_of_case(one: SurveyOfCase, language: str) -> documents.SurveyOfCase:
    return {
        **survey(one.survey),
        "inspector_name": one.inspector,
        "checks": checks(one.checklist, language),
        "findings": [finding(found) for found in one.findings],
        "snapshots": [snapshot(found) for found in one.snapshots],
    }


def survey(found: Survey) -> documents.Survey:
    return {
        "id": found.id,
        "number": found.number,
        "case": found.case,
        "kind": found.kind.value,
        "state": found.state.value,
        "at": stamp(found.at),
        "opened_at": stamp(found.opened_at),
        "ended_at": stamp(found.ended_at),
        "outcome": found.outcome.value if found.outcome else None,
        "note": found.note,
        "focus": found.focus,
        "admitted": found.admitted,
        "inspectors": found.inspectors,
    }


def survey_view(view: SurveyView, language: str) -> documents.SurveyView:
    """One who came by a link learns what he needs to film: no note, no findings, nobody's position."""
    shown: documents.SurveyView = {
        **survey(view.survey),
        "case_number": view.case.number,
        "item_name": pick(view.item.title, language),
        "address": view.case.site.address,
        "inspector_name": view.inspector,
        "checks": checks(view.checklist, language),
        "me": view.mine.id if view.mine else None,
        "epoch_us": microseconds(view.room.epoch) if view.room else None,
        "findings": [finding(found) for found in view.findings],
        "snapshots": [snapshot(found) for found in view.snapshots],
        "consents": {id: answer.agreed for id, answer in view.consents.items()},
        "may": sorted(view.may),
    }
    if "review" not in view.may:
        shown["note"] = ""
    return shown


def finding(found: Finding) -> documents.Finding:
    return {
        "check": found.check,
        "result": found.result.value,
        "note": found.note,
        "snapshots": list(found.snapshots),
        "annotations": list(found.annotations),
        "evidence": list(found.evidence),
        "by": found.by,
        "at_us": microseconds(found.at),
    }


def snapshot(found: Snapshot) -> documents.Snapshot:
    return {
        "id": found.id,
        "track": found.track,
        "time": found.time,
        "state": found.state.value,
        "check": found.check,
        "who": found.wanted_by,
        "width": found.width,
        "height": found.height,
        "sha256": found.sha256,
        "reason": found.reason,
        "url": f"/renditions/{found.id}" if found.state is RenditionState.READY else None,
    }


def evidence(found: Evidence) -> documents.Evidence:
    return {
        "id": found.id,
        "survey": found.survey,
        "track": found.track,
        "kind": found.kind.value,
        "name": found.name,
        "sha256": found.sha256,
        "bytes": found.bytes,
        "facts": found.facts,
        "created_at": stamp(found.created_at),
    }


def decision(found: Decision) -> documents.Decision:
    return {
        "outcome": found.outcome.value,
        "reason": found.reason,
        "by": found.by,
        "at": stamp(found.at),
        "head": found.head,
    }


def export(found: Export) -> documents.Export:
    return {
        "id": found.id,
        "case": found.case,
        "state": found.state,
        "done": found.done,
        "total": found.total,
        "size": found.size,
        "reason": found.reason,
        "created_at": stamp(found.created_at),
    }


def upload(found: Upload) -> documents.Upload:
    return {
        "id": found.id,
        "survey": found.survey,
        "name": found.name,
        "bytes": found.size,
        "received": found.received,
        "state": found.state.value,
        "kind": found.kind,
        "format": found.format,
        "sha256": found.sha256,
        "reason": found.reason,
        "expires_at": stamp(found.expires_at),
    }


def jobs(view: UploadView) -> list[documents.Job]:
    return [job(one) for one in view.jobs]


def job(one: Job) -> documents.Job:
    return {
        "id": one.id,
        "kind": one.kind,
        "state": one.state.value,
        "done": one.done,
        "reason": one.reason,
        "attempts": one.attempts,
    }


def upload_as_evidence(view: UploadView) -> documents.UploadEvidence:
    """An upload as the list of a case's evidence tells it; `state` arriving, checking, working, ready or refused."""
    found = view.upload
    facts: documents.Facts = {}
    for one in view.jobs:
        facts |= one.result
    state = found.state.value
    if found.state is UploadState.ADMITTED:
        working = not view.jobs or any(one.state in UNFINISHED for one in view.jobs)  # its first job is asked for next
        state = "working" if working else "ready"
    failed = next((one.reason for one in view.jobs if one.state.value == "failed"), None)
    return {
        "id": found.id,
        "survey": found.survey,
        "kind": "upload",
        "name": found.name,
        "sha256": found.sha256,
        "bytes": found.size,
        "state": state,
        "playable": bool(facts.get("playable")),
        "seconds": facts.get("seconds"),
        "telemetry": facts.get("telemetry"),
        "reason": found.reason or failed,
        "content": found.kind,
        "format": found.format,
        "jobs": jobs(view),
        "renditions": {one.name: f"/evidence/{found.id}/files/{one.name}" for one in view.renditions},
    }
