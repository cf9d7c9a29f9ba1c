"""One participant of a room: his tracks, which outlive his sessions, and who is publishing into them now."""

from collections.abc import Callable
from typing import Final

from media.live.description import Codec
from media.live.inlet import Inlet, Recording
from media.live.publisher import Publisher
from media.live.viewer import Viewer

QUIET_US: Final = 4_000_000  # without a packet for so long a track counts as interrupted


class Participant:
    """Somebody who is here or was. `sessions` counts his connected sessions, publishing or viewing."""

    def __init__(
        self,
        identifier: str,
        dirty: list[Inlet],
        begin_recording: Callable[[str], Recording | None],
    ) -> None:
        self.id = identifier
        self.name = ""
        self.role = ""
        self.since_us = 0
        self.sessions = 0
        self.inlets = {
            kind: Inlet(kind, dirty, lambda kind=kind: begin_recording(kind))  # type: ignore[misc]
            for kind in ("audio", "video")
        }
        self.publisher: Publisher | None = None
        self.codecs: dict[str, Codec] = {}  # by kind, what he published last: his return goes on with the same
        self.viewers: list[Viewer] = []
        self.told: list[str] = []  # what the others were told that he publishes

    def publishing(self, now_us: int) -> list[str]:
        """The kinds that are coming in: of a session, and heard within the last seconds."""
        return [
            kind
            for kind, inlet in self.inlets.items()
            if inlet.source is not None and now_us - inlet.source.arrival_us < QUIET_US
        ]

    def take_over(self, publisher: Publisher) -> None:
        """A session is connected: it fills the tracks from now on, whoever did before."""
        before, self.publisher = self.publisher, publisher
        publisher.active = True
        if before is not None:
            before.active = False
            before.peer.end("replaced")
        for kind, inlet in self.inlets.items():
            agreed = publisher.agreed.get(kind)
            if agreed is not None:
                self.codecs[kind] = agreed.codec
                if kind == "video":
                    inlet.coded(agreed.codec.name.upper())
            elif inlet.source is not None:
                inlet.interrupt("muted")

    def lose(self, publisher: Publisher, reason: str) -> None:
        """A session is over; when it was the publishing one, the tracks wait for his return."""
        publisher.active = False
        if self.publisher is not publisher:
            return
        self.publisher = None
        for inlet in self.inlets.values():
            if inlet.source is not None:
                inlet.interrupt(reason)
