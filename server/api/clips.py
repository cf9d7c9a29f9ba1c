"""Clips: asked for by range, and all of a survey in one file; their state, their bytes."""

from typing import Any

from flask import Blueprint, Response

from inspection.model.clip import Clip
from inspection.services.clips import fetch_clip, list_clips, read_clip, want_clip, want_whole
from server import documents, visitors
from server.api.media import stored
from server.operation import operation
from server.schema import identifier, whole, yes
from server.services import services
from server.shapes import stamp

blueprint = Blueprint("clips", __name__, url_prefix="/api/v1")


def shape(one: Clip) -> documents.Clip:
    return {
        "id": one.id,
        "case": one.case,
        "survey": one.survey,
        "evidence": one.evidence,
        "kind": one.kind.value,
        "state": one.state.value,
        "from_us": one.start,
        "to_us": one.end,
        "exact": one.exact,
        "overlay": one.overlay,
        "facts": one.facts,
        "sha256": one.sha256,
        "bytes": one.bytes,
        "done": one.done,
        "total": one.total,
        "reason": one.reason,
        "created_at": stamp(one.created_at),
        "url": f"/api/v1/clips/{one.id}/file" if one.state.value == "ready" else None,
    }


def make_clip(case: str, evidence: str, start_us: int, end_us: int, exact: bool = True, overlay: bool = False) -> Clip:
    given = services()
    clip = want_clip(
        given.office, given.signer, visitors.actor(), case, evidence, start_us, end_us, given.now(), given.new_id,
        exact, overlay,
    )  # fmt: skip
    given.jobs.cut_clip(clip.id)
    return clip


def make_whole(case: str, survey: str) -> Clip:
    given = services()
    clip = want_whole(given.office, given.signer, visitors.actor(), case, survey, given.now(), given.new_id)
    given.jobs.cut_clip(clip.id)
    return clip


@blueprint.get("/cases/<case>/clips")
@operation()
def listed(case: str) -> documents.Clips:
    """A case's clips, with the state of each."""
    return {"clips": [shape(one) for one in list_clips(services().office, visitors.actor(), case)]}


@blueprint.post("/cases/<case>/clips")
@operation(
    {"evidence": identifier(), "from_us": whole(), "to_us": whole(), "copy": yes(False), "overlay": yes(False)},
    status=202,
)
def made(case: str, sent: dict[str, Any]) -> documents.Clip:
    """Cut a range out of a recording: `from_us`, `to_us` count from the survey's epoch, as the record's time codes.
    `copy`: nothing is encoded, so it begins at the key frame before; `overlay`: time, place and digest are drawn in."""
    return shape(
        make_clip(case, sent["evidence"], sent["from_us"], sent["to_us"], not sent["copy"], bool(sent["overlay"]))
    )


@blueprint.post("/cases/<case>/surveys/<survey>/whole")
@operation({}, status=202)
def made_whole(case: str, survey: str, sent: dict[str, Any]) -> documents.Clip:
    """All tracks of a survey in one MP4: the worker makes it."""
    return shape(make_whole(case, survey))


@blueprint.get("/clips/<clip>")
@operation()
def one(clip: str) -> documents.Clip:
    """How far a clip is, and where it can be fetched."""
    given = services()
    return shape(read_clip(given.office, given.signer, visitors.actor(), clip, given.now()))


@blueprint.get("/clips/<clip>/file")
@operation(gives="video/mp4")
def file(clip: str) -> Response:
    """A clip's bytes, or a range of them."""
    given = services()
    found = fetch_clip(given.office, given.signer, visitors.actor(), clip, given.now())
    response = stored(given, found.sha256 or "", found.bytes, "video/mp4")
    response.headers["Content-Disposition"] = f'attachment; filename="takan-{found.kind.value}-{found.id}.mp4"'
    response.headers["Cache-Control"] = "private, no-store"
    return response
