"""Turns the facts of a paper into a sheet: blocks of sentences in one language, to be drawn (sheets/paper.typ)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from inspection.model.ledger import canonical
from inspection.model.paper import Paper, PaperKind, Signatory, front_path
from inspection.services.paper_facts import subject_digest
from server.outbound.sheet_survey import findings, overview, quality, recording_name, uploads, what_holds
from server.outbound.sheet_words import Telling, mono, table
from server.version import VERSION
from server.words import pick

Sheet = dict[str, Any]
Say = Callable[..., str]


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What stands on every sheet of one office. `banner`: what its seal is, when it is none that the world trusts."""

    office: str
    zone: str
    banner: bool
    seal: str  # SHA-256 of the seal's certificate, hex


def draw(
    paper: Paper,
    facts: Mapping[str, Any],
    asked: list[Signatory],
    head: Letterhead,
    say: Say,
    now: datetime,
    shown: Mapping[str, str],
) -> Sheet:
    """`shown`: by snapshot, the file with its picture; of those that are not in it only the digest is told."""
    telling = Telling(say, paper.language, ZoneInfo(head.zone), paper.address.rstrip("/"))
    subject, kind = facts["subject"], paper.kind
    day = now.astimezone(telling.zone)
    sheet: Sheet = {
        "banner": say("paper.development") if head.banner else None,
        "digest": subject_digest(subject),
        "digest_words": say("paper.digest"),
        "day": [day.year, day.month, day.day],
        "facts_name": say("paper.facts_name"),
        "lang": paper.language,
        "number": _number(kind, subject),
        "office": head.office,
        "subtitle": pick(subject["case"]["item"]["title"], paper.language),
        "title": say(f"paper.{kind.value}"),
        "verdict": _verdict(kind, subject, say),
    }
    link = telling.address + front_path(kind, paper.case, paper.survey)
    sheet |= {"link": link, "qr": "code.png", "qr_words": say("paper.qr_words")}
    blocks = {PaperKind.RECORD: _record, PaperKind.DECISION: _decision, PaperKind.CERTIFICATE: _certificate}[kind]
    sheet["blocks"] = [*blocks(telling, subject, shown), *_end(telling, facts, asked, head)]
    return sheet


def codes_of(sheet: Sheet) -> dict[str, str]:
    """By file name, what the QR codes of a sheet have to hold."""
    codes = {sheet["qr"]: sheet["link"]}
    for block in sheet["blocks"]:
        for finding in block.get("findings", ()):
            codes |= {one["qr"]: one["link"] for one in finding["pictures"] if one["qr"] is not None}
    return codes


def _number(kind: PaperKind, subject: Mapping[str, Any]) -> str:
    number = subject["case"]["number"] if kind is PaperKind.DECISION else subject["survey"]["survey"]["number"]
    return str(number)


def _verdict(kind: PaperKind, subject: Mapping[str, Any], say: Say) -> list[str] | None:
    if kind is PaperKind.DECISION:
        outcome = subject["decision"]["outcome"]
        return [outcome, say(f"decision.{outcome}")]
    if kind is PaperKind.RECORD:
        outcome = subject["survey"]["ending"]["outcome"]
        return [outcome, say(f"outcome.{outcome}")]
    return None


def _record(telling: Telling, subject: Mapping[str, Any], shown: Mapping[str, str]) -> list[Sheet]:
    return [
        *overview(telling, subject),
        *findings(telling, subject, shown),
        *quality(telling, subject),
        *uploads(telling, subject),
        *what_holds(telling, subject),
    ]


