"""Staff come in by password: bounded attempts, one answer for every wrong pair, a new secret each time."""

from datetime import datetime, timedelta

from inspection.model.errors import Invalid, TooMany, Unauthenticated
from inspection.model.people import Person, SignedIn
from inspection.ports import Office, Passwords, Work
from inspection.services.keep_people import PASSWORD_LONGEST, sign_in_name
from inspection.services.who_is import digest_of_secret

WINDOW = timedelta(minutes=15)
NAME_ATTEMPTS = 10
ADDRESS_ATTEMPTS = 60  # an office comes from one address
STAY = timedelta(hours=12)


def sign_in(
    office: Office,
    passwords: Passwords,
    name: str,
    password: str,
    address: str,
    secret: str,
    old_secret: str | None,
    now: datetime,
) -> tuple[Person, SignedIn]:
    """Who came in. `secret` is the new cookie's; what `old_secret` opened is closed (session rotation).

    Raises `TooMany`, and `Unauthenticated("sign-in-wrong")` alike for an unknown name, a wrong password and an account
    that was put away, after the same work.
    """
    try:
        name = sign_in_name(name)
    except Invalid:
        name = ""  # no account has it, and the work is the same
    password = password[: PASSWORD_LONGEST + 1]
    keys = ((f"name:{name}", NAME_ATTEMPTS), (f"address:{address[:64]}", ADDRESS_ATTEMPTS))
    with office.write() as work:
        _note_attempt(work, keys, now)
        person = work.people.by_sign_in(name) if name else None
    # The attempt is noted before the answer is known, so that many at once do not slip through together.
    if person is None:
        passwords.hash(password)  # costs what a comparison costs
        raise Unauthenticated("sign-in-wrong")
    fits = passwords.verify(person.password, password)
    if not fits or not person.active:
        raise Unauthenticated("sign-in-wrong")
    return person, _let_in(office, person, f"address:{address[:64]}", secret, old_secret, now)


def _let_in(
    office: Office, person: Person, address_key: str, secret: str, old_secret: str | None, now: datetime
) -> SignedIn:
    signed_in = SignedIn(digest_of_secret(secret), person.id, None, None, now, now, now + STAY)
    with office.write() as work:
        current = work.people.get(person.id)
        if current.password != person.password or not current.active:  # changed while we compared
            raise Unauthenticated("sign-in-wrong")
        work.sign_ins.clear_failures(f"name:{person.sign_in}")
        work.sign_ins.forgive(address_key, now)
        if old_secret:
            work.sign_ins.remove(digest_of_secret(old_secret))
        work.sign_ins.remove_expired(now)
        work.sign_ins.add(signed_in)
    return signed_in


def _note_attempt(work: Work, keys: tuple[tuple[str, int], ...], now: datetime) -> None:
    if any(work.sign_ins.failures(key, now - WINDOW) >= limit for key, limit in keys):
        raise TooMany("too-many-attempts", seconds=int(WINDOW.total_seconds()))
    for key, _ in keys:
        work.sign_ins.failed(key, now)
