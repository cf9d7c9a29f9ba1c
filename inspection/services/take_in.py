"""Open a case: one application for one item."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from inspection.model.case import Case, CaseState, Site
from inspection.model.catalogue import Item
from inspection.model.deadline import add_working_days, office_day
from inspection.model.documents import case_document
from inspection.model.errors import Invalid, NotFound, WrongMoment
from inspection.model.event import Event
from inspection.model.people import Actor, Person, Role
from inspection.model.text import ID, LINE_LENGTH, NAME_LENGTH, known, line
from inspection.ports import NewId, Office, Signer, Work
from inspection.services.access import Doing, on_case, require_role
from inspection.services.custody import enter
from inspection.services.give_position import point

PHONE_LENGTH = 40
MOST_CORNERS = 500


def take_in(
    office: Office,
    signer: Signer,
    actor: Actor,
    item: str,
    applicant: str,
    phone: str,
    address: str,
    latitude: float | None,
    longitude: float | None,
    approver: str,
    now: datetime,
    new_id: NewId,
    polygon: Sequence[tuple[float, float]] | None = None,
) -> Case:
    """A new case of the actor's, given to `approver` (a person id). Raises `Invalid`, `Forbidden`."""
    require_role(actor, "take-in")
    applicant = line(applicant, "applicant", NAME_LENGTH)
    phone = line(phone, "phone", PHONE_LENGTH, needed=False)
    site = replace(_site(address, latitude, longitude), polygon=_outline(polygon or ()))
    with office.write() as work:
        permit = _item(work, item)
        judge = active_approver(work, approver)
        day = office_day(now)
        number = f"TK-{day:%Y%m%d}-{work.cases.next_number(f'{day:%Y%m%d}'):04d}"
        due = add_working_days(day, permit.promised_days).isoformat()
        case = Case(new_id(), number, permit.id, applicant, site, CaseState.OPEN, actor.id, judge.id, now, due, phone)
        work.cases.add(case)
        enter(work, signer, case.id, Event.CASE_OPENED, actor, now, case_document(case, permit))
        enter(work, signer, case.id, Event.APPROVER_NAMED, actor, now, {"approver": judge.id, "name": judge.name})
    return case


def name_approver(office: Office, signer: Signer, actor: Actor, case: str, approver: str, now: datetime) -> Case:
    """Give an undecided case to another approver."""
    with office.write(case) as work:
        found = on_case(work, actor, case, Doing.NAME_APPROVER)
        if found.state in (CaseState.APPROVED, CaseState.REFUSED):
            raise WrongMoment("case-decided")
        judge = active_approver(work, approver)
        if judge.id != found.approver:
            found = replace(found, approver=judge.id)
            work.cases.put(found)
            body = {"approver": judge.id, "name": judge.name}
            enter(work, signer, found.id, Event.APPROVER_NAMED, actor, now, body)
    return found


def active_approver(work: Work, id: str) -> Person:
    """Raises `Invalid("approver-unfit")` for anybody who may not decide."""
    try:
        person = work.people.get(known(id, "person-unknown"))
    except NotFound as error:
        raise Invalid("approver-unfit", field="approver") from error
    if not person.active or person.role is not Role.APPROVER:
        raise Invalid("approver-unfit", field="approver")
    return person


def _item(work: Work, id: str) -> Item:
    if not ID.fullmatch(id):
        raise Invalid("item-unknown", field="item")
    try:
        return work.items.get(id)
    except NotFound as error:
        raise Invalid("item-unknown", field="item") from error


def _outline(corners: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """The corners of a site; the first one may stand at the end again, as GeoJSON has it."""
    closed = len(corners) > 1 and corners[0] == corners[-1]
    kept = tuple(corners[:-1] if closed else corners)
    if kept and not 3 <= len(kept) <= MOST_CORNERS:
        raise Invalid("field-wrong", field="polygon")
    try:
        for latitude, longitude in kept:
            point(latitude, longitude)
    except Invalid as error:
        raise Invalid(error.code, field="polygon") from error
    return kept


def _site(address: str, latitude: float | None, longitude: float | None) -> Site:
    address = line(address, "address", LINE_LENGTH)
    if latitude is None and longitude is None:
        return Site(address)
    if latitude is None or longitude is None:
        raise Invalid("position-range", field="latitude" if latitude is None else "longitude")
    point(latitude, longitude)
    return Site(address, latitude, longitude)