def _decision(telling: Telling, subject: Mapping[str, Any], shown: Mapping[str, str]) -> list[Sheet]:
    say, case, made = telling.say, subject["case"], subject["decision"]
    item = pick(case["item"]["title"], telling.language)
    words = [
        say(f"paper.decided_{made['outcome']}", applicant=case["applicant"], item=item, number=case["number"]),
        made["reason"] or say("paper.no_reason"),
    ]
    rows = [
        [say("paper.case"), case["number"]],
        [say("role.applicant"), case["applicant"]],
        [say("paper.site"), case["site"]["address"]],
        [say("paper.department"), pick(case["item"]["department"], telling.language)],
        [say("role.approver"), subject["people"][made["by"]]],
        [say("paper.decided_at"), telling.time(made["at_us"])],
        [say("paper.had_before"), mono(made["head"])],
    ]
    seen = [
        [one["number"], say(f"outcome.{one['outcome']}") if one["outcome"] else "–", one["note"] or "–"]
        for one in subject["surveys"]
    ]
    basis = say("paper.basis_words", code=case["item"]["code"], item=item)
    appeal = [say("paper.appeal_review"), say("paper.appeal_court"), say("paper.appeal_ask")]
    return [
        {"kind": "words", "title": say("paper.decision_words"), "words": words},
        {"kind": "facts", "title": say("paper.facts"), "rows": rows},
        table(say("paper.surveys"), [2, 1, 3], [say("paper.number"), say("paper.outcome"), say("paper.note")], seen),
        {"kind": "words", "title": say("paper.basis"), "words": [basis]},
        {"kind": "list", "title": say("paper.appeal"), "words": appeal},
    ]


def _certificate(telling: Telling, subject: Mapping[str, Any], shown: Mapping[str, str]) -> list[Sheet]:
    """What a court asks a qualified person about the system; he fills in who he is, and signs."""
    say = telling.say
    head = [say("paper.recording"), "SHA-256"]
    digests = [[recording_name(say, one), mono(one["sha256"])] for one in subject["recordings"]]
    digests += [[one["name"], mono(one["sha256"])] for one in subject["uploads"]]
    digests += [[f"{say('paper.snapshot')} {one['id']}", mono(one["sha256"])] for one in subject["snapshots"]]
    person = [[say(f"paper.certifier_{part}"), ""] for part in ("name", "post", "training", "signed")]
    survey = subject["survey"]["survey"]
    system = [
        [say("paper.system_name"), f"Takan (踏勘) {VERSION}"],
        [say("paper.system_at"), telling.address],
        [say("paper.survey"), f"{survey['number']} · {say('survey.kind.' + survey['kind'])}"],
        [say("paper.began"), telling.time(subject["survey"]["opened_us"])],
        [say("paper.ended"), telling.time(subject["survey"]["ending"]["at_us"])],
    ]
    process = [say(f"paper.process_{part}") for part in ("live", "digest", "ledger", "derived", "export")]
    return [
        {"kind": "words", "title": say("paper.draft"), "words": [say("paper.draft_words")]},
        {"kind": "blanks", "title": say("paper.certifier"), "rows": person},
        {"kind": "facts", "title": say("paper.system"), "rows": system},
        {"kind": "list", "title": say("paper.process"), "words": process},
        {"kind": "words", "title": say("paper.clock"), "words": [say("paper.clock_words")]},
        table(say("paper.certified"), [1, 3], head, digests),
    ]


def _end(telling: Telling, facts: Mapping[str, Any], asked: list[Signatory], head: Letterhead) -> list[Sheet]:
    say, ledger = telling.say, facts["ledger"]
    rows = [
        [say("paper.ledger_count"), str(ledger["count"])],
        [say("paper.ledger_head"), mono(ledger["hash"])],
        [say("paper.ledger_key"), mono(ledger["key"])],
        [say("paper.ledger_at"), telling.time(ledger["at_us"])],
        [say("paper.seal_certificate"), mono(head.seal)],
    ]
    blocks = [{"kind": "facts", "title": say("paper.ledger"), "rows": rows}]
    if asked:
        people = [[one.name, say(f"role.{one.role}"), say("paper.sign_inside")] for one in asked]
        people.append([head.office, say("paper.office"), say("paper.seal_inside")])
        names = [say("paper.name"), say("paper.role"), say("paper.signature")]
        blocks.append(table(say("paper.signatures"), [2, 1, 3], names, people))
    return blocks


def facts_bytes(facts: Mapping[str, Any]) -> bytes:
    """What is attached: the canonical form, so that its digest can be made again."""
    return canonical(dict(facts))
