"""Keep in the ledger who looked at a case's evidence, and who was turned away."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from inspection.model.errors import Forbidden, NotFound
from inspection.model.event import Event
from inspection.model.ledger import microseconds
from inspection.model.people import Actor
from inspection.model.text import known
from inspection.ports import Office, Signer, Work
from inspection.services.custody import enter

# What is said to somebody who may not; other refusals are about what he asked for.
TURNED_AWAY = frozenset({"case-unknown", "survey-unknown", "snapshot-unknown", "evidence-unknown", "not-allowed"})
SITTING = timedelta(hours=1)  # one entry a person, subject and sitting: not one for each segment


@contextmanager
def guarded(
    office: Office, signer: Signer, actor: Actor, now: datetime, case: str | None = None, survey: str | None = None
) -> Iterator[None]:
    """What is refused inside is entered in the ledger of the case that it was about, and refused all the same.

    The block must have left its own unit of work by then.
    """
    try:
        yield
    except (NotFound, Forbidden) as refusal:
        if refusal.code in TURNED_AWAY:
            turned_away(office, signer, actor, now, refusal.code, case, survey)
        raise


def recently(work: Work, case: str, event: Event, actor: Actor, subject: str, now: datetime) -> bool:
    """Whether this sitting already has such an entry."""
    since = microseconds(now - SITTING)
    return any(
        entry.event == event and entry.actor["id"] == actor.id and entry.body.get("subject") == subject
        for entry in work.ledger.entries(case, since)
    )


def viewed(office: Office, signer: Signer, actor: Actor, case: str, subject: str, now: datetime) -> None:
    """Enter that the actor looked at `subject` (a survey, track or snapshot), unless this sitting has it already."""
    with office.read() as work:
        if recently(work, case, Event.VIEWED, actor, subject, now):
            return
    with office.write(case) as work:
        if not recently(work, case, Event.VIEWED, actor, subject, now):
            digest = next((one.sha256 for one in work.evidence.of_case(case) if one.track == subject), None)
            enter(work, signer, case, Event.VIEWED, actor, now, {"subject": subject}, digest)


def turned_away(
    office: Office,
    signer: Signer,
    actor: Actor,
    now: datetime,
    code: str,
    case: str | None = None,
    survey: str | None = None,
    evidence: str | None = None,
) -> None:
    """Enter that the actor was refused what he asked for, unless this sitting has it already. Of several things that
    he named, the smallest counts; of one that is not there nothing can be told."""
    if code not in TURNED_AWAY:
        return
    subject = evidence or survey or case or ""
    try:
        with office.read() as work:
            found = _case_of(work, known(subject, "case-unknown"), case, survey, evidence)
    except NotFound:
        return
    with office.write(found) as work:
        if not recently(work, found, Event.ACCESS_REFUSED, actor, subject, now):
            enter(work, signer, found, Event.ACCESS_REFUSED, actor, now, {"code": code, "subject": subject})


def _case_of(work: Work, subject: str, case: str | None, survey: str | None, evidence: str | None) -> str:
    if evidence is not None:
        return work.evidence.get(subject).case
    if survey is not None:
        return work.surveys.get(subject).case
    return work.cases.get(subject).id
