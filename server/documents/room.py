"""The live side of a survey."""

from typing import Literal, TypedDict

from server.documents.values import Moment


class Link(TypedDict):
    url: str
    expires_at: Moment | None


class Joined(TypedDict):
    participant: str


class Invited(Joined):
    name: str


class Focus(TypedDict):
    focus: str | None


class Whereabouts(TypedDict, total=False):
    """Told to staff: `accuracy` and `away`, the distance from the site, in metres."""

    position: Literal["given", "refused"]
    accuracy: int | None
    away: int | None


class RoomLayer(TypedDict):
    """One size of a picture that comes in several; `bitrate` in bits a second, 0 while it does not come."""

    rid: str
    width: int
    height: int
    bitrate: int
    recorded: bool
    viewers: int


class RoomParticipant(Whereabouts):
    """`here`: his page asked lately, or he is streaming; `bitrate` in bits a second, `loss` from 0 to 1. `layers`:
    empty for a picture that comes in one size."""

    id: str
    name: str
    role: str
    here: bool
    consented: bool
    publishing: list[str]
    viewers: int
    bitrate: int
    loss: float
    since_us: int | None
    layers: list[RoomLayer]
    battery: int | None


class Room(TypedDict):
    state: str
    outcome: str | None
    node: str | None
    node_here: bool
    me: str | None
    participants: list[RoomParticipant]
    focus: str | None
    clock_us: int
    recording: bool
    recorded_us: int
    began_us: int | None
    epoch_us: int | None
    open: bool


class Ticket(TypedDict):
    """`url`: where the offer goes (WHIP or WHEP), `token` its bearer; `ice_servers` as RTCPeerConnection takes them."""

    url: str
    token: str
    expires_us: int
    ice_servers: list[dict[str, str]]


class Consent(TypedDict):
    agreed: bool
    version: str
    at: Moment | None


class Position(TypedDict):
    refused: bool
    at: Moment | None


class Device(TypedDict):
    facts: dict[str, str]
