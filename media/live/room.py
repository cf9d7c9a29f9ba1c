"""A room: the participants of one survey, their messages, and what the web role is told about them."""

import asyncio
import json
import logging
import time
from base64 import b64decode
from collections.abc import Callable

from media.client import ParticipantState, RoomMessage, RoomState
from media.live.inlet import Inlet, Recording
from media.live.participant import Participant
from media.live.peer import Peer
from media.live.publisher import Publisher
from media.live.viewer import Viewer
from media.ports import Track
from media.record import Recorder, SurveyEnded

log = logging.getLogger(__name__)


class Room:
    """Lives from the first offer until the survey is closed. Everything here runs on the node's event loop."""

    def __init__(
        self, survey: str, epoch_us: int, node: str, recorder: Recorder, dirty: list[Inlet], now_us: Callable[[], int]
    ) -> None:
        self.survey = survey
        self.epoch_us = epoch_us
        self.participants: dict[str, Participant] = {}
        self.ended = False
        self.used_at = time.monotonic()  # when it had a session last
        self._node = node
        self._recorder = recorder
        self._dirty = dirty
        self._now_us = now_us
        self._listeners: dict[Peer, str] = {}  # connected peers and who they are

    def participant(self, identifier: str) -> Participant:
        """The participant with this id, made when he is new."""
        known = self.participants.get(identifier)
        if known is None:
            known = Participant(identifier, self._dirty, lambda kind: self._begin_recording(identifier, kind))
            self.participants[identifier] = known
        return known

    def arrive(self, identifier: str, name: str, role: str, peer: Peer) -> None:
        """A session of this person is connected."""
        person = self.participant(identifier)
        person.name, person.role = name, role
        person.sessions += 1
        self._listeners[peer] = identifier
        if person.sessions == 1:
            person.since_us = self._now_us()
            self.tell({"kind": "joined", "who": identifier, "name": name, "body": {"role": role}})

    def depart(self, identifier: str, peer: Peer) -> None:
        """A connected session of this person is over."""
        if self._listeners.pop(peer, None) is None:
            return
        person = self.participants[identifier]
        person.sessions -= 1
        if not person.sessions:
            self.tell({"kind": "left", "who": identifier, "name": person.name, "body": {}})

    def publish(self, participant: Participant, publisher: Publisher) -> None:
        """A publishing session is connected."""
        participant.take_over(publisher)

    def unpublish(self, participant: Participant, publisher: Publisher, reason: str) -> None:
        """A publishing session is over."""
        participant.lose(publisher, reason)
        self.notice_publishing()

    def watch(self, participant: Participant, viewer: Viewer) -> None:
        """A viewing session is connected."""
        participant.viewers.append(viewer)

    def unwatch(self, participant: Participant, viewer: Viewer) -> None:
        """A viewing session is over."""
        if viewer in participant.viewers:
            participant.viewers.remove(viewer)

    def tell(self, message: RoomMessage) -> None:
        """Send a message to everyone connected, or to the one it names in `to`."""
        to = message.get("to", "")
        text = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
        for peer, identifier in self._listeners.items():
            if peer.channel is not None and (not to or to == identifier):
                peer.channel.send(text)

    def notice_publishing(self) -> None:
        """Tell the others when somebody's tracks have come or gone; called a few times a second."""
        for person in self.participants.values():
            publishing = person.publishing(self._now_us())
            if publishing != person.told:
                person.told = publishing
                body: dict[str, object] = {"kinds": publishing}
                self.tell({"kind": "publishing", "who": person.id, "name": person.name, "body": body})

    def state(self) -> RoomState:
        """Who is here, and what is recorded."""
        now_us = self._now_us()
        figures = self._recorder.tracks(self.survey)
        lengths = [(one.end - one.start) * 1_000_000 // one.track.timescale for one in figures]
        return {
            "survey": self.survey,
            "participants": [_state(one, now_us) for one in self.participants.values() if one.sessions],
            "recording": any(one.publishing(now_us) for one in self.participants.values()),
            "recorded_us": max(lengths, default=0),
        }

    def end(self) -> list[Peer]:
        """The survey is over: no more tracks; the connected peers are returned to be ended."""
        self.ended = True
        return list(self._listeners)

    def _begin_recording(self, identifier: str, kind: str) -> Recording | None:
        track = Track(
            id=f"{identifier}.{kind}",
            survey=self.survey,
            participant=identifier,
            kind=kind,
            codec=self._codec(identifier, kind),
            timescale=90000 if kind == "video" else 48000,
            epoch_us=self.epoch_us,
            node=self._node,
        )
        try:
            return None if self.ended else self._recorder.begin(track, self._parameter_sets(identifier, kind))
        except SurveyEnded:
            log.warning("media after the end of the survey", extra={"survey": self.survey})
            for peer in self.end():
                asyncio.get_running_loop().call_soon(peer.end, "ended")
            return None

    def _codec(self, identifier: str, kind: str) -> str:
        """The codec's name as the recorder knows it."""
        agreed = self.participants[identifier].codecs.get(kind)
        return "opus" if kind == "audio" else agreed.name.upper() if agreed is not None else "H264"

    def _parameter_sets(self, identifier: str, kind: str) -> list[bytes]:
        """SPS and PPS of the offer's `sprop-parameter-sets`; nothing when there are none or they are malformed."""
        publisher = self.participants[identifier].publisher
        agreed = publisher.agreed.get(kind) if publisher is not None else None
        text = agreed.codec.parameters.get("sprop-parameter-sets", "") if agreed is not None else ""
        try:
            return [b64decode(part, validate=True) for part in text.split(",") if part]
        except ValueError:
            return []


def _state(person: Participant, now_us: int) -> ParticipantState:
    publisher = person.publisher
    return {
        "id": person.id,
        "name": person.name,
        "role": person.role,
        "publishing": person.publishing(now_us),
        "viewers": len(person.viewers),
        "bitrate": publisher.bit_rate if publisher else 0,
        "loss": publisher.loss if publisher else 0.0,
        "since_us": person.since_us,
        "layers": person.layers.states(),
    }
