"""The live side of a survey: who is here, tickets for the media node, what to show now, the end."""

import logging
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint

from inspection.model.errors import Refusal
from inspection.model.ledger import microseconds
from inspection.model.participant import Participant
from inspection.model.survey import Outcome, Room, Survey, SurveyState
from inspection.services.conclude import conclude, may_conclude
from inspection.services.focus import focus
from inspection.services.issue_ticket import Claims, issue_ticket
from inspection.services.participants import seen
from inspection.services.read_survey import RoomView, room_view
from media.client import WHEP_PATH, WHIP_PATH, LayerState, ParticipantState, RoomMessage, RoomState, Ticket
from server import documents, shapes, visitors
from server.distance import away_from
from server.operation import operation
from server.schema import identifier, text, word
from server.services import Services, services

blueprint = Blueprint("api-room", __name__, url_prefix="/api/v1/surveys/<survey>")
log = logging.getLogger("takan.web")


@blueprint.get("/room")
@operation()
def room(survey: str) -> documents.Room:
    """Who is here, what is streamed and recorded now."""
    given, actor, now = services(), visitors.actor(), services().now()
    view = room_view(given.office, actor, survey, now)
    seen(given.office, actor, survey, now)
    places = _places(given, view) if actor.survey is None else {}
    return _state(view, _streamed(given, view.room), places, now)


@blueprint.post("/tickets")
@operation({"direction": word(("publish", "view")), "participant": identifier()}, status=201)
def ticket(survey: str, sent: dict[str, Any]) -> documents.Ticket:
    """A short-lived ticket: publish one's own picture, or view a participant's."""
    given, actor = services(), visitors.actor()
    claims = issue_ticket(
        given.office,
        actor,
        survey,
        sent["direction"],
        sent["participant"],
        given.now(),
        given.new_id,
        timedelta(minutes=given.settings.tickets.minutes),
        given.settings.tickets.sessions,
    )
    servers = given.settings.ice_servers().told(claims.participant, microseconds(given.now()))
    return {
        "url": place_of(claims),
        "token": signed(given, claims),
        "expires_us": claims.expires_us,
        "ice_servers": servers,
    }


@blueprint.post("/focus")
@operation({"check": text(64, needed=False)})
def focused(survey: str, sent: dict[str, Any]) -> documents.Focus:
    """Ask the applicant to show a check now, or none."""
    given = services()
    found = focus(given.office, visitors.actor(), survey, sent["check"] or None, given.now())
    tell(survey, "focus", check=found.focus)
    return {"focus": found.focus}


@blueprint.post("/conclude")
@operation({"outcome": word(Outcome), "note": text(4000, needed=False, empty=True)})
def concluded(survey: str, sent: dict[str, Any]) -> documents.Survey:
    """End the survey with its outcome: its recordings become evidence."""
    return shapes.survey(end(survey, sent["outcome"], sent["note"]))


@blueprint.post("/cancel")
@operation({"note": text(4000)})
def cancelled(survey: str, sent: dict[str, Any]) -> documents.Survey:
    """End the survey without an outcome, with the reason."""
    return shapes.survey(end(survey, "cancelled", sent["note"]))


def end(survey: str, outcome: str, note: str) -> Survey:
    """Close the room on its node, then end the survey in one transaction. With the node away the survey ends all the
    same, and the sweep makes evidence of its recordings once the node has confirmed them."""
    given, actor = services(), visitors.actor()
    open_room = may_conclude(given.office, actor, survey, outcome, note)
    closed = True
    if open_room is not None:
        tell(survey, "concluded", outcome=outcome)
        try:
            given.nodes.close_room(open_room.node, survey)
        except Refusal:
            log.warning("the node is away: recordings become evidence later")
            closed = False
    return conclude(
        given.office,
        given.objects,
        given.signer,
        actor,
        survey,
        outcome,
        note,
        closed,
        given.now(),
        given.new_id,
    )


