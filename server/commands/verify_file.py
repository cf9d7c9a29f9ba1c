"""`takan verify` of a file by itself: a paper's signatures and what they cover, a clip's or snapshot's credentials,
and, beside a package, that the case's ledger names these very bytes.
"""

import hashlib
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inspection.model.package import LEDGER_PATH
from inspection.model.sealed import EXPIRED, StampSaid
from inspection.ports import PackageReader, SealJudge
from inspection.services.verify_facts import faults_of_codes
from server.commands.verify import reader_of
from server.outbound.credentials import KINDS
from server.outbound.seal_judge import Codes, Means

PAPER = ".pdf"
SUFFIXES = frozenset({PAPER, *KINDS})
INTACT, ALTERED, UNREADABLE = 0, 1, 2


@dataclass(slots=True)
class FileVerdict:
    """`origin`: "proven" by roots that were given, else "unproven"; `ledger`: the number of the entry that names it."""

    kind: str
    sha256: str
    origin: str = "unproven"
    signatures: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, Any] | None = None
    stamp: dict[str, Any] | None = None
    ledger: int | None = None
    faults: list[str] = field(default_factory=list)

    @property
    def status(self) -> int:
        if {"unreadable", "credentials-unreadable"} & set(self.faults):
            return UNREADABLE
        return ALTERED if self.faults else INTACT


def run(path: Path, means: Means, package: Path | None, as_json: bool, codes: Codes) -> int:
    """Exit status: 0 intact, 1 altered, foreign or not what the ledger names, 2 not readable."""
    try:
        reader = None if package is None else reader_of(package)
        verdict = judge_file(path, means.judge(codes), reader, means.roots is not None)
    except (OSError, ValueError) as error:
        print(f"takan: {error}", file=sys.stderr)
        return UNREADABLE
    print(json.dumps(document(verdict), ensure_ascii=False) if as_json else "\n".join(lines(verdict)))
    return verdict.status


def is_file_of_ours(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() in SUFFIXES


def judge_file(path: Path, judge: SealJudge, package: PackageReader | None, trusted: bool = False) -> FileVerdict:
    """`trusted`: the judge was given roots. Raises `OSError` for what cannot be read."""
    with path.open("rb") as file:
        verdict = FileVerdict(path.suffix.lower().removeprefix("."), hashlib.file_digest(file, "sha256").hexdigest())
    if path.suffix.lower() == PAPER:
        _paper(verdict, path.read_bytes(), judge, trusted)
    else:
        with path.open("rb") as file:
            said = judge.credentials(file, path.suffix.lower())
        verdict.facts = said.facts
        verdict.origin = "proven" if trusted and said.holds else "unproven"
        verdict.stamp = _stamp(said.stamp)
        verdict.faults += said.faults
        if not said.holds and not said.faults:
            verdict.faults.append("credentials-foreign")
    if package is not None and verdict.status != UNREADABLE:
        _named(verdict, _entries(package))
    return verdict


def _paper(verdict: FileVerdict, data: bytes, judge: SealJudge, trusted: bool) -> None:
    said = judge.paper(data, datetime.now(UTC))
    verdict.facts = said.facts
    verdict.origin = "proven" if trusted and said.holds else "unproven"
    verdict.faults += [*said.faults, *sorted(faults_of_codes(said))]
    for one in said.signatures:
        verdict.faults += [f"{one.place}: {fault}" for fault in one.faults]
        at = None if one.at is None else one.at.isoformat()
        told = {"name": one.name, "role": one.role, "at": at, "faults": list(one.faults)}
        revoked = None if one.revoked is None else one.revoked.isoformat()
        verdict.signatures.append(told | {"stamp": _stamp(one.stamp), "revoked": revoked})


def _stamp(stamp: StampSaid | None) -> dict[str, Any] | None:
    if stamp is None:
        return None
    return {"at": stamp.at.isoformat(), "authority": stamp.authority, "trusted": stamp.trusted}


def _entries(package: PackageReader) -> list[dict[str, Any]]:
    with package.open(LEDGER_PATH) as source:
        found = [json.loads(line) for line in source.read().splitlines()]
    return [one for one in found if isinstance(one, dict)]


def _named(verdict: FileVerdict, entries: Iterable[dict[str, Any]]) -> None:
    """The entry that has these bytes' digest; the paper's own ledger head has to be in the same chain."""
    told = list(entries)
    for entry in told:
        if entry.get("digest") == verdict.sha256:
            verdict.ledger = entry.get("number")
    if verdict.ledger is None:
        verdict.faults.append("ledger-unknown")
    elif EXPIRED in verdict.faults:
        verdict.faults.remove(EXPIRED)  # the ledger says that these bytes were there before
    head = (verdict.facts or {}).get("ledger")
    if isinstance(head, dict) and head.get("hash") not in {entry.get("hash") for entry in told}:
        verdict.faults.append("ledger-other")


def document(verdict: FileVerdict) -> dict[str, Any]:
    overall = {INTACT: "intact", ALTERED: "altered", UNREADABLE: "unreadable"}[verdict.status]
    return {
        "overall": overall,
        "kind": verdict.kind,
        "origin": verdict.origin,
        "sha256": verdict.sha256,
        "signatures": verdict.signatures,
        "stamp": verdict.stamp,
        "ledger": verdict.ledger,
        "faults": verdict.faults,
    }


def lines(verdict: FileVerdict) -> list[str]:
    told = document(verdict)
    out = [f"file: {verdict.kind}, sha256 {verdict.sha256}"]
    for one in verdict.signatures:
        out.append(f"signed: {one['name']} {one['role'] or 'office'} {one['at'] or ''}".rstrip())
        out.append(f"  time: {_time(one['stamp'])}")
        out += [f"  its certificate counts for nothing since {one['revoked']}"] if one["revoked"] else []
    if verdict.kind != PAPER.removeprefix("."):
        out.append(f"time: {_time(verdict.stamp)}")
    if verdict.ledger is not None:
        out.append(f"ledger: entry {verdict.ledger}")
    out += [f"  {fault}" for fault in verdict.faults]
    out.append(f"origin: {verdict.origin}")
    out.append(f"verdict: {told['overall']}")
    return out


def _time(stamp: dict[str, Any] | None) -> str:
    if stamp is None:
        return "the office's own clock; no time-stamp authority vouches for it"
    known = "" if stamp["trusted"] else ", whose certificates were not given (--authority): not proven"
    return f"{stamp['at']}, stamped by {stamp['authority']}{known}"
