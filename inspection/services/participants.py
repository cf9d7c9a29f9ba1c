"""Who takes part in a survey: the applicant, those who run it, and those who are asked to watch."""

from dataclasses import replace
from datetime import datetime, timedelta

from inspection.model.case import Case
from inspection.model.documents import participant_document
from inspection.model.errors import Invalid, WrongMoment
from inspection.model.event import Event
from inspection.model.participant import Participant
from inspection.model.people import Actor, Role
from inspection.model.survey import ENDED, Survey
from inspection.model.text import known, line
from inspection.ports import NewId, Office, Signer, Work
from inspection.services.access import Doing, case_of, on_survey, own_row
from inspection.services.custody import enter

SEEN_EVERY = timedelta(seconds=5)
HERE = timedelta(seconds=20)  # longer than two of a page's questions: one lost answer makes nobody leave
DEVICE_FACTS = 24
FACT_LENGTH = 300


def applicant_row(
    work: Work, signer: Signer, actor: Actor, survey: Survey, case: Case, now: datetime, new_id: NewId
) -> Participant:
    """The applicant's place in a survey, made when there is none yet."""
    for row in work.participants.of_survey(survey.id):
        if row.role is Role.APPLICANT:
            return row
    row = Participant(new_id(), survey.id, case.applicant, Role.APPLICANT, None, now)
    work.participants.add(row)
    enter(work, signer, case.id, Event.PARTICIPANT_JOINED, actor, now, participant_document(row))
    return row


def join(office: Office, signer: Signer, actor: Actor, survey: str, now: datetime, new_id: NewId) -> Participant:
    """The actor's own place in the survey, made when he comes for the first time."""
    with office.write(case_of(office, survey)) as work:
        place = on_survey(work, actor, survey, Doing.JOIN)
        if place.mine is not None:
            return place.mine
        if place.survey.state in ENDED:
            raise WrongMoment("survey-ended")
        return add_staff(work, signer, actor, place.survey, actor.id, actor.name, actor.role, now, new_id)


def invite(
    office: Office, signer: Signer, actor: Actor, survey: str, person: str, now: datetime, new_id: NewId
) -> Participant:
    """Ask another member of staff in: an inspector may write findings, anybody else watches and speaks."""
    with office.write(case_of(office, survey)) as work:
        place = on_survey(work, actor, survey, Doing.INVITE)
        if place.survey.state in ENDED:
            raise WrongMoment("survey-ended")
        guest = work.people.get(known(person, "person-unknown"))
        if not guest.active or guest.role is Role.ADMINISTRATOR:
            raise Invalid("person-unfit", field="person")
        for row in work.participants.of_survey(survey):
            if row.person == guest.id:
                return row
        return add_staff(work, signer, actor, place.survey, guest.id, guest.name, guest.role, now, new_id)


def add_staff(
    work: Work,
    signer: Signer,
    actor: Actor,
    survey: Survey,
    person: str,
    name: str,
    role: Role,
    now: datetime,
    new_id: NewId,
) -> Participant:
    """A new place for a member of staff, entered in the ledger."""
    row = Participant(new_id(), survey.id, name, role, person, now)
    work.participants.add(row)
    enter(work, signer, survey.case, Event.PARTICIPANT_JOINED, actor, now, participant_document(row))
    return row


def inspectors_of(work: Work, survey: Survey) -> dict[str, Participant]:
    """Those who take part, by person: nobody counts twice."""
    rows = (row for row in work.participants.of_survey(survey.id) if row.role is Role.INSPECTOR)
    return {row.person: row for row in rows if row.person is not None}


def require_inspectors(work: Work, survey: Survey) -> None:
    """Raises `WrongMoment("second-inspector-needed")` while fewer are named than the survey asks for."""
    if len(inspectors_of(work, survey)) < survey.inspectors:
        raise WrongMoment("second-inspector-needed", needed=survey.inspectors)


def require_presence(work: Work, survey: Survey) -> None:
    """Raises `WrongMoment("second-inspector-absent")` unless as many were there while the survey ran as it asks for.
    The lead is: his page ends it."""
    if survey.inspectors == 1:
        return
    began = survey.opened_at or survey.created_at
    there = inspectors_of(work, survey)
    came = {id for id, row in there.items() if row.seen_at is not None and row.seen_at >= began} | {survey.inspector}
    if len(came) < survey.inspectors:
        raise WrongMoment("second-inspector-absent", needed=survey.inspectors)


def seen(office: Office, actor: Actor, survey: str, now: datetime) -> None:
    """His page asked for the room's state: he is here."""
    with office.read() as work:
        place = on_survey(work, actor, survey, Doing.READ_SURVEY)
    row = place.mine
    if row is not None and (row.seen_at is None or now - row.seen_at >= SEEN_EVERY):
        with office.write(place.case.id) as work:
            work.participants.seen(row.id, now)


def is_here(row: Participant, now: datetime) -> bool:
    return row.seen_at is not None and now - row.seen_at < HERE


def report_device(office: Office, actor: Actor, survey: str, facts: dict[str, str], now: datetime) -> Participant:
    """What a page says of the device that it runs on; kept as stated. Raises `Invalid`."""
    if len(facts) > DEVICE_FACTS:
        raise Invalid("device-too-much", field="device", limit=DEVICE_FACTS)
    stated = {}
    for name, value in facts.items():
        if not (name.isascii() and name.isidentifier() and len(name) <= 40):
            raise Invalid("device-unusable", field="device")
        stated[name] = line(value, name, FACT_LENGTH, needed=False)
    with office.write(case_of(office, survey)) as work:
        row = own_row(on_survey(work, actor, survey, Doing.DEVICE))
        row = replace(row, device=row.device | stated, seen_at=now)
        if len(row.device) > DEVICE_FACTS:
            raise Invalid("device-too-much", field="device", limit=DEVICE_FACTS)
        work.participants.put(row)
    return row
