"""A package's recordings and pictures: lists against the ledger, files against the lists, nothing beside them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any, BinaryIO

from inspection.model.documents import LIST_FORMAT
from inspection.model.evidence import TOLERATED
from inspection.model.package import (
    ANNOTATIONS_PATH,
    CASE_PATH,
    DECISION_PATH,
    HEAD_PATH,
    LEDGER_PATH,
    layout_document,
    original_name,
    paper_path,
    playable_files,
    recording_path,
    survey_path,
    upload_path,
)
from inspection.model.shape import Malformed, part, parts
from inspection.model.verdict import Part, Report
from inspection.services.read_bag import CHUNK, Bag
from inspection.services.recount import Told, ToldSurvey
from inspection.services.verify_annotations import verify_parents
from inspection.services.verify_clips import verify_clips

Snapshots = list[dict[str, Any]]
Outcome = tuple[str, str, int] | str | None  # a whole file's digest; a path at fault; nothing at fault
LIST_KEYS = frozenset(
    {"codec", "epoch_us", "format", "gaps", "inits", "kind", "segments", "survey", "timescale", "track"}
)


@dataclass(frozen=True, slots=True)
class _File:
    """A playable file with the digests that its pieces must have, from its first byte to its last."""

    path: str
    pieces: tuple[tuple[str, int], ...]


def verify_media(bag: Bag, report: Report, told: Told, snapshots: list[Snapshots], log_paths: set[str]) -> None:
    """Every file under `data/` is named by something that the ledger tells, or is one of `log_paths`; what is not is
    a fault."""
    report.seen |= {Part.RECORDINGS, Part.SNAPSHOTS, Part.CLIPS}
    expected = {CASE_PATH, LEDGER_PATH, HEAD_PATH, ANNOTATIONS_PATH} | (
        {DECISION_PATH} if told.decision is not None else set()
    )
    expected |= log_paths
    bag.read(path for path in bag.sizes if path.endswith(".jpg"))
    files: list[_File] = []
    originals: dict[str, str] = {}
    if not any(survey.clips for survey in told.surveys.values()):
        report.none.add(Part.CLIPS)
    for number, (survey, pictures) in enumerate(zip(told.surveys.values(), snapshots, strict=True), start=1):
        expected |= {survey_path(number, name) for name in ("survey.json", "findings.json", "snapshots.json")}
        segments: dict[str, set[str]] = {}
        for track, admitted in survey.recordings.items():
            expected |= _recording(bag, report, number, track, admitted, segments, files)
        for id, admitted in survey.uploads.items():
            expected |= _upload(bag, report, number, id, admitted, originals)
        expected |= _pictures(bag, report, number, survey, pictures, segments)
        expected |= verify_clips(bag, report, number, survey, segments)
        verify_parents(report, told, part(survey.booked, "id", str), segments)
    expected |= _paths(files) | set(originals) | {paper_path(id) for id in told.papers}
    for path in sorted(path for path in bag.sizes if path.startswith("data/") and path not in expected):
        report.fault(Part.STRUCTURE, path, "file-unexpected")
    _read(bag, report, files, originals)


def _paths(files: list[_File]) -> set[str]:
    return {one.path for one in files}


def _upload(
    bag: Bag, report: Report, number: int, id: str, admitted: dict[str, Any], originals: dict[str, str]
) -> set[str]:
    """The path of its paper; `originals` learns what digest its bytes must have."""
    paper = upload_path(number, id, "evidence.json")
    try:
        originals[upload_path(number, id, original_name(part(admitted, "facts", dict).get("format")))] = part(
            admitted, "sha256", str
        )
        if bag.paper(paper) != admitted:
            report.fault(Part.RECORDINGS, paper, "ledger-other")
    except Malformed as error:
        report.fault(Part.RECORDINGS, paper, error.code)
    return {paper}


def _read(bag: Bag, report: Report, files: list[_File], originals: dict[str, str]) -> None:
    """Whole files and their pieces side by side: two hands are at the same bytes at nearly the same time."""
    here = []
    for file in files:
        if file.path in bag.sizes:
            here.append(file)
        else:
            report.fault(Part.RECORDINGS, file.path, "file-missing")
    tasks = [partial(act, file) for file in here for act in (partial(_whole, bag), partial(_pieces, bag))]
    for done in bag.crew.each(_run, tasks):
        if isinstance(done, tuple):
            bag.note(*done)
        elif done is not None:
            report.fault(Part.RECORDINGS, done, "segment-wrong")
    bag.read(path for path in originals if path in bag.sizes and path not in bag.files)
    for path, digest in originals.items():
        if path not in bag.sizes:
            report.fault(Part.RECORDINGS, path, "file-missing")
        elif bag.files[path][0] != digest:
            report.fault(Part.RECORDINGS, path, "ledger-other")


def _run(act: Callable[[], Outcome]) -> Outcome:
    return act()


def _whole(bag: Bag, file: _File) -> Outcome:
    return bag.digest(file.path)


def _pieces(bag: Bag, file: _File) -> Outcome:
    """The path when a piece is not what it has to be, or something follows the last one."""
    with bag.open(file.path) as source:
        for digest, size in file.pieces:
            if _next(source, size) != digest:
                return file.path
        return file.path if source.read(1) else None


def _recording(
    bag: Bag,
    report: Report,
    number: int,
    track: str,
    admitted: dict[str, Any],
    segments: dict[str, set[str]],
    files: list[_File],
) -> set[str]:
    """The paths that belong to one recording; `segments` learns its digests, `files` what is to be read."""
    names = ("evidence.json", "list.json", "files.json")
    paper, listing, layout = (recording_path(number, track, name) for name in names)
    expected = {paper, listing, layout}
    try:
        if bag.paper(paper) != admitted:
            report.fault(Part.RECORDINGS, paper, "ledger-other")
        document = bag.paper(listing)
        if bag.files[listing][0] != part(admitted, "sha256", str):
            report.fault(Part.RECORDINGS, listing, "ledger-other")
        _require_list(document, admitted)
        segments[track] = {segment["digest"] for segment in parts(document, "segments")}
        playable = playable_files(document)
        if bag.paper(layout) != layout_document(playable):
            report.fault(Part.RECORDINGS, layout, "list-other")
    except Malformed as error:
        report.fault(Part.RECORDINGS, listing, error.code)
        return expected
    for one in playable:
        order = [(one.init.digest, one.init.bytes)]
        if one.index:
            order.append((sha256(one.index).hexdigest(), len(one.index)))
        order += [(piece.digest, piece.bytes) for piece in one.segments]
        files.append(_File(recording_path(number, track, one.name), tuple(order)))
    return expected


def _require_list(document: Any, admitted: dict[str, Any]) -> None:
    """The list is whole in itself and says of the track what the ledger says. Raises `Malformed`."""
    if not isinstance(document, dict) or set(document) != LIST_KEYS or document["format"] != LIST_FORMAT:
        raise Malformed("list")
    facts = part(admitted, "facts", dict)
    segments, gaps = parts(document, "segments"), parts(document, "gaps")
    inits = set()
    for init in parts(document, "inits"):
        if part(init, "bytes", int) < 0:
            raise Malformed("inits")
        inits.add(part(init, "digest", str))
    for segment in segments:
        for key in ("bytes", "duration", "start"):
            if part(segment, key, int) < 0:
                raise Malformed("segments")
        part(segment, "digest", str)
        part(segment, "key_frame", bool)
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
    timescale = part(document, "timescale", int)
    if not 0 < timescale < 2**32 or any(segment["start"] >= 2**63 for segment in segments):
        raise Malformed("list")
    _require_told_gaps(segments, gaps, timescale)


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
