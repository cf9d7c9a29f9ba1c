"""Ask before anything is recorded, and keep the answer."""

from dataclasses import replace
from datetime import datetime

from inspection.model.documents import consent_document
from inspection.model.errors import Invalid, NotFound, WrongMoment
from inspection.model.event import Event
from inspection.model.participant import CONSENT_VERSIONS, Consent
from inspection.model.people import Actor
from inspection.model.survey import ENDED
from inspection.model.text import line
from inspection.ports import Office, Signer, Work
from inspection.services.access import Doing, Place, case_of, on_survey, own_row
from inspection.services.custody import enter

LANGUAGES = frozenset({"zh-CN", "en"})


def give_consent(
    office: Office,
    signer: Signer,
    actor: Actor,
    survey: str,
    name: str,
    version: str,
    language: str,
    agreed: bool,
    now: datetime,
) -> Consent:
    """The participant's own answer, a refusal too; he may answer again. Raises `Invalid`, `WrongMoment`."""
    with office.write(case_of(office, survey)) as work:
        place = on_survey(work, actor, survey, Doing.CONSENT)
        row = own_row(place)
        consent = Consent(row.id, survey, line(name, "name"), version, language, agreed, now)
        return _keep(work, signer, actor, place, consent)


def state_consent(
    office: Office,
    signer: Signer,
    actor: Actor,
    survey: str,
    participant: str,
    version: str,
    language: str,
    now: datetime,
) -> Consent:
    """The lead inspector vouches that a participant who has no page (an encoder, a script) agreed."""
    with office.write(case_of(office, survey)) as work:
        place = on_survey(work, actor, survey, Doing.STATE_CONSENT)
        for row in work.participants.of_survey(survey):
            if row.id == participant and row.person is None:
                consent = Consent(row.id, survey, row.name, version, language, True, now, stated_by=actor.id)
                return _keep(work, signer, actor, place, consent)
    raise NotFound("participant-unknown")


def has_consented(work: Work, participant: str) -> bool:
    answer = work.participants.consent(participant)
    return answer is not None and answer.agreed


def _keep(work: Work, signer: Signer, actor: Actor, place: Place, consent: Consent) -> Consent:
    if consent.version not in CONSENT_VERSIONS:
        raise Invalid("consent-version-unknown", field="version")
    if consent.language not in LANGUAGES:
        raise Invalid("language-unknown", field="language")
    if place.survey.state in ENDED:
        raise WrongMoment("survey-ended")
    work.participants.add_consent(consent)
    work.participants.put(replace(work.participants.get(consent.participant), name=consent.name))
    event = Event.CONSENT_GIVEN if consent.agreed else Event.CONSENT_REFUSED
    enter(work, signer, place.case.id, event, actor, consent.at, consent_document(consent))
    return consent
