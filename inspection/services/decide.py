"""Approve or refuse a case."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from inspection.model.case import move
from inspection.model.decision import Decision, DecisionOutcome
from inspection.model.documents import decision_document
from inspection.model.errors import Conflict, Invalid, WrongMoment
from inspection.model.event import MATERIAL, Event
from inspection.model.ledger import Entry
from inspection.model.people import Actor
from inspection.model.survey import ENDED
from inspection.model.text import text
from inspection.ports import Office, Signer, Work
from inspection.services.access import Doing, on_case
from inspection.services.custody import enter

VERBS = {DecisionOutcome.APPROVED: "approve", DecisionOutcome.REFUSED: "refuse"}


def decide(
    office: Office, signer: Signer, actor: Actor, case: str, outcome: str, reason: str, head: str | None, now: datetime
) -> Decision:
    """The outcome of a case, by the approver to whom it was given; a refusal needs its reason in words.

    `head` is the hash of the ledger's last entry when his page was drawn (None: what stands now): a verdict on what
    has grown since is refused. Raises `Conflict("evidence-newer" | "decision-taken")`, `Invalid`, `WrongMoment`.
    """
    try:
        wanted = DecisionOutcome(outcome)
    except ValueError as error:
        raise Invalid("outcome-unknown", field="outcome") from error
    reason = text(reason, "reason")
    if wanted is DecisionOutcome.REFUSED and not reason:
        raise Invalid("reason-needed", field="reason")
    with office.write(case) as work:
        found = on_case(work, actor, case, Doing.DECIDE)
        if work.decisions.get(case) is not None:
            raise Conflict("decision-taken")
        state = move(found.state, VERBS[wanted])
        _require_settled(work, case)
        seen = _seen(work.ledger.entries(case), head, actor.id)
        decision = Decision(case, wanted, reason, actor.id, now, seen)
        work.decisions.add(decision)
        work.cases.put(replace(found, state=state))
        enter(work, signer, case, Event.DECIDED, actor, now, decision_document(decision))
    return decision


def _require_settled(work: Work, case: str) -> None:
    surveys = work.surveys.of_case(case)
    if any(survey.state not in ENDED for survey in surveys):
        raise WrongMoment("survey-running")
    if any(not survey.admitted for survey in surveys):
        raise WrongMoment("evidence-pending")


def _seen(entries: Sequence[Entry], head: str | None, actor: str) -> str:
    """The hash that the approver had before him; what he wrote since himself, he knows. Raises
    `Conflict("evidence-newer")`."""
    if head is None:
        return entries[-1].hash
    at = next((place for place, entry in enumerate(entries) if entry.hash == head), None)
    if at is None or any(entry.event in MATERIAL and entry.actor["id"] != actor for entry in entries[at + 1 :]):
        raise Conflict("evidence-newer")
    return head
