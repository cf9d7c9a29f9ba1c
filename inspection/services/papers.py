"""Papers: asked for, made by the worker, read, signed by each in turn, sealed by the office."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from typing import Any

from inspection.model.errors import Conflict, Forbidden, Invalid, NotFound, WrongMoment
from inspection.model.event import Event
from inspection.model.ledger import microseconds
from inspection.model.paper import OPEN, Paper, PaperKind, PaperState, Seal
from inspection.model.people import SYSTEM, Actor, Role
from inspection.model.sealed import SignedTime
from inspection.model.text import known, text
from inspection.ports import NewId, ObjectStore, Office, Sealer, Signer, Work
from inspection.services.access import Doing, on_case, on_survey
from inspection.services.custody import enter
from inspection.services.guard import guarded, recently
from inspection.services.paper_facts import inspectors_to_sign, signatories, subject_digest, subject_of

LARGEST = 400_000_000  # bytes of one file
LANGUAGES = frozenset({"zh-CN", "en"})


def want_paper(
    office: Office,
    signer: Signer,
    actor: Actor,
    case: str,
    kind: str,
    survey: str | None,
    language: str,
    address: str,
    now: datetime,
    new_id: NewId,
) -> Paper:
    """A wish for a paper; starting the job is the caller's part. One of the same that is open is superseded by it.

    Raises `Invalid("paper-kind-unknown" | "language-unknown")`, `WrongMoment` as `facts_of` does.
    """
    try:
        wanted = PaperKind(kind)
    except ValueError as error:
        raise Invalid("paper-kind-unknown", field="kind") from error
    if language not in LANGUAGES:
        raise Invalid("language-unknown", field="language")
    with guarded(office, signer, actor, now, case=case), office.write(case) as work:
        on_case(work, actor, case, Doing.MAKE_PAPER)
        of = None if wanted is PaperKind.DECISION else known(survey or "", "survey-unknown")
        if of is not None and work.surveys.get(of).case != case:
            raise NotFound("survey-unknown")
        subject_of(work, wanted, case, of)
        for other in work.papers.of_case(case):
            if other.kind is wanted and other.survey == of and other.state in OPEN:
                work.papers.put(replace(other, state=PaperState.SUPERSEDED))
        paper = Paper(new_id(), case, of, wanted, language, PaperState.WANTED, actor.id, now, address)
        work.papers.add(paper)
    return paper


def keep_paper(
    office: Office, store: ObjectStore, signer: Signer, paper: str, subject: str, data: bytes, now: datetime
) -> Paper:
    """The worker has drawn it. Again is harmless. Raises `Conflict("paper-outdated")` when its facts have moved."""
    if not 0 < len(data) <= LARGEST:
        raise Invalid("paper-unfit", field="data")
    digest = sha256(data).hexdigest()
    store.put(digest, BytesIO(data), len(data))
    with office.write() as work:
        found = work.papers.get(paper)
        if found.state is not PaperState.WANTED:
            return found
        if subject_digest(subject_of(work, found.kind, found.case, found.survey)) != subject:
            raise Conflict("paper-outdated")
        needed = [one.document() for one in signatories(work, found.kind, found.case, found.survey)]
        made = replace(
            found, state=PaperState.READY, subject=subject, sha256=digest, bytes=len(data), needed=needed, reason=None
        )
        work.papers.put(made)
        enter(work, signer, made.case, Event.PAPER_MADE, SYSTEM, now, _body(made) | {"subject": subject}, digest)
    return made


def fail_paper(office: Office, paper: str, reason: str) -> Paper:
    """It cannot be made: `reason` is a code."""
    with office.write() as work:
        found = work.papers.get(paper)
        if found.state is PaperState.WANTED:
            found = replace(found, state=PaperState.FAILED, reason=reason)
            work.papers.put(found)
    return found


def list_papers(office: Office, actor: Actor, case: str) -> Sequence[Paper]:
    """Those of one case, newest first, for its staff."""
    with office.read() as work:
        on_case(work, actor, case, Doing.READ_CASE)
        return work.papers.of_case(case)


def paper_to_sign(office: Office, actor: Actor, survey: str) -> Paper | None:
    """The newest record of a survey, for one who came by a link; None while there is none."""
    with office.read() as work:
        place = on_survey(work, actor, survey, Doing.READ_PAPER)
        shown = (PaperState.READY, PaperState.SEALED)
        return next(
            (
                one
                for one in work.papers.of_case(place.case.id)
                if one.survey == survey and one.kind is PaperKind.RECORD and one.state in shown
            ),
            None,
        )


def read_paper(office: Office, signer: Signer, actor: Actor, paper: str, now: datetime) -> Paper:
    """Raises `NotFound("paper-unknown")` for somebody else's, telling the ledger of it."""
    with office.read() as work:
        found = work.papers.get(known(paper, "paper-unknown"))
    with guarded(office, signer, actor, now, case=found.case), office.read() as work:
        _require_reader(work, actor, found)
    return found


def fetch_paper(office: Office, signer: Signer, actor: Actor, paper: str, now: datetime) -> Paper:
    """One whose bytes are in the store: who took it stands in the ledger, once a sitting."""
    found = read_paper(office, signer, actor, paper, now)
    if found.sha256 is None:
        raise NotFound("paper-not-ready")
    with office.write(found.case) as work:
        if not recently(work, found.case, Event.PAPER_FETCHED, actor, found.id, now):
            enter(work, signer, found.case, Event.PAPER_FETCHED, actor, now, {"subject": found.id}, found.sha256)
    return found


