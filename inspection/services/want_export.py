"""Ask for a case's package, and follow how far it is."""

from dataclasses import replace
from datetime import datetime

from inspection.model.decision import Export
from inspection.model.errors import NotFound, WrongMoment
from inspection.model.event import Event
from inspection.model.people import Actor
from inspection.model.survey import ENDED
from inspection.model.text import known
from inspection.ports import NewId, Office, Signer
from inspection.services.access import Doing, on_case
from inspection.services.custody import enter
from inspection.services.guard import guarded


def want_export(office: Office, signer: Signer, actor: Actor, case: str, now: datetime, new_id: NewId) -> Export:
    """A wish for the package; starting the job is the caller's part. One that is under way is given again.

    Raises `WrongMoment("survey-running" | "evidence-pending")`.
    """
    with guarded(office, signer, actor, now, case=case), office.write(case) as work:
        on_case(work, actor, case, Doing.EXPORT)
        surveys = work.surveys.of_case(case)
        if any(survey.state not in ENDED for survey in surveys):
            raise WrongMoment("survey-running")
        if any(not survey.admitted for survey in surveys):
            raise WrongMoment("evidence-pending")
        for export in work.exports.of_case(case):
            if export.state in ("wanted", "running"):
                return export
        export = Export(new_id(), case, actor.id, now, "wanted")
        work.exports.add(export)
        enter(work, signer, case, Event.EXPORT_WANTED, actor, now, {"export": export.id})
    return export


def read_export(office: Office, signer: Signer, actor: Actor, case: str, export: str, now: datetime) -> Export:
    """Its state, with its progress in bytes; when ready its package may be fetched."""
    with guarded(office, signer, actor, now, case=case), office.read() as work:
        on_case(work, actor, case, Doing.EXPORT)
        found = work.exports.get(known(export, "export-unknown"))
        if found.case != case:
            raise NotFound("export-unknown")
    return found


def fail_export(office: Office, export: str, reason: str) -> Export:
    """It cannot be written: `reason` is a code. One that is ready stays."""
    with office.write() as work:
        found = work.exports.get(export)
        if found.state in ("wanted", "running"):
            found = replace(found, state="failed", reason=reason)
            work.exports.put(found)
    return found
