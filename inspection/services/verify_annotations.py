"""A package's marks: its W3C file against what the ledger tells, and what they lie on against the evidence."""

from collections.abc import Mapping
from typing import Any

from inspection.model.annotation import Annotation
from inspection.model.errors import Invalid
from inspection.model.package import ANNOTATIONS_PATH
from inspection.model.shape import Malformed, fits, part
from inspection.model.verdict import Part, Report
from inspection.model.web_annotation import collection, mark_iri
from inspection.services.read_bag import Bag
from inspection.services.recount import Told, ToldSurvey

LARGEST = 128_000_000  # bytes: some ten thousand lines drawn by hand
Segments = Mapping[str, set[str]]  # digests of each recording's segments, by track


def verify_annotations(bag: Bag, report: Report, told: Told) -> None:
    """Each mark and answer in the file is exactly what the ledger's entries make it; one that differs is named."""
    try:
        expected = collection(part(told.case, "id", str), part(told.case, "number", str), told.annotations.values())
        found = fits(bag.paper(ANNOTATIONS_PATH, LARGEST), ANNOTATIONS_PATH, dict)
        wanted, there = _by_id(expected), _by_id(found)
        for id in sorted(wanted.keys() | there.keys()):
            if wanted.get(id) != there.get(id):
                report.fault(Part.PAPERS, _where(id), "ledger-other")
        if wanted == there and found != expected:
            report.fault(Part.PAPERS, ANNOTATIONS_PATH, "ledger-other")
        for survey in told.surveys.values():
            kept = {part(one, "id", str) for one in survey.recordings.values()} | survey.uploads.keys()
            if not (_cited(survey, "annotations") <= told.annotations.keys() and _cited(survey, "evidence") <= kept):
                report.fault(Part.PAPERS, ANNOTATIONS_PATH, "citation-unknown")
    except (Malformed, Invalid) as error:
        report.fault(Part.PAPERS, ANNOTATIONS_PATH, error.code)


def verify_parents(report: Report, told: Told, survey: str, segments: Segments) -> None:
    """What a mark of that survey lies on is in the package: the very file, or a segment of the very recording."""
    for one in told.annotations.values():
        if one.survey == survey and not _lies(told, one, segments):
            report.fault(Part.PAPERS, _where(mark_iri(one.mark)), "parent-unknown")


def _cited(survey: ToldSurvey, what: str) -> set[str]:
    return {fits(id, what, str) for one in survey.findings.values() if what in one for id in part(one, what, list)}


def _where(iri: str) -> str:
    """What a package holds may be anything, and this goes to a terminal."""
    plain = iri.isascii() and iri.isprintable() and len(iri) <= 200
    return f"{ANNOTATIONS_PATH}#{iri}" if plain else ANNOTATIONS_PATH


def _lies(told: Told, one: Annotation, segments: Segments) -> bool:
    if one.track is not None:
        return one.mark.parent in segments.get(one.track, set())
    upload = told.surveys[one.survey].uploads.get(one.evidence or "", {})
    return one.mark.parent == upload.get("sha256")


def _by_id(document: dict[str, Any]) -> dict[str, Any]:
    items = [fits(one, "items", dict) for one in part(part(document, "first", dict), "items", list)]
    found = {part(one, "id", str): one for one in items}
    if len(found) != len(items):
        raise Malformed("items", "twice")
    return found
