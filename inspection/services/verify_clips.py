"""A package's clips: what the ledger tells of them, the bytes that they have, the recordings they were cut from."""

from typing import Any

from inspection.model.errors import Invalid
from inspection.model.package import clip_path, survey_path
from inspection.model.shape import Malformed, fits, part, parts
from inspection.model.verdict import Part, Report
from inspection.services.collect import in_order
from inspection.services.read_bag import Bag
from inspection.services.recount import ToldSurvey


def verify_clips(bag: Bag, report: Report, number: int, told: ToldSurvey, segments: dict[str, set[str]]) -> set[str]:
    """The paths that belong to a survey's clips; `segments` has the digests of each recording's segments."""
    listing = survey_path(number, "clips.json")
    paths = {clip_path(number, id): body for id, body in told.clips.items()}
    bag.read(path for path in paths if path in bag.sizes and path not in bag.files)
    try:
        if bag.paper(listing) != in_order(list(told.clips.values())):
            report.fault(Part.CLIPS, listing, "ledger-other")
    except (Malformed, Invalid) as error:
        report.fault(Part.CLIPS, listing, error.code)
    for path, body in paths.items():
        if path not in bag.files:
            report.fault(Part.CLIPS, path, "file-missing")
        elif bag.files[path] != (body.get("sha256"), body.get("bytes")):
            report.fault(Part.CLIPS, path, "ledger-other")
        try:
            _require_parents(told, body, segments)
        except Malformed as error:
            report.fault(Part.CLIPS, path, error.code)
    return {listing, *paths}


def _require_parents(told: ToldSurvey, body: dict[str, Any], segments: dict[str, set[str]]) -> None:
    """Raises `Malformed("tracks", "parent-unknown")` for one of a recording that is not here."""
    for one in parts(part(body, "facts", dict), "tracks"):
        track = part(one, "track", str)
        parent = told.recordings.get(track, {}).get("sha256")
        used = {fits(digest, "segments", str) for digest in part(one, "segments", list)}
        if part(one, "parent", str) != parent or not used <= segments.get(track, set()):
            raise Malformed("tracks", "parent-unknown")
