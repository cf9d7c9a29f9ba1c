"""Tell who asks, from the secret in his cookie."""

import hashlib
from datetime import datetime, timedelta

from inspection.model.errors import NotFound
from inspection.model.people import Actor, SignedIn
from inspection.ports import Office, Work

IDLE_STAFF = timedelta(hours=2)
IDLE_LINK = timedelta(hours=12)
TOUCH = timedelta(minutes=1)  # how exactly the last moment is kept: not one write a request
SECRET_LENGTH = 512


def digest_of_secret(secret: str) -> str:
    """What the table keeps of a cookie's or a link's secret: SHA-256, hex."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def who_is(office: Office, secret: str, now: datetime) -> Actor | None:
    """The actor, or None when nobody is signed in by that secret, or too long ago."""
    if not secret or len(secret) > SECRET_LENGTH:
        return None
    with office.read() as work:
        signed_in = work.sign_ins.get(digest_of_secret(secret))
        if signed_in is None or _over(signed_in, now):
            return None
        actor = _actor(work, signed_in)
    if actor is not None and now - signed_in.seen_at >= TOUCH:
        with office.write() as work:
            work.sign_ins.touch(signed_in.id, now)
    return actor


def _over(signed_in: SignedIn, now: datetime) -> bool:
    idle = IDLE_LINK if signed_in.person is None else IDLE_STAFF
    return now >= signed_in.expires_at or now - signed_in.seen_at >= idle


def _actor(work: Work, signed_in: SignedIn) -> Actor | None:
    try:
        if signed_in.person is not None:
            person = work.people.get(signed_in.person)
            return Actor(person.id, person.name, person.role, None, person.must_change) if person.active else None
        if signed_in.participant is None:
            return None
        participant = work.participants.get(signed_in.participant)
    except NotFound:
        return None
    return Actor(participant.id, participant.name, participant.role, participant.survey)
