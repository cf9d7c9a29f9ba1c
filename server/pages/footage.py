"""The review of one upload: what plays, where it was filmed, what the checks found; and the applicant's own files."""

from typing import Any

from flask import Blueprint, g, render_template, request

from inspection.model.errors import Forbidden, NotFound
from inspection.model.evidence import Evidence, EvidenceKind
from inspection.model.survey import ENDED
from inspection.services.access import Doing
from inspection.services.guard import viewed
from inspection.services.media_jobs import evidence_to_read
from inspection.services.read_case import read_case
from inspection.services.read_survey import read_survey
from inspection.services.read_uploads import view_of
from server import shapes, visitors
from server.pages.case_view import case_row
from server.pages.film_words import sentences
from server.pages.marking import marking
from server.pages.survey_view import survey_row
from server.services import services

blueprint = Blueprint("footage", __name__)
MOST_PICTURES = 50
FRAGMENTED = ("video.mp4", "audio.mp4", "beginning.mp4")  # for HLS, where a player reads their edit lists; or not whole
TILE = 512  # pixels of an edge: what the worker cuts (media/files/photo.py)
SHOWN_PHOTOS = frozenset({"jpeg", "png", "webp", "avif"})


@blueprint.get("/evidence/<evidence>")
def one(evidence: str) -> str:
    given, actor = services(), visitors.actor()
    found = evidence_to_read(given.office, actor, evidence)
    if found.kind is not EvidenceKind.UPLOAD:
        raise NotFound("evidence-unknown")
    viewed(given.office, given.signer, actor, found.case, found.id, given.now())
    case = read_case(given.office, given.signer, actor, found.case, given.now())
    with given.office.read() as work:
        view = view_of(work, found.id)
    told = shapes.upload_as_evidence(view)
    facts: dict[str, Any] = {}
    for job in view.jobs:
        facts |= job.result
    files = told["renditions"]
    site = case.case.site
    point = None if site.latitude is None else [site.latitude, site.longitude]
    working = told["state"] == "working"
    survey = read_survey(given.office, actor, found.survey)
    sources = _sources(found, facts, files)
    asked = request.args.get("play", "")
    playing = asked if asked in sources else next(iter(sources), None)
    upload = told | {
        "kind": told["content"],
        "facts": _facts(found, facts),
        "checks": sentences(facts, g.say),
        "at": found.created_at,
    }
    return render_template(
        "footage.html",
        upload=upload,
        case=case_row(case),
        source=sources.get(playing) if playing else None,
        sources=list(sources),
        playing=playing,
        poster=files.get("poster.jpg"),
        pictures=_pictures(facts, files),
        may_order=Doing.BOOK in case.may,
        page={
            "evidence": found.id,
            "case": found.case,
            "seconds": told["seconds"],
            "site": point,
            "polygon": [list(corner) for corner in site.polygon],
            "working": working,
            "files": files,
            "source": playing or "original",
            "photo": _photo(found, facts),
            "marks": marking(survey, actor),
        },
    )


@blueprint.get("/visit/<survey>/files")
def files(survey: str) -> str:
    """What the applicant sends instead of, or beside, filming."""
    view = read_survey(services().office, visitors.actor(), survey)
    if Doing.CONSENT not in view.may or view.mine is None:
        raise Forbidden("not-allowed")
    may = view.survey.state not in ENDED
    page = {"upload_to": survey if may else None, "uploads": f"/surveys/{survey}/uploads", "review": False}
    return render_template("files.html", survey=survey_row(view), may=may, page=page)


def _sources(found: Evidence, facts: dict[str, Any], files: dict[str, str]) -> dict[str, str]:
    """What a browser plays of it, by name: first what is shown unasked, which is the original where that plays."""
    original = f"/evidence/{found.id}/original"
    if facts.get("player") == "original" or (facts.get("playable") and found.facts.get("kind") == "audio"):
        first: str | None = "original"
    else:
        first = next((name for name in (facts.get("best"), facts.get("player")) if name in files), None)
    if first is None:
        return {}
    others = [name for name in files if name.endswith(".mp4") and name not in (*FRAGMENTED, first)]
    return {name: original if name == "original" else files[name] for name in [first, *others]}


def _pictures(facts: dict[str, Any], files: dict[str, str]) -> list[dict[str, Any]]:
    if "view.jpg" in files:
        return [{"name": "view.jpg", "url": files["view.jpg"], "page": None}]
    drawn = [(name, int(name.removeprefix("page-").removesuffix(".jpg"))) for name in facts.get("drawn", [])]
    return [{"name": name, "url": files[name], "page": page} for name, page in drawn[:MOST_PICTURES] if name in files]


def _photo(found: Evidence, facts: dict[str, Any]) -> dict[str, Any] | None:
    """The pyramid of tiles of a large photo; of a small one the original, where browsers show it."""
    if not facts.get("width") or found.facts.get("kind") != "photo":
        return None
    original = f"/evidence/{found.id}/original" if found.facts.get("format") in SHOWN_PHOTOS else None
    size = {"width": facts["width"], "height": facts["height"]}
    return size | {"levels": facts.get("levels", 0), "tile": TILE, "original": original}


def _facts(found: Evidence, facts: dict[str, Any]) -> list[dict[str, Any]]:
    telemetry = facts.get("telemetry") or {}
    size = f"{facts['width']} × {facts['height']}" if facts.get("width") else None
    rows = {
        "who": found.facts["who"]["name"],
        "size": size,
        "codec": facts.get("codec"),
        "rate": f"{facts['rate']:g}" if facts.get("rate") else None,
        "camera": facts.get("camera"),
        "pages": facts.get("pages"),
        "sidecar": facts.get("sidecar"),
        "telemetry": telemetry.get("format"),
        "samples": telemetry.get("samples"),
    }
    return [{"name": name, "value": value} for name, value in rows.items() if value]