def sign_paper(
    office: Office,
    store: ObjectStore,
    signer: Signer,
    sealer: Sealer,
    actor: Actor,
    paper: str,
    digest: str,
    reason: str,
    now: datetime,
) -> Paper:
    """The actor's signature on the very bytes that he read (`digest`); after the last answer the office's seal.

    Raises `Conflict("paper-moved")` when another signed meanwhile, `Conflict("paper-outdated")` when what it tells has
    changed: then a new one has to be made, and everyone starts anew. `Forbidden("not-asked")`,
    `Conflict("already-signed")`, and what the sealer raises: then nothing was signed.
    """
    found = read_paper(office, signer, actor, paper, now)
    with office.read() as work:
        _require_open(work, found, digest)
        sign_in = "" if actor.survey else work.people.get(actor.id).sign_in
    mine = next((one for one in found.needed if one["id"] == actor.id), None)
    if mine is None:
        raise Forbidden("not-asked")
    if not found.open_for(actor.id):
        raise Conflict("already-signed")
    seal = Seal(mine["name"], mine["role"], reason, f"{mine['role']}-{len(found.signatures) + 1}", sign_in)
    data = sealer.sign(_bytes(store, found), seal, now)
    told = mine | {"time": sealer.time_of(data).value}
    entry = told | {"at_us": microseconds(now), "before": found.sha256}
    signed = replace(found, signatures=[*found.signatures, entry])
    return _keep_answer(office, store, signer, sealer, actor, found, signed, data, Event.PAPER_SIGNED, told, now)


def refuse_paper(
    office: Office,
    store: ObjectStore,
    signer: Signer,
    sealer: Sealer,
    actor: Actor,
    paper: str,
    digest: str,
    of: str,
    reason: str,
    now: datetime,
) -> Paper:
    """Why somebody does not sign: said by himself, or by the lead inspector of one who was filmed (`of`: his id).

    Raises `Conflict("signature-needed")` for an inspector without whom the record would never be sealed: he has its
    findings changed, and a new one made. `Conflict("already-signed")`, and as `sign_paper` does.
    """
    words = text(reason, "reason", needed=True)
    found = read_paper(office, signer, actor, paper, now)
    with office.read() as work:
        _require_open(work, found, digest)
        inspectors = inspectors_to_sign(work, found.kind, found.survey)
        if of != actor.id:
            on_case(work, actor, found.case, Doing.MAKE_PAPER)
    theirs = next((one for one in found.needed if one["id"] == of), None)
    stated = theirs is not None and theirs["role"] in (Role.APPLICANT.value, Role.AGENT.value)
    if theirs is None or not (of == actor.id or stated):
        raise Forbidden("not-asked")
    if not found.open_for(of):
        raise Conflict("already-signed")
    if not found.may_refuse(of, inspectors):
        raise Conflict("signature-needed", needed=inspectors)
    by = None if of == actor.id else actor.id
    entry = theirs | {"at_us": microseconds(now), "before": found.sha256, "reason": words, "stated_by": by}
    refused = replace(found, refusals=[*found.refusals, entry])
    told = theirs | {"reason": words}
    return _keep_answer(office, store, signer, sealer, actor, found, refused, None, Event.PAPER_REFUSED, told, now)


def _keep_answer(
    office: Office,
    store: ObjectStore,
    signer: Signer,
    sealer: Sealer,
    actor: Actor,
    before: Paper,
    after: Paper,
    data: bytes | None,
    event: Event,
    told: dict[str, Any],
    now: datetime,
) -> Paper:
    with office.read() as work:
        inspectors = inspectors_to_sign(work, before.kind, before.survey)
    complete, time = after.complete(inspectors), SignedTime.OWN_CLOCK
    if complete:
        refusals = "; ".join(f"{one['name']}: {one['reason']}" for one in after.refusals)[:2000]
        data = sealer.seal(data if data is not None else _bytes(store, before), refusals, now)
        time = sealer.time_of(data)
    if data is not None:
        after = replace(after, sha256=sha256(data).hexdigest(), bytes=len(data))
        store.put(after.sha256 or "", BytesIO(data), len(data))
    with office.write() as work:
        _require_open(work, work.papers.get(before.id), before.sha256 or "")
        if work.papers.get(before.id) != before:
            raise Conflict("paper-moved")
        after = replace(after, state=PaperState.SEALED if complete else PaperState.READY)
        work.papers.put(after)
        body = _body(after) | {"before": before.sha256, "who": told}
        enter(work, signer, after.case, event, actor, now, body, after.sha256)
        if complete:
            body = _body(after) | {"time": time.value}
            enter(work, signer, after.case, Event.PAPER_SEALED, SYSTEM, now, body, after.sha256)
    return after


def _require_open(work: Work, paper: Paper, digest: str) -> None:
    if paper.state is not PaperState.READY:
        raise WrongMoment("paper-closed")
    if paper.sha256 != digest:
        raise Conflict("paper-moved")
    if subject_digest(subject_of(work, paper.kind, paper.case, paper.survey)) != paper.subject:
        raise Conflict("paper-outdated")


def _require_reader(work: Work, actor: Actor, paper: Paper) -> None:
    if actor.survey is None:
        on_case(work, actor, paper.case, Doing.READ_PAPER)
        return
    place = on_survey(work, actor, actor.survey, Doing.READ_PAPER)
    theirs = paper.kind is PaperKind.DECISION or paper.survey == place.survey.id
    if place.case.id != paper.case or not theirs or paper.kind is PaperKind.CERTIFICATE:
        raise NotFound("paper-unknown")


def _bytes(store: ObjectStore, paper: Paper) -> bytes:
    with store.open(paper.sha256 or "") as source:
        return source.read()


def _body(paper: Paper) -> dict[str, Any]:
    return {"kind": paper.kind.value, "language": paper.language, "paper": paper.id, "survey": paper.survey}