def tell(survey: str, kind: str, **facts: object) -> None:
    """A message to everyone in the room; the room's state by HTTP says the same, so a lost one harms nothing."""
    given, actor = services(), visitors.actor()
    with given.office.read() as work:
        place = work.rooms.get(survey)
    if place is None or place.closed:
        return
    message: RoomMessage = {"kind": kind, "to": "", "who": actor.id, "name": actor.name, "body": facts}
    try:
        given.nodes.tell(place.node, survey, message)
    except Refusal:
        log.warning("the node did not take a message")


def signed(given: Services, claims: Claims) -> str:
    return given.tickets.sign(
        Ticket(
            id=claims.id,
            node=claims.node,
            survey=claims.survey,
            participant=claims.participant,
            name=claims.name,
            role=claims.role,
            direction=claims.direction,
            epoch_us=claims.epoch_us,
            expires_us=claims.expires_us,
            sessions=claims.sessions,
        )
    )


def place_of(claims: Claims) -> str:
    """The path of the offer, at this site's origin."""
    path = WHIP_PATH if claims.direction == "publish" else WHEP_PATH
    return path.format(node=claims.node, survey=claims.survey, participant=claims.watched)


def _streamed(given: Services, place: Room | None) -> RoomState | None:
    """What the node receives now; None while it is away or nothing is open."""
    if place is None or place.closed:
        return None
    try:
        return given.nodes.room(place.node, place.survey)
    except Refusal:
        return None


def _places(given: Services, view: RoomView) -> dict[str, documents.Whereabouts]:
    """What each participant told of where he is, and how far that is from the site: for staff."""
    with given.office.read() as work:
        site = work.cases.get(view.survey.case).site
        told = {one.participant: one for one in work.participants.positions(view.survey.id)}
    return {
        id: {
            "position": "refused" if one.refused else "given",
            "accuracy": None if one.accuracy is None else round(one.accuracy),
            "away": away_from(site, one),
        }
        for id, one in told.items()
    }


def _state(
    view: RoomView, streamed: RoomState | None, places: dict[str, documents.Whereabouts], now: datetime
) -> documents.Room:
    live = {one["id"]: one for one in streamed["participants"]} if streamed else {}
    survey = view.survey
    return {
        "state": survey.state.value,
        "outcome": survey.outcome.value if survey.outcome else None,
        "node": view.room.node if view.room else None,
        "node_here": streamed is not None,
        "me": view.mine.id if view.mine else None,
        "participants": [
            _participant(row, here, row.id in view.consented, live.get(row.id), places.get(row.id, {}))
            for row, here in view.participants
        ],
        "focus": survey.focus,
        "clock_us": microseconds(now),
        "recording": bool(streamed and streamed["recording"]),
        "recorded_us": streamed["recorded_us"] if streamed else 0,
        "began_us": microseconds(survey.opened_at) if survey.opened_at else None,
        "epoch_us": microseconds(view.room.epoch) if view.room else None,
        "open": survey.state is SurveyState.LIVE,
    }


def _participant(
    row: Participant, here: bool, consented: bool, live: ParticipantState | None, place: documents.Whereabouts
) -> documents.RoomParticipant:
    """`here`: his page asked lately, or he is streaming."""
    return {
        "id": row.id,
        "name": row.name,
        "role": row.role.value,
        "here": here or live is not None,
        "consented": consented,
        "publishing": live["publishing"] if live else [],
        "viewers": live["viewers"] if live else 0,
        "bitrate": live["bitrate"] if live else 0,
        "loss": live["loss"] if live else 0.0,
        "since_us": live["since_us"] if live else None,
        "layers": [_layer(one) for one in live["layers"]] if live else [],
        "battery": _percent(row.device.get("battery")),
        **place,
    }


def _layer(one: LayerState) -> documents.RoomLayer:
    return {
        "rid": one["rid"],
        "width": one["width"],
        "height": one["height"],
        "bitrate": one["bitrate"],
        "recorded": one["recorded"],
        "viewers": one["viewers"],
    }


def _percent(stated: str | None) -> int | None:
    """The device's battery as its page told it; it is the page's word, so anything else is nothing."""
    return int(stated) if stated and stated.isascii() and stated.isdigit() and int(stated) <= 100 else None
