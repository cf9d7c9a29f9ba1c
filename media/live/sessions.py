"""Offers become sessions: whose place it is, how many there may be, and what is answered."""

import logging
import secrets
import time
from collections.abc import Callable
from typing import Final, Literal

from aiortc.rtcdtlstransport import RTCCertificate

from media.client import Ticket
from media.live.answer import Answer, Local, SendAs, answer_publisher, answer_viewer, restart_fragment
from media.live.description import BadDescription, Codec, Description
from media.live.dtls import fingerprint
from media.live.participant import Participant
from media.live.peer import SILENCE, Peer, Spawn, Terms, new_credentials
from media.live.problems import Refusal
from media.live.publisher import Publisher
from media.live.room import Room
from media.live.sdp import parse, parse_fragment
from media.live.session import Session
from media.live.settings import Settings
from media.live.switchboard import Switchboard
from media.live.viewer import Viewer
from media.record import Recorder

_HANDSHAKE: Final = 20.0  # seconds from the answer to the keys
_IDLE: Final = 3600.0  # seconds after which a room without sessions is forgotten; the next offer makes it anew
_NO_INTERRUPTION: Final = frozenset(("ended", "node", "replaced"))  # the recorder knows these ends otherwise

log = logging.getLogger(__name__)


class Sessions:
    """All sessions and rooms of a node. Refuses with `Refusal`."""

    def __init__(
        self,
        settings: Settings,
        recorder: Recorder,
        board: Switchboard,
        certificate: RTCCertificate,
        now_us: Callable[[], int],
        spawn: Spawn,
    ) -> None:
        self.rooms: dict[str, Room] = {}
        self.all: dict[str, Session] = {}
        self.closed: dict[str, None] = {}  # surveys that have ended, newest last
        self._settings, self._recorder, self._board = settings, recorder, board
        self._certificate, self._now_us, self._spawn = certificate, now_us, spawn
        self._fingerprint = fingerprint(certificate)

    def publish(self, ticket: Ticket, survey: str, participant: str, text: str) -> tuple[Session, str]:
        """A WHIP offer. Returns the session and the answer's SDP."""
        if ticket.direction != "publish" or ticket.survey != survey or ticket.node != self._settings.name:
            raise Refusal("ticket-wrong-place")
        if ticket.participant != participant:
            raise Refusal("place-taken" if self._publishes(survey, participant) else "ticket-wrong-place")
        offer = self._read(text)
        room = self._room(ticket)
        session = self._new("publish", ticket, room, room.participant(participant), offer)
        before = self._recorded(survey, session.participant)
        answer = self._answered(lambda: answer_publisher(offer, self._local(session), before))
        session.handler = Publisher(
            session.peer,
            answer.agreed,
            session.participant.inlets,
            session.participant.layers,
            self._settings.limits.bit_rate,
            lambda publisher: self._published(session, publisher),
            lambda publisher, reason: self._unpublished(session, publisher, reason),
        )
        for other in [one for one in self.all.values() if one.direction == "publish"]:
            if other.participant is session.participant and not other.connected:
                other.peer.end("replaced")
        self._admit(session, offer, answer)
        return session, answer.text

    def watch(self, ticket: Ticket, survey: str, participant: str, text: str) -> tuple[Session, str]:
        """A WHEP offer: one session carries one participant."""
        if ticket.direction != "view" or ticket.survey != survey or ticket.node != self._settings.name:
            raise Refusal("ticket-wrong-place")
        offer = self._read(text)
        room = self._room(ticket)
        watched = room.participants.get(participant)
        if watched is None or watched.publisher is None:
            raise Refusal("not-publishing")
        if len(watched.viewers) >= self._settings.limits.viewers:
            raise Refusal("node-full")
        if sum(one.ticket.id == ticket.id for one in self.all.values()) >= max(ticket.sessions, 1):
            raise Refusal("tickets-exhausted")
        session = self._new("view", ticket, room, watched, offer)
        published = {kind: one.codec for kind, one in watched.publisher.agreed.items()}
        streams = {kind: _send_as(participant, kind) for kind in ("audio", "video")}
        answer = self._answered(lambda: answer_viewer(offer, self._local(session), published, streams))
        session.handler = Viewer(
            session.peer,
            answer.agreed,
            watched.inlets,
            watched.layers,
            lambda viewer: self._watched(session, viewer),
            lambda viewer, reason: self._unwatched(session, viewer, reason),
        )
        self._admit(session, offer, answer)
        return session, answer.text

    def find(self, session: str, survey: str, participant: str, direction: str, ticket: Ticket) -> Session:
        """The session at this address, for the bearer of a ticket like the one that made it."""
        found = self.all.get(session)
        if found is None or found.direction != direction or found.participant.id != participant:
            raise Refusal("session-unknown")
        if found.room.survey != survey or ticket.survey != survey:
            raise Refusal("session-unknown")
        if ticket.participant != found.ticket.participant or ticket.direction != direction:
            raise Refusal("ticket-wrong-place")
        return found

    def patch(self, session: Session, text: str) -> str | None:
        """A trickle fragment: None when there is nothing to do, the answering fragment for an ICE restart."""
        try:
            named = parse_fragment(text)
        except BadDescription as error:
            raise Refusal("patch-refused") from error
        if named is None or named[0] == session.remote_ufrag:
            return None  # candidates: an ICE-lite agent waits to be found
        session.remote_ufrag = named[0]
        self._board.renew(session.peer, new_credentials())
        session.version += 1
        return restart_fragment(session.offer, self._local(session))

    def sweep(self, now: float) -> None:
        """End the sessions whose peer is silent, or never came."""
        for session in list(self.all.values()):
            if not session.connected and now - session.made > _HANDSHAKE:
                session.peer.end("never connected")
            elif now - session.peer.heard > SILENCE:
                session.peer.end("silent")
        used = {session.room.survey for session in self.all.values()}
        for survey, room in list(self.rooms.items()):
            if survey in used:
                room.used_at = now
            elif now - room.used_at > _IDLE:
                del self.rooms[survey]

    def close_room(self, survey: str) -> None:
        """The survey has ended: its sessions end, and it takes no more offers."""
        self.closed[survey] = None
        if len(self.closed) > 10_000:
            del self.closed[next(iter(self.closed))]
        room = self.rooms.pop(survey, None)
        if room is not None:
            room.end()
        for session in [one for one in self.all.values() if one.room.survey == survey]:
            session.peer.end("ended")

    def remove(self, survey: str, participant: str) -> None:
        """Put a person out of a room: all sessions that he opened."""
        for session in [one for one in self.all.values() if one.room.survey == survey]:
            if session.ticket.participant == participant:
                session.peer.end("removed")

    def _recorded(self, survey: str, participant: Participant) -> dict[str, Codec]:
        """The codecs that a participant's tracks have, also those of before this node was started anew."""
        found = dict(participant.codecs)
        for kind, inlet in participant.inlets.items():
            name = None if kind in found else self._recorder.codec(survey, f"{participant.id}.{kind}")
            if name is not None:
                found[kind] = Codec(0, name, inlet.clock_rate)
        return found

    def _publishes(self, survey: str, participant: str) -> bool:
        room = self.rooms.get(survey)
        person = room.participants.get(participant) if room is not None else None
        return person is not None and person.publisher is not None

    def _read(self, text: str) -> Description:
        try:
            return parse(text)
        except BadDescription as error:
            raise Refusal(error.code) from error

    def _answered(self, answer: Callable[[], Answer]) -> Answer:
        try:
            return answer()
        except BadDescription as error:
            raise Refusal(error.code) from error

    def _room(self, ticket: Ticket) -> Room:
        if ticket.survey in self.closed:
            raise Refusal("survey-ended")
        room = self.rooms.get(ticket.survey)
        if room is not None and room.ended:
            raise Refusal("survey-ended")
        if room is None:
            if len(self.rooms) >= self._settings.limits.rooms:
                raise Refusal("node-full")
            if not self._recorder.accepting():
                raise Refusal("disk-low")
            room = Room(
                ticket.survey, ticket.epoch_us, self._settings.name, self._recorder, self._board.dirty, self._now_us
            )
            if ticket.direction == "publish":  # a viewer's offer alone opens nothing
                self.rooms[ticket.survey] = room
        return room

    def _new(
        self,
        direction: Literal["publish", "view"],
        ticket: Ticket,
        room: Room,
        participant: Participant,
        offer: Description,
    ) -> Session:
        if len(self.all) >= self._settings.limits.sessions:
            raise Refusal("node-full")
        now = time.monotonic()
        peer = Peer(self._certificate, new_credentials(), now, self._spawn)
        ufrag, candidates = offer.transport.ufrag, self._candidates()
        identifier = secrets.token_hex(12)
        return Session(identifier, direction, ticket, room, participant, peer, offer, ufrag, candidates, now)

    def _local(self, session: Session) -> Local:
        ufrag, password = session.peer.credentials
        return Local(ufrag, password, self._fingerprint, session.candidates, secrets.randbits(61), session.version)

    def _candidates(self) -> tuple[tuple[str, int], ...]:
        port = self._board.ports[0].port
        return tuple((ip, port) for ip in self._settings.announced or self._settings.bind)

    def _admit(self, session: Session, offer: Description, answer: Answer) -> None:
        handler = session.handler
        if handler is None:
            return
        channel = answer.channel
        terms = Terms(
            "client" if answer.setup == "active" else "server",
            offer.transport.fingerprints,
            channel.sctp_port if channel else 0,
            channel.max_message_size if channel else 65536,
        )
        session.peer.agree(terms, handler)
        self._board.admit(session.peer, handler)
        self.all[session.id] = session

    def _published(self, session: Session, publisher: Publisher) -> None:
        session.connected = True
        session.room.publish(session.participant, publisher)
        self._arrived(session)

    def _unpublished(self, session: Session, publisher: Publisher, reason: str) -> None:
        session.room.unpublish(session.participant, publisher, "" if reason in _NO_INTERRUPTION else "disconnected")
        self._departed(session, reason)

    def _watched(self, session: Session, viewer: Viewer) -> None:
        session.connected = True
        session.room.watch(session.participant, viewer)
        self._arrived(session)

    def _unwatched(self, session: Session, viewer: Viewer, reason: str) -> None:
        session.room.unwatch(session.participant, viewer)
        self._departed(session, reason)

    def _arrived(self, session: Session) -> None:
        ticket = session.ticket
        session.room.arrive(ticket.participant, ticket.name, ticket.role, session.peer)
        log.info("session connected", extra=session.facts())

    def _departed(self, session: Session, reason: str) -> None:
        log.info("session over: %s", reason, extra=session.facts())
        self.all.pop(session.id, None)
        session.room.depart(session.ticket.participant, session.peer)


def _send_as(participant: str, kind: str) -> SendAs:
    return SendAs(
        1 + secrets.randbelow(0xFFFFFFFE), 1 + secrets.randbelow(0xFFFFFFFE), participant, f"{participant}.{kind}"
    )
