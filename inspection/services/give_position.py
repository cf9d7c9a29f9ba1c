"""Keep where a participant's device says it is, or that he would not tell."""

import math
from datetime import datetime

from inspection.model.documents import position_document
from inspection.model.errors import Invalid, WrongMoment
from inspection.model.event import Event
from inspection.model.participant import Position
from inspection.model.people import Actor
from inspection.model.survey import ENDED
from inspection.model.text import line
from inspection.ports import Office, Signer
from inspection.services.access import Doing, case_of, on_survey, own_row
from inspection.services.custody import enter

ACCURACY_WORST = 1_000_000.0  # metres: beyond it the device knows nothing
SOURCE_LENGTH = 40


def give_position(
    office: Office,
    signer: Signer,
    actor: Actor,
    survey: str,
    latitude: float,
    longitude: float,
    accuracy: float,
    source: str,
    now: datetime,
) -> Position:
    """WGS-84 degrees, accuracy in metres. Raises `Invalid("position-range")`, `WrongMoment`."""
    point(latitude, longitude)
    if not (math.isfinite(accuracy) and 0 <= accuracy <= ACCURACY_WORST):
        raise Invalid("position-range", field="accuracy")
    source = line(source, "source", SOURCE_LENGTH)
    return _keep(office, signer, actor, survey, now, (latitude, longitude, accuracy, source))


def refuse_position(office: Office, signer: Signer, actor: Actor, survey: str, now: datetime) -> Position:
    """He would not tell, or the device could not: that is a fact too."""
    return _keep(office, signer, actor, survey, now, None)


def point(latitude: float, longitude: float) -> None:
    """Raises `Invalid("position-range")` for what is no place on earth."""
    if not (math.isfinite(latitude) and -90 <= latitude <= 90):
        raise Invalid("position-range", field="latitude")
    if not (math.isfinite(longitude) and -180 <= longitude <= 180):
        raise Invalid("position-range", field="longitude")


def _keep(
    office: Office,
    signer: Signer,
    actor: Actor,
    survey: str,
    now: datetime,
    told: tuple[float, float, float, str] | None,
) -> Position:
    with office.write(case_of(office, survey)) as work:
        place = on_survey(work, actor, survey, Doing.CONSENT)
        row = own_row(place)
        if place.survey.state in ENDED:
            raise WrongMoment("survey-ended")
        position = Position(row.id, survey, now, True) if told is None else Position(row.id, survey, now, False, *told)
        work.participants.add_position(position)
        event = Event.POSITION_REFUSED if told is None else Event.POSITION_TOLD
        enter(work, signer, place.case.id, event, actor, now, position_document(position))
    return position
