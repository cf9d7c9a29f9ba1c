"""Uploaded evidence for those who judge it: the original, what was derived from it, the work on it."""

from typing import Any

from flask import Blueprint, Response, request

from inspection.model.errors import NotFound
from inspection.model.evidence import EvidenceKind
from inspection.model.upload import upload_name
from inspection.services.guard import viewed
from inspection.services.media_jobs import cancel_job, evidence_to_read, want_jobs
from inspection.services.read_uploads import uploads_of_case, view_of
from server import documents, shapes, visitors
from server.api.media import ranged, stored
from server.operation import operation
from server.services import Services, services

blueprint = Blueprint("evidence", __name__)
TYPES = {
    "mov": "video/mp4", "matroska": "video/webm", "jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp",
    "avif": "image/avif", "pdf": "application/pdf", "mp3": "audio/mpeg", "wav": "audio/wav", "flac": "audio/flac",
    "ogg": "audio/ogg",
}  # fmt: skip
SHOWN = ("video/", "audio/", "image/")


@blueprint.get("/evidence/<evidence>/original")
@operation(gives="*/*")
def original(evidence: str) -> Response:
    """An upload's own bytes, untouched. What a browser would run or lay out itself is only ever given to be saved."""
    given, actor = services(), visitors.actor()
    found = evidence_to_read(given.office, actor, evidence)
    if found.kind is not EvidenceKind.UPLOAD:
        raise NotFound("evidence-unknown")
    viewed(given.office, given.signer, actor, found.case, found.id, given.now())
    kind = TYPES.get(str(found.facts.get("format")), "application/octet-stream")
    response = _given_out(given, upload_name(found.id), found.sha256, found.bytes, kind)
    if not kind.startswith(SHOWN):
        response.headers["Content-Disposition"] = "attachment"
    return response


@blueprint.get("/evidence/<evidence>/files/<path:name>")
@operation(gives="*/*")
def file(evidence: str, name: str) -> Response:
    """What was derived from an upload, by name."""
    given = services()
    found = evidence_to_read(given.office, visitors.actor(), evidence)
    with given.office.read() as work:
        one = next((one for one in work.renditions.of_evidence(found.id) if one.name == name), None)
    if one is None:
        raise NotFound("rendition-unknown")
    response = _given_out(given, one.sha256, one.sha256, one.bytes, one.media_type)
    response.headers["Cache-Control"] = "private, no-cache"  # a job that is done anew may put another in its place
    return response


@blueprint.get("/api/v1/evidence/<evidence>")
@operation()
def one(evidence: str) -> documents.Evidence | documents.UploadEvidenceView:
    """A piece of evidence: a recording, or an upload with the work on it."""
    given = services()
    found = evidence_to_read(given.office, visitors.actor(), evidence)
    if found.kind is not EvidenceKind.UPLOAD:
        return shapes.evidence(found)
    with given.office.read() as work:
        view = view_of(work, found.id)
    return {**shapes.upload_as_evidence(view), "facts": found.facts}


@blueprint.get("/api/v1/cases/<case>/evidence")
@operation()
def of_case(case: str) -> documents.EvidenceOfCase:
    """A case's uploads, with what is still on its way."""
    found = uploads_of_case(services().office, visitors.actor(), case)
    return {"evidence": [shapes.upload_as_evidence(one) for one in found]}


@blueprint.post("/api/v1/cases/<case>/jobs/<job>/cancel")
@operation({})
def cancelled(case: str, job: str, sent: dict[str, Any]) -> documents.Job:
    """Stop a job."""
    given = services()
    return shapes.job(cancel_job(given.office, visitors.actor(), case, job, given.now()))


@blueprint.post("/api/v1/cases/<case>/jobs/<job>/again")
@operation({})
def again(case: str, job: str, sent: dict[str, Any]) -> documents.Job:
    """Try a job anew that failed or was cancelled."""
    given = services()
    found = cancel_job(given.office, visitors.actor(), case, job, given.now())
    for wish in want_jobs(given.office, found.evidence, (found.kind,), found.priority, given.now(), anew=True):
        given.jobs.work_on(wish)
        found = wish
    return shapes.job(found)


def _given_out(given: Services, name: str, digest: str, size: int, kind: str) -> Response:
    if request.if_none_match.contains(digest):
        return ranged(Response(status=304), digest, 0, size, size)
    return stored(given, digest, size, kind, name)
