"""What happened in a case, as sentences: each entry of its ledger with the words that its sentence takes."""

from typing import Any

from flask import g

from inspection.model.event import Event
from inspection.model.ledger import Entry, moment
from inspection.services.read_case import CaseView
from server.words import pick


def story(view: CaseView) -> list[dict[str, Any]]:
    """Oldest first: `{at, kind, who, values}`; `values` fill the places of `story.<kind>`."""
    titles = _titles(view)
    return [
        {"at": moment(one.at_us), "kind": one.event, "who": one.actor["name"], "values": _values(one, titles)}
        for one in view.entries
    ]


def _titles(view: CaseView) -> dict[str, str]:
    """The checks' titles in the reader's language, of every checklist that a survey of the case began with."""
    lists = [view.item.checklist, *(one.checklist for one in view.surveys)]
    return {check.id: pick(check.title, g.lang) for one in lists for check in one.checks}


def _values(entry: Entry, titles: dict[str, str]) -> dict[str, str]:
    body = entry.body
    if entry.event == Event.FINDING_RECORDED:
        return {"check": titles.get(body["check"], body["check"]), "result": g.say(f"result.{body['result']}")}
    if entry.event == Event.SURVEY_CONCLUDED:
        return {"outcome": g.say(f"outcome.{body['outcome']}")}
    if entry.event == Event.DECIDED:
        return {"outcome": g.say(f"decision.{body['outcome']}")}
    if entry.event == Event.PARTICIPANT_JOINED:
        return {"name": body["name"], "role": g.say(f"role.{body['role']}")}
    if entry.event in (Event.UPLOAD_ADMITTED, Event.UPLOAD_REFUSED):
        return {"name": body["name"]}
    if entry.event in (Event.ANNOTATION_MADE, Event.ANNOTATION_IMPORTED):
        return {"number": str(body["number"])}
    return {}
