"""A package's papers against its ledger: they may say nothing that it does not tell, and must say all of it."""

from typing import Any

from inspection.model.documents import digest_of
from inspection.model.errors import Invalid
from inspection.model.package import CASE_PATH, DECISION_PATH, survey_path
from inspection.model.shape import Malformed, fits, part
from inspection.model.verdict import Part, Report
from inspection.services.collect import in_order
from inspection.services.read_bag import Bag
from inspection.services.recount import Told, ToldSurvey
from inspection.services.verify_annotations import verify_annotations


def verify_papers(bag: Bag, report: Report, told: Told) -> list[list[dict[str, Any]]]:
    """The snapshot papers of each survey, for those who look at the pictures."""
    report.seen.add(Part.PAPERS)
    _same(bag, report, CASE_PATH, told.paper)
    if told.decision is None:
        if DECISION_PATH in bag.files:
            report.fault(Part.PAPERS, DECISION_PATH, "ledger-other")
    else:
        _same(bag, report, DECISION_PATH, lambda: told.decision)
    verify_annotations(bag, report, told)
    return [_survey(bag, report, number, survey) for number, survey in enumerate(told.surveys.values(), start=1)]


def _survey(bag: Bag, report: Report, number: int, told: ToldSurvey) -> list[dict[str, Any]]:
    path = survey_path(number, "survey.json")
    try:
        checklist = part(bag.paper(path), "checklist", dict)
        if digest_of(checklist) != part(part(told.booked, "checklist", dict), "sha256", str):
            report.fault(Part.PAPERS, path, "checklist-other")
        _same(bag, report, path, lambda: told.paper(checklist))
    except (Malformed, Invalid) as error:
        report.fault(Part.PAPERS, path, error.code)
    findings = in_order(list(told.findings.values()))
    _same(bag, report, survey_path(number, "findings.json"), lambda: findings)
    return _snapshots(bag, report, number, told)


def _snapshots(bag: Bag, report: Report, number: int, told: ToldSurvey) -> list[dict[str, Any]]:
    """Ready ones are exactly those of the ledger; what a finding cites is among them or among the failed."""
    path = survey_path(number, "snapshots.json")
    try:
        listed = [fits(one, path, dict) for one in fits(bag.paper(path), path, list)]
        ready = [one for one in listed if part(one, "state", str) == "ready"]
        derived = [one | {"reason": None, "state": "ready"} for one in told.snapshots.values()]
        if in_order(ready) != in_order(derived):
            report.fault(Part.SNAPSHOTS, path, "ledger-other")
        ids = [part(one, "id", str) for one in listed]
        cited = {fits(id, path, str) for one in told.findings.values() for id in part(one, "snapshots", list)}
        if not cited <= set(ids) or len(ids) != len(set(ids)):
            report.fault(Part.PAPERS, path, "citation-unknown")
    except (Malformed, Invalid) as error:
        report.fault(Part.SNAPSHOTS, path, error.code)
        return []
    return ready


def _same(bag: Bag, report: Report, path: str, expected: Any) -> None:
    try:
        if bag.paper(path) != expected():
            report.fault(Part.PAPERS, path, "ledger-other")
    except (Malformed, Invalid) as error:
        report.fault(Part.PAPERS, path, error.code)
