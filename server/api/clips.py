"""Clips: asked for by range, and all of a survey in one file; their state, their bytes."""

from typing import Any

from flask import Blueprint, Response, jsonify

from inspection.model.clip import Clip
from inspection.services.clips import fetch_clip, list_clips, read_clip, want_clip, want_whole
from server import visitors
from server.api.media import stored
from server.schema import body, identifier, whole
from server.services import services
from server.shapes import stamp

blueprint = Blueprint("clips", __name__, url_prefix="/api/v1")


def shape(one: Clip) -> dict[str, Any]:
    return {
        "id": one.id,
        "case": one.case,
        "survey": one.survey,
        "evidence": one.evidence,
        "kind": one.kind.value,
        "state": one.state.value,
        "from_us": one.start,
        "to_us": one.end,
        "facts": one.facts,
        "sha256": one.sha256,
        "bytes": one.bytes,
        "done": one.done,
        "total": one.total,
        "reason": one.reason,
        "created_at": stamp(one.created_at),
        "url": f"/api/v1/clips/{one.id}/file" if one.state.value == "ready" else None,
    }


def make_clip(case: str, evidence: str, start_us: int, end_us: int) -> Clip:
    given = services()
    clip = want_clip(
        given.office, given.signer, visitors.actor(), case, evidence, start_us, end_us, given.now(), given.new_id
    )
    given.jobs.cut_clip(clip.id)
    return clip


def make_whole(case: str, survey: str) -> Clip:
    given = services()
    clip = want_whole(given.office, given.signer, visitors.actor(), case, survey, given.now(), given.new_id)
    given.jobs.cut_clip(clip.id)
    return clip


@blueprint.get("/cases/<case>/clips")
def listed(case: str) -> Response:
    return jsonify(clips=[shape(one) for one in list_clips(services().office, visitors.actor(), case)])


@blueprint.post("/cases/<case>/clips")
def made(case: str) -> tuple[Response, int]:
    """`from_us`, `to_us`: microseconds from the survey's epoch, as the record's time codes."""
    sent = body({"evidence": identifier(), "from_us": whole(), "to_us": whole()})
    return jsonify(shape(make_clip(case, sent["evidence"], sent["from_us"], sent["to_us"]))), 202


@blueprint.post("/cases/<case>/surveys/<survey>/whole")
def made_whole(case: str, survey: str) -> tuple[Response, int]:
    body({})
    return jsonify(shape(make_whole(case, survey))), 202


@blueprint.get("/clips/<clip>")
def one(clip: str) -> Response:
    given = services()
    return jsonify(shape(read_clip(given.office, given.signer, visitors.actor(), clip, given.now())))


@blueprint.get("/clips/<clip>/file")
def file(clip: str) -> Response:
    given = services()
    found = fetch_clip(given.office, given.signer, visitors.actor(), clip, given.now())
    response = stored(given, found.sha256 or "", found.bytes, "video/mp4")
    response.headers["Content-Disposition"] = f'attachment; filename="takan-{found.kind.value}-{found.id}.mp4"'
    response.headers["Cache-Control"] = "private, no-store"
    return response
