"""Make, change and put away the accounts of staff."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from inspection.model.errors import Conflict, Forbidden, Invalid
from inspection.model.people import STAFF, Actor, Person, Role
from inspection.model.text import known, line
from inspection.ports import NewId, Office, Passwords
from inspection.services.access import require_role

SIGN_IN_LENGTH = 64
PASSWORD_SHORTEST = 10
PASSWORD_LONGEST = 200  # characters: argon2 is asked to hash no book


def create_person(
    office: Office,
    passwords: Passwords,
    actor: Actor,
    name: str,
    sign_in: str,
    role: str,
    one_time: str,
    now: datetime,
    new_id: NewId,
) -> Person:
    """A member of staff with a one-time password. Raises `Conflict("sign-in-taken")`, `Invalid`, `Forbidden`."""
    require_role(actor, "people")
    person = _fresh(passwords, name, sign_in, role, one_time, now, new_id)
    with office.write() as work:
        work.people.add(person)
    return person


def first_administrator(
    office: Office, passwords: Passwords, name: str, sign_in: str, one_time: str, now: datetime, new_id: NewId
) -> Person | None:
    """The account that a new instance begins with; None when it already has an administrator."""
    with office.read() as work:
        if work.people.count(Role.ADMINISTRATOR):
            return None
    person = _fresh(passwords, name, sign_in, Role.ADMINISTRATOR.value, one_time, now, new_id)
    with office.write() as work:
        if work.people.count(Role.ADMINISTRATOR):
            return None
        work.people.add(person)
    return person


def list_people(
    office: Office, actor: Actor, role: str | None, offset: int, limit: int
) -> tuple[Sequence[Person], int]:
    """One page of the staff, and how many there are."""
    require_role(actor, "people")
    wanted = None if role is None else staff_role(role)
    with office.read() as work:
        return work.people.list(wanted, max(offset, 0), min(max(limit, 1), 200)), work.people.count(wanted)


def list_approvers(office: Office, actor: Actor) -> Sequence[Person]:
    """Those to whom a case can be given."""
    return _active(office, actor, Role.APPROVER)


def list_inspectors(office: Office, actor: Actor) -> Sequence[Person]:
    """Those who can be asked to join a survey."""
    return _active(office, actor, Role.INSPECTOR)


def reset_password(office: Office, passwords: Passwords, actor: Actor, person: str, one_time: str) -> Person:
    """A new one-time password; every browser of that person is signed out."""
    require_role(actor, "people")
    hashed = passwords.hash(acceptable(one_time))
    with office.write() as work:
        found = replace(work.people.get(known(person, "person-unknown")), password=hashed, must_change=True)
        work.people.put(found)
        work.sign_ins.remove_person(person)
        work.sign_ins.clear_failures(f"name:{found.sign_in}")
    return found


def set_active(office: Office, actor: Actor, person: str, active: bool) -> Person:
    """Let somebody in again, or no longer. Raises `Forbidden` for one's own account: nobody locks himself out."""
    require_role(actor, "people")
    if person == actor.id:
        raise Forbidden("own-account")
    with office.write() as work:
        found = replace(work.people.get(known(person, "person-unknown")), active=active)
        work.people.put(found)
        if not active:
            work.sign_ins.remove_person(person)
    return found


def change_password(office: Office, passwords: Passwords, actor: Actor, old: str, new: str) -> None:
    """One's own. All browsers are signed out, this one too: the caller signs in again with a new secret.

    Raises `Invalid("password-wrong")`, and `Invalid("password-same")` when nothing would change.
    """
    if actor.survey is not None:
        raise Forbidden("not-allowed")
    with office.read() as work:
        person = work.people.get(actor.id)
    if not passwords.verify(person.password, old):
        raise Invalid("password-wrong", field="old")
    if acceptable(new) == old:
        raise Invalid("password-same", field="new")
    hashed = passwords.hash(new)
    with office.write() as work:
        current = work.people.get(actor.id)
        if current.password != person.password:  # changed meanwhile, from another browser or by a reset
            raise Conflict("password-moved")
        work.people.put(replace(current, password=hashed, must_change=False))
        work.sign_ins.remove_person(actor.id)


def acceptable(password: str) -> str:
    """Raises `Invalid` for one that is too short, too long or cannot be encoded."""
    if len(password) < PASSWORD_SHORTEST:
        raise Invalid("password-short", field="new", limit=PASSWORD_SHORTEST)
    if len(password) > PASSWORD_LONGEST:
        raise Invalid("password-long", field="new", limit=PASSWORD_LONGEST)
    if any("\ud800" <= sign <= "\udfff" for sign in password):
        raise Invalid("text-unusable", field="new")
    return password


def staff_role(role: str) -> Role:
    """Raises `Invalid("role-unknown")` for what is no role of staff."""
    found = next((known_role for known_role in STAFF if known_role.value == role), None)
    if found is None:
        raise Invalid("role-unknown", field="role")
    return found


def sign_in_name(value: str) -> str:
    """As it is compared: trimmed, case folded. Raises `Invalid`."""
    return line(value.casefold(), "sign_in", SIGN_IN_LENGTH)


def _fresh(
    passwords: Passwords, name: str, sign_in: str, role: str, one_time: str, now: datetime, new_id: NewId
) -> Person:
    name, sign_in, wanted = line(name, "name"), sign_in_name(sign_in), staff_role(role)
    return Person(new_id(), name, sign_in, wanted, passwords.hash(acceptable(one_time)), True, True, now)


def _active(office: Office, actor: Actor, role: Role) -> Sequence[Person]:
    require_role(actor, "name-approvers")
    with office.read() as work:
        return [person for person in work.people.list(role, 0, 200) if person.active]
