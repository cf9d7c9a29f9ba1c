"""What the rows of a case say against what its ledger tells: a row changed behind the application's back is named."""

from collections.abc import Iterator, Sequence
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from inspection.model.case import Case
from inspection.model.difference import Difference, Kind
from inspection.model.documents import Document, decision_document, digest_of, evidence_document, list_document
from inspection.model.errors import Refusal
from inspection.model.ledger import GENESIS, Entry, entry_hash, head_message
from inspection.model.shape import Malformed
from inspection.model.survey import ENDED, Survey
from inspection.ports import Office, Work
from inspection.services.collect import case_paper, in_order, survey_papers
from inspection.services.recount import Told, ToldSurvey, recount

AT_ONCE = 200  # cases


def compare_rows(office: Office) -> Iterator[Difference]:
    """Every case, each in one state of the database."""
    offset = 0
    while True:
        with office.read() as work:
            cases = work.cases.list(None, None, None, "", offset, AT_ONCE)
        for case in cases:
            with office.read() as work:
                found = list(_case(work, work.cases.get(case.id)))
            yield from found
        if len(cases) < AT_ONCE:
            return
        offset += AT_ONCE


def _case(work: Work, case: Case) -> Iterator[Difference]:
    entries = work.ledger.entries(case.id)
    broken = [*_chain(entries, case), *_head(work, entries, case)]
    yield from broken
    try:
        told = recount([_document(entry) for entry in entries])
    except (Malformed, Refusal) as error:
        if not broken:
            code = error.code
            yield Difference(Kind.ENTRY, f"{case.number} {getattr(error, 'where', '')}".strip(), code)
        return
    yield from _papers(work, case, told)


def _document(entry: Entry) -> Document:
    return {
        "actor": entry.actor,
        "at_us": entry.at_us,
        "body": entry.body,
        "case": entry.case,
        "digest": entry.digest,
        "event": entry.event,
        "hash": entry.hash,
        "number": entry.number,
    }


def _chain(entries: Sequence[Entry], case: Case) -> Iterator[Difference]:
    previous = GENESIS
    for number, entry in enumerate(entries, start=1):
        where = f"{case.number} {entry.number}"
        if entry.number != number or entry.previous != previous:
            yield Difference(Kind.ENTRY, where, "chain-broken")
            return
        if entry_hash(entry) != entry.hash:
            yield Difference(Kind.ENTRY, where, "entry-altered")
            return
        previous = entry.hash


def _head(work: Work, entries: Sequence[Entry], case: Case) -> Iterator[Difference]:
    head = work.ledger.head(case.id)
    last = entries[-1] if entries else None
    if head is None or last is None:
        if (head is None) != (last is None):
            yield Difference(Kind.ENTRY, case.number, "head-other")
        return
    if (head.count, head.hash) != (last.number, last.hash):
        yield Difference(Kind.ENTRY, case.number, "head-other")
    message = head_message(case.id, head.count, head.hash, head.at_us)
    keys = [one.public_key for one in work.ledger_keys.history() if one.fingerprint() == head.key]
    if not any(_holds(key, head.signature, message) for key in keys):
        yield Difference(Kind.ENTRY, case.number, "signature-wrong")


def _holds(key: str, signature: str, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _papers(work: Work, case: Case, told: Told) -> Iterator[Difference]:
    if _differs(lambda: case_paper(work, case), told.paper()):
        yield Difference(Kind.ROW, f"{case.number} case", "row-other")
    decision = work.decisions.get(case.id)
    if (None if decision is None else decision_document(decision)) != told.decision:
        yield Difference(Kind.ROW, f"{case.number} decision", "row-other")
    papers = {one.id: one.sha256 for one in work.papers.of_case(case.id) if one.sha256 is not None}
    for id in sorted(papers.keys() | told.papers.keys()):
        if id not in told.papers or papers.get(id) != told.papers[id].digest:
            yield Difference(Kind.ROW, f"{case.number} paper {id}", "row-other")
    marks = {one.mark.id: one for one in work.annotations.of_case(case.id)}
    for id in sorted(marks.keys() | told.annotations.keys()):
        if marks.get(id) != told.annotations.get(id):
            yield Difference(Kind.ROW, f"{case.number} annotation {id}", "row-other")
    rows = {survey.id: survey for survey in work.surveys.of_case(case.id)}
    for id in sorted(rows.keys() ^ told.surveys.keys()):
        yield Difference(Kind.ROW, f"{case.number} survey {id}", "row-missing" if id in told.surveys else "row-unknown")
    for id in [id for id in told.surveys if id in rows]:
        yield from _survey(work, rows[id], told.surveys[id])


def _survey(work: Work, survey: Survey, told: ToldSurvey) -> Iterator[Difference]:
    papers = survey_papers(work, survey)
    own = papers.survey if survey.state in ENDED else papers.survey | {"ending": None}
    expected = told.paper(own["checklist"])
    for name in sorted(key for key in own if own[key] != expected[key]):
        yield Difference(Kind.ROW, f"{survey.number} {name}", "row-other")
    if digest_of(own["checklist"]) != told.booked["checklist"]["sha256"]:
        yield Difference(Kind.ROW, f"{survey.number} checklist", "row-other")
    findings = {one["check"]: one for one in papers.findings}
    yield from _each(f"{survey.number} finding", findings, told.findings)
    ready = {one["id"]: one for one in papers.snapshots if one["state"] == "ready"}
    derived = {id: one | {"reason": None, "state": "ready"} for id, one in told.snapshots.items()}
    yield from _each(f"{survey.number} snapshot", ready, derived)
    evidence = {one.track or one.id: evidence_document(one) for one in work.evidence.of_survey(survey.id)}
    yield from _each(f"{survey.number} evidence", evidence, told.recordings | told.uploads)
    for track in work.receptions.tracks(survey.id):
        admitted = told.recordings.get(track.id)
        if admitted is not None and digest_of(list_document(track)) != admitted["sha256"]:
            yield Difference(Kind.ROW, f"{survey.number} track {track.id}", "list-other")


def _each(where: str, rows: dict[str, Document], told: dict[str, Document]) -> Iterator[Difference]:
    for id in sorted(rows.keys() | told.keys()):
        if id not in rows:
            yield Difference(Kind.ROW, f"{where} {id}", "row-missing")
        elif id not in told:
            yield Difference(Kind.ROW, f"{where} {id}", "row-unknown")
        elif in_order([rows[id]]) != in_order([told[id]]):
            yield Difference(Kind.ROW, f"{where} {id}", "row-other")


def _differs(own: Any, told: Document) -> bool:
    try:
        return bool(own() != told)
    except Refusal:
        return True
