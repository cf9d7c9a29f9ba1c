"""Let an applicant in by the link that he was given."""

from datetime import datetime

from inspection.model.errors import Unauthenticated
from inspection.model.people import Actor, SignedIn
from inspection.ports import Office
from inspection.services.who_is import SECRET_LENGTH, digest_of_secret


def enter_by_link(
    office: Office, link_secret: str, secret: str, old_secret: str | None, now: datetime
) -> tuple[Actor, SignedIn]:
    """Who came in, to the one survey that `actor.survey` names, no longer than the link holds.

    Raises `Unauthenticated`: `link-unknown`, `link-revoked` (a newer one was made) or `link-expired`.
    """
    if not link_secret or len(link_secret) > SECRET_LENGTH:
        raise Unauthenticated("link-unknown")
    with office.write() as work:
        link = work.links.by_digest(digest_of_secret(link_secret))
        if link is None:
            raise Unauthenticated("link-unknown")
        if link.revoked_at is not None:
            raise Unauthenticated("link-revoked")
        if not link.holds(now):
            raise Unauthenticated("link-expired")
        row = work.participants.get(link.participant)
        if old_secret:
            work.sign_ins.remove(digest_of_secret(old_secret))
        signed_in = SignedIn(digest_of_secret(secret), None, row.id, link.survey, now, now, link.expires_at)
        work.sign_ins.add(signed_in)
    return Actor(row.id, row.name, row.role, link.survey), signed_in
