"""What is attached to a paper, and what the codes on its pages open, against each other and against the ledger."""

from typing import Any

from inspection.model.documents import digest_of
from inspection.model.errors import Invalid
from inspection.model.paper import PaperKind, front_path, moment_path
from inspection.model.sealed import PaperSaid
from inspection.model.shape import Malformed, maybe, part, parts
from inspection.services.recount import ToldPaper

Facts = dict[str, Any]


def faults_of_codes(said: PaperSaid) -> set[str]:
    """`code-other` when a code on the paper opens anything but what the paper tells of; `facts-malformed`."""
    if said.facts is None or not said.codes:
        return set()
    try:
        paths = opened_by(said.facts)
        address = maybe(said.facts, "address", str)
    except (Malformed, ValueError):
        return {"facts-malformed"}
    mine = {f"{address}{path}" for path in paths} if address is not None else paths
    return set() if all(code in mine for code in said.codes) else {"code-other"}


def opened_by(facts: Facts) -> set[str]:
    """The places at the office's site that a paper's codes may open. Raises `Malformed`, `ValueError`."""
    kind, subject = PaperKind(part(facts, "kind", str)), part(facts, "subject", dict)
    case = part(part(subject, "case", dict), "id", str)
    if kind is PaperKind.DECISION:
        return {front_path(kind, case, None)}
    survey = part(part(part(subject, "survey", dict), "survey", dict), "id", str)
    times = [maybe(one, "presented", int) for one in parts(subject, "snapshots")]
    wanted = [part(one, "time", int) for one in parts(subject, "snapshots")]
    shown = {moment_path(survey, other if time is None else time) for time, other in zip(times, wanted, strict=True)}
    return {front_path(kind, case, survey), *shown}


def faults_of_facts(facts: Facts | None, paper: ToldPaper, hashes: list[str]) -> set[str]:
    """`facts-other` when what is attached is not what the ledger says that was drawn; `ledger-other` when it was drawn
    from another history. `hashes` are those of the case's entries."""
    if facts is None:
        return set()
    faults = set()
    try:
        same = part(facts, "kind", str) == paper.kind and digest_of(part(facts, "subject", dict)) == paper.subject
        faults |= set() if same else {"facts-other"}
    except (Malformed, Invalid, ValueError, TypeError, RecursionError):
        faults.add("facts-other")
    try:
        head = part(facts, "ledger", dict)
        count = part(head, "count", int)
        if not 0 < count < paper.made or hashes[count - 1] != part(head, "hash", str):
            faults.add("ledger-other")
    except Malformed:
        faults.add("ledger-other")
    return faults
