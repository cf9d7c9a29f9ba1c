"""One participant of a room: his tracks, which outlive his sessions, and who is publishing into them now."""

from collections.abc import Callable
from typing import Final

from media.live.description import Codec
from media.live.inlet import Inlet, Recording
from media.live.layers import Layers
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
        self.layers = Layers(dirty, lambda: begin_recording("video"))
        self.inlets = {
            "audio": Inlet("audio", dirty, lambda: begin_recording("audio")),
            "video": self.layers.all[0].inlet,
        }
        self.publisher: Publisher | None = None
        self.codecs: dict[str, Codec] = {}  # by kind, what he published last: his return goes on with the same
        self.viewers: list[Viewer] = []
        self.told: list[str] = []  # what the others were told that he publishes

    def publishing(self, now_us: int) -> list[str]:
        """The kinds that are coming in: of a session, and heard within the last seconds."""
        source = self.inlets["audio"].source
        heard = {
            "audio": source.arrival_us if source is not None else 0,
            "video": max(layer.heard_us for layer in self.layers.all),
        }
        return [kind for kind, at_us in heard.items() if now_us - at_us < QUIET_US]

    def recorded(self, kind: str) -> Inlet:
        """The inlet that is recorded: of several layers one."""
        return self.layers.recorded.inlet if kind == "video" else self.inlets[kind]

    def incoming(self) -> list[Inlet]:
        """All inlets, those of the layers among them."""
        return [self.inlets["audio"], *(layer.inlet for layer in self.layers.all)]

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
                    self.layers.agree(agreed.layers, agreed.codec.name.upper())
            else:
                for one in self.incoming() if kind == "video" else [inlet]:
                    if one.kind == kind and one.source is not None:
                        one.interrupt("muted")

    def lose(self, publisher: Publisher, reason: str) -> None:
        """A session is over; when it was the publishing one, the tracks wait for his return."""
        publisher.active = False
        if self.publisher is not publisher:
            return
        self.publisher = None
        for inlet in self.incoming():
            if inlet.source is not None:
                inlet.interrupt(reason)
