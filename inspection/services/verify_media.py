"""A package's recordings and pictures: lists against the ledger, files against the lists, nothing beside them."""

from hashlib import sha256
from typing import Any, BinaryIO

from inspection.model.documents import LIST_FORMAT
from inspection.model.evidence import TOLERATED
from inspection.model.package import (
    CASE_PATH,
    DECISION_PATH,
    HEAD_PATH,
    LEDGER_PATH,
    recording_path,
    run_name,
    runs,
    survey_path,
)
from inspection.model.shape import Malformed, part, parts
from inspection.model.verdict import Part, Report
from inspection.services.read_bag import CHUNK, Bag
from inspection.services.recount import Told, ToldSurvey

Snapshots = list[dict[str, Any]]
LIST_KEYS = frozenset(
    {"codec", "epoch_us", "format", "gaps", "inits", "kind", "segments", "survey", "timescale", "track"}
)


def verify_media(bag: Bag, report: Report, told: Told, snapshots: list[Snapshots]) -> None:
    """Every file under `data/` is named by something that the ledger tells; what is not is a fault."""
    report.seen |= {Part.RECORDINGS, Part.SNAPSHOTS}
    expected = {CASE_PATH, LEDGER_PATH, HEAD_PATH} | ({DECISION_PATH} if told.decision is not None else set())
    for number, (survey, pictures) in enumerate(zip(told.surveys.values(), snapshots, strict=True), start=1):
        expected |= {survey_path(number, name) for name in ("survey.json", "findings.json", "snapshots.json")}
        segments: dict[str, set[str]] = {}
        for track, admitted in survey.recordings.items():
            expected |= _recording(bag, report, number, track, admitted, segments)
        expected |= _pictures(bag, report, number, survey, pictures, segments)
    for path in sorted(path for path in bag.files if path.startswith("data/") and path not in expected):
        report.fault(Part.STRUCTURE, path, "file-unexpected")


def _recording(
    bag: Bag, report: Report, number: int, track: str, admitted: dict[str, Any], segments: dict[str, set[str]]
) -> set[str]:
    """The paths that belong to one recording; `segments` learns its digests."""
    paper, listing = (recording_path(number, track, name) for name in ("evidence.json", "list.json"))
    expected = {paper, listing}
    try:
        if bag.paper(paper) != admitted:
            report.fault(Part.RECORDINGS, paper, "ledger-other")
        document = bag.paper(listing)
        if bag.files[listing][0] != part(admitted, "sha256", str):
            report.fault(Part.RECORDINGS, listing, "ledger-other")
        _require_list(document, admitted)
        sizes = {part(init, "digest", str): part(init, "bytes", int) for init in parts(document, "inits")}
        listed = parts(document, "segments")
        segments[track] = {segment["digest"] for segment in listed}
    except Malformed as error:
        report.fault(Part.RECORDINGS, listing, error.code)
        return expected
    for run, (init, pieces) in enumerate(runs(listed), start=1):
        path = recording_path(number, track, run_name(run))
        expected.add(path)
        order = [(init, sizes[init]), *((piece["digest"], piece["bytes"]) for piece in pieces)]
        _run(bag, report, path, order)
    return expected


def _require_list(document: Any, admitted: dict[str, Any]) -> None:
    """The list is whole in itself and says of the track what the ledger says. Raises `Malformed`."""
    if not isinstance(document, dict) or set(document) != LIST_KEYS or document["format"] != LIST_FORMAT:
        raise Malformed("list")
    facts = part(admitted, "facts", dict)
    segments, gaps = parts(document, "segments"), parts(document, "gaps")
    inits = {part(init, "digest", str) for init in parts(document, "inits")}
    for segment in segments:
        for key in ("bytes", "duration", "start"):
            if part(segment, key, int) < 0:
                raise Malformed("segments")
        part(segment, "digest", str)
        if part(segment, "init", str) not in inits:
            raise Malformed("segments", "init-unknown")
    said = (
        (part(document, "survey", str), part(admitted, "survey", str)),
        (part(document, "track", str), part(admitted, "track", str)),
        (part(document, "codec", str), part(facts, "codec", str)),
        (part(document, "kind", str), part(facts, "kind", str)),
        (part(document, "epoch_us", int), part(facts, "epoch_us", int)),
        (part(document, "timescale", int), part(facts, "timescale", int)),
        (len(segments), part(facts, "segments", int)),
        (len(gaps), part(facts, "gaps", int)),
        (sum(segment["bytes"] for segment in segments), part(admitted, "bytes", int)),
        ([part(gap, "number", int) for gap in gaps], list(range(1, len(gaps) + 1))),
    )
    if any(one != other for one, other in said):
        raise Malformed("list", "ledger-other")
    _require_told_gaps(segments, gaps, part(document, "timescale", int))


def _require_told_gaps(segments: Snapshots, gaps: Snapshots, timescale: int) -> None:
    """No hole between segments that no gap tells of. Raises `Malformed`."""
    for gap in gaps:
        if part(gap, "start", int) > part(gap, "end", int):
            raise Malformed("gaps")
        part(gap, "reason", str)
    reached = segments[0]["start"] if segments else 0
    for segment in segments:
        start = segment["start"]
        hole = start - reached > timescale // TOLERATED
        if hole and not any(gap["start"] < start and gap["end"] > reached for gap in gaps):
            raise Malformed("gaps", "gap-untold")
        reached = max(reached, start + segment["duration"])


def _run(bag: Bag, report: Report, path: str, order: list[tuple[str, int]]) -> None:
    """A playable file is its init segment and its segments, one after another, and nothing more."""
    if path not in bag.files:
        report.fault(Part.RECORDINGS, path, "file-missing")
        return
    with bag.open(path) as source:
        for digest, size in order:
            if _next(source, size) != digest:
                report.fault(Part.RECORDINGS, path, "segment-wrong")
                return
        if source.read(1):
            report.fault(Part.RECORDINGS, path, "segment-wrong")


def _next(source: BinaryIO, size: int) -> str:
    own = sha256()
    while size > 0 and (chunk := source.read(min(size, CHUNK))):
        own.update(chunk)
        size -= len(chunk)
    return own.hexdigest()


def _pictures(
    bag: Bag,
    report: Report,
    number: int,
    told: ToldSurvey,
    pictures: Snapshots,
    segments: dict[str, set[str]],
) -> set[str]:
    expected = set()
    for picture in pictures:
        try:
            path = survey_path(number, f"snapshots/{part(picture, 'id', str)}.jpg")
            expected.add(path)
            if bag.files.get(path, ("", 0))[0] != part(picture, "sha256", str):
                report.fault(Part.SNAPSHOTS, path, "digest-wrong")
            if part(picture, "parent", str) not in segments.get(part(picture, "track", str), set()):
                report.fault(Part.SNAPSHOTS, path, "parent-unknown")
        except Malformed as error:
            report.fault(Part.SNAPSHOTS, survey_path(number, "snapshots.json"), error.code)
    return expected
