"""Open a survey's room on a media node; and again on another when that node is gone."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from inspection.model.errors import Conflict, Unavailable
from inspection.model.event import Event
from inspection.model.ledger import microseconds
from inspection.model.people import Actor
from inspection.model.survey import Room, Survey, SurveyState, move
from inspection.ports import Office, Signer, Work
from inspection.services.access import Doing, on_survey
from inspection.services.custody import enter
from inspection.services.participants import require_inspectors


def open_room(
    office: Office, signer: Signer, actor: Actor, survey: str, nodes: Sequence[str], now: datetime
) -> tuple[Survey, Room]:
    """The survey, live, and its room. `nodes` are the names of those that answer now.

    A room that is open stays where it is while its node answers; on another node it keeps its epoch, so that what was
    recorded lies on the same clock. Raises `Unavailable("no-node")`, `WrongMoment`,
    `WrongMoment("second-inspector-needed")` before as many inspectors are named as the survey asks for.
    """
    with office.write() as work:
        place = on_survey(work, actor, survey, Doing.OPEN)
        state = move(place.survey.state, "open")
        require_inspectors(work, place.survey)
        if not nodes:
            raise Unavailable("no-node")
        before = work.rooms.get(survey)
        room = before or Room(survey, "", now)
        if room.node not in nodes:
            room = replace(room, node=_emptiest(work, nodes))
        if room == before:
            return place.survey, room
        work.rooms.put(room)
        opened = place.survey
        if place.survey.state is SurveyState.BOOKED:
            opened = replace(opened, state=state, opened_at=now)
            if not work.surveys.move(survey, SurveyState.BOOKED.value, opened):
                raise Conflict("survey-moved")
        body = {"epoch_us": microseconds(room.epoch), "node": room.node, "survey": survey}
        enter(work, signer, place.case.id, Event.SURVEY_OPENED, actor, now, body)
    return opened, room


def _emptiest(work: Work, nodes: Sequence[str]) -> str:
    return min(nodes, key=lambda node: len(work.rooms.open_on(node)))
