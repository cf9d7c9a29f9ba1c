"""Give the applicant a way in: one link, to one survey, for a while."""

from datetime import datetime, timedelta

from inspection.model.errors import WrongMoment
from inspection.model.event import Event
from inspection.model.ledger import microseconds
from inspection.model.people import Actor, Link
from inspection.model.survey import ENDED
from inspection.model.text import known
from inspection.ports import NewId, Office, Signer
from inspection.services.access import Doing, on_survey
from inspection.services.custody import enter
from inspection.services.participants import applicant_row
from inspection.services.who_is import digest_of_secret

LASTS = timedelta(hours=24)  # after the appointment, or from now when that is over


def make_link(
    office: Office,
    signer: Signer,
    actor: Actor,
    survey: str,
    link_id: str,
    secret: str,
    now: datetime,
    new_id: NewId,
) -> Link:
    """A new link; the applicant's old ones, and the browsers they let in, are shut.

    `secret` is what stands in the address. The caller may draw it from `link_id` and a key of its own, so that it can
    show the address again; only its SHA-256 is kept here.
    """
    with office.write() as work:
        place = on_survey(work, actor, survey, Doing.LINK)
        if place.survey.state in ENDED:
            raise WrongMoment("survey-ended")
        row = applicant_row(work, signer, actor, place.survey, place.case, now, new_id)
        expires = max(place.survey.at, now) + LASTS
        link = Link(link_id, digest_of_secret(secret), survey, row.id, actor.id, now, expires)
        work.links.revoke(row.id, now)
        work.sign_ins.remove_participant(row.id)
        work.links.add(link)
        body = {"expires_us": microseconds(expires), "participant": row.id, "survey": survey}
        enter(work, signer, place.case.id, Event.LINK_MADE, actor, now, body)
    return link


def current_link(office: Office, actor: Actor, survey: str, now: datetime) -> Link | None:
    """The applicant's link that still holds."""
    with office.read() as work:
        on_survey(work, actor, known(survey, "survey-unknown"), Doing.LINK)
        return next((link for link in work.links.of_survey(survey) if link.holds(now)), None)
