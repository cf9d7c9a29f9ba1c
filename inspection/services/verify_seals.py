"""What carries its own proof inside a package: papers with their signatures, pictures and clips with their credentials;
and that each names what the ledger names."""

from collections.abc import Callable
from functools import partial
from typing import Any

from inspection.model.ledger import moment
from inspection.model.package import clip_path, paper_path, survey_path
from inspection.model.paper import OFFICE_PLACE
from inspection.model.sealed import EXPIRED, PaperSaid
from inspection.model.verdict import Part, Report
from inspection.ports import SealJudge
from inspection.services.read_bag import Bag
from inspection.services.recount import Told, ToldPaper
from inspection.services.verify_facts import faults_of_codes, faults_of_facts

PAPER_LARGEST = 400_000_000  # bytes of one PDF
LATEST_US = 253_402_300_799_999_999  # the last moment that has a date: 9999
MISSING = "credentials-missing"
Found = tuple[Part, str, set[str]]


def verify_seals(bag: Bag, report: Report, told: Told, judge: SealJudge | None) -> None:
    """Papers have the digest of the ledger's last word on them. Without a judge that is all that is looked at."""
    report.seen |= {Part.SIGNATURES, Part.CREDENTIALS}
    papers = {paper_path(id): paper for id, paper in told.papers.items()}
    bag.read(path for path in papers if path in bag.sizes and path not in bag.files)
    for path, paper in papers.items():
        if path not in bag.files:
            report.fault(Part.SIGNATURES, path, "file-missing")
        elif bag.files[path][0] != paper.digest:
            report.fault(Part.SIGNATURES, path, "ledger-other")
    carriers = _carriers(bag, told)
    report.none |= {part for part, any in ((Part.SIGNATURES, papers), (Part.CREDENTIALS, carriers)) if not any}
    if judge is None:
        report.left |= {Part.SIGNATURES, Part.CREDENTIALS}
        return
    tasks = [partial(_paper, bag, judge, told, path, paper) for path, paper in papers.items() if path in bag.files]
    tasks += [partial(_credentials, bag, judge, path, digest, facts) for path, (digest, facts) in carriers.items()]
    for part, path, codes in bag.crew.each(_run, tasks):
        for code in sorted(codes):
            report.fault(part, path, code)


def _run(act: Callable[[], Found]) -> Found:
    return act()


def _paper(bag: Bag, judge: SealJudge, told: Told, path: str, paper: ToldPaper) -> Found:
    if bag.files[path][1] > PAPER_LARGEST or not 0 <= paper.at_us <= LATEST_US:
        return Part.SIGNATURES, path, {"unreadable"}
    with bag.open(path) as source:
        data = source.read(PAPER_LARGEST)
    said = judge.paper(data, moment(paper.at_us))
    faults = set(said.faults).union(*(one.faults for one in said.signatures))
    if "unreadable" not in faults:
        faults |= _signed_otherwise(said, paper)
        faults |= faults_of_facts(said.facts, paper, told.hashes) | faults_of_codes(said)
    if not paper.signed and not paper.sealed:
        faults.discard("unsigned")  # nobody has been told to have signed it
    return Part.SIGNATURES, path, faults


def _signed_otherwise(said: PaperSaid, paper: ToldPaper) -> set[str]:
    """`signatures-other` unless exactly those whom the ledger tells of have signed, in that order, and the office."""
    people = [one for one in said.signatures if one.place != OFFICE_PLACE]
    same = len(people) == len(paper.signed) and len(said.signatures) - len(people) == int(paper.sealed)
    for one, (name, role) in zip(people, paper.signed, strict=False):
        same = same and one.place.rpartition("-")[0] == role and name in (one.stated, one.name)
    return set() if same else {"signatures-other"}


def _carriers(bag: Bag, told: Told) -> dict[str, tuple[Any, dict[str, Any]]]:
    """Files that may carry credentials: by path, the digest that the ledger names and the facts that they have to
    state."""
    found: dict[str, tuple[Any, dict[str, Any]]] = {}
    for number, survey in enumerate(told.surveys.values(), start=1):
        for id, body in survey.snapshots.items():
            shot = {key: body.get(key) for key in ("parent", "presented", "survey", "track")} | {"snapshot": id}
            found[survey_path(number, f"snapshots/{id}.jpg")] = body.get("sha256"), shot
        for id, body in survey.clips.items():
            stated = {"clip": id, "kind": body.get("kind"), "survey": body.get("survey")}
            facts = body.get("facts")
            found[clip_path(number, id)] = body.get("sha256"), stated | (facts if isinstance(facts, dict) else {})
    return {path: one for path, one in found.items() if path in bag.sizes}


def _credentials(bag: Bag, judge: SealJudge, path: str, digest: Any, facts: dict[str, Any]) -> Found:
    """Where the ledger names these very bytes, it is no fault of theirs that they were derived without credentials, nor
    that the certificate has expired since: the ledger says when they were there."""
    with bag.open(path) as source:
        said = judge.credentials(source, path[path.rindex(".") :])
    faults = set(said.faults)
    if not said.holds and not faults:
        faults.add("credentials-foreign")
    if path in bag.files and bag.files[path][0] == digest:
        faults -= {EXPIRED} if said.facts is not None else {MISSING}
    if said.facts is not None and said.facts != facts:
        faults.add("credentials-other")
    return Part.CREDENTIALS, path, faults
