"""One WHIP or WHEP session: whose it is, where it belongs, and what its address answers."""

import secrets
from dataclasses import dataclass, field
from typing import Literal

from media.client import Ticket
from media.live.description import Description
from media.live.participant import Participant
from media.live.peer import Peer
from media.live.publisher import Publisher
from media.live.room import Room
from media.live.viewer import Viewer


@dataclass(slots=True)
class Session:
    """One WHIP or WHEP session, by its address's last part."""

    id: str
    direction: Literal["publish", "view"]
    ticket: Ticket
    room: Room
    participant: Participant  # whose place it is: who publishes, or who is watched
    peer: Peer
    offer: Description
    remote_ufrag: str
    candidates: tuple[tuple[str, int], ...]
    made: float
    version: int = 1
    handler: Publisher | Viewer | None = None
    connected: bool = False
    tags: str = field(default_factory=lambda: secrets.token_hex(6))

    @property
    def etag(self) -> str:
        """Strong and unique for each set of ICE credentials (RFC 9725, 4.3.1)."""
        return f'"{self.tags}-{self.version}"'

    def facts(self) -> dict[str, str | int]:
        """What a log line about the session carries, its counts of packets so far among it."""
        facts: dict[str, str | int] = {
            "survey": self.room.survey,
            "participant": self.participant.id,
            "session": self.id,
            "direction": self.direction,
            "damaged": self.peer.damaged,
        }
        if isinstance(self.handler, Viewer):
            outlets = self.handler.outlets
            facts["sent"] = sum(outlet.packets for outlet in outlets)
            facts["resent"] = sum(outlet.resent for outlet in outlets)
            facts["dropped"] = sum(outlet.dropped for outlet in outlets)
        return facts
