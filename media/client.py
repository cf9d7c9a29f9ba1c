"""What the web role may say to a media node: tickets, paths and the shape of a room's state.

A ticket is `base64url(JSON) "." base64url(Ed25519 signature over the first part)`. The web role signs with the
instance's ticket key; the node holds the public half only, and needs nothing else to judge an offer.
"""

import base64
import binascii
import hmac
import json
from dataclasses import asdict, dataclass, fields
from typing import Literal, TypedDict, get_args

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

Direction = Literal["publish", "view", "control"]

# Public, reached by browsers and encoders through the web role or a proxy:
WHIP_PATH = "/live/{node}/whip/{survey}/{participant}"
WHEP_PATH = "/live/{node}/whep/{survey}/{participant}"
LAYER_PATH = WHEP_PATH + "/{session}/layer"  # POST: which layer of a simulcast the viewer wants
# Internal, reached by the web role alone, with a ticket of direction "control":
ROOM_PATH = "/control/rooms/{survey}"  # DELETE takes `?ended_us=` when the survey ended earlier than now
MESSAGE_PATH = "/control/rooms/{survey}/messages"
REMOVE_PATH = "/control/rooms/{survey}/participants/{participant}"
SPOOLED_PATH = "/control/spool/{digest}"
HEALTH_PATH = "/health"


class BadTicket(Exception):
    """A ticket that is not ours, not whole, or past its time. `code` is stable: `ticket-invalid`, `ticket-expired`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Ticket:
    """This person, this survey, this direction. `participant` is the bearer; a viewer names whom he watches by path."""

    id: str
    node: str
    survey: str
    participant: str
    name: str
    role: str  # "applicant" | "agent" | "inspector" | "viewer" | "service"
    direction: Direction
    epoch_us: int  # the room's epoch: microseconds UTC
    expires_us: int  # microseconds UTC
    sessions: int = 1  # how many sessions it may hold open at once


@dataclass(frozen=True, slots=True)
class IceServers:
    """What clients are told to reach the node by. `fixed`: "stun:host:port" or "turn:host:port|user|password".

    TURN servers that share `secret` with us get credentials that expire by themselves (coturn's `use-auth-secret`,
    draft-uberti-behave-turn-rest-00): the server needs no list of users, and a leaked one is soon worthless.
    """

    fixed: tuple[str, ...] = ()
    relays: tuple[str, ...] = ()  # "turn:host:port?transport=udp", "turns:host:port?transport=tcp"
    secret: str = ""
    seconds: int = 43_200

    def told(self, who: str, now_us: int) -> list[dict[str, str]]:
        """As RTCPeerConnection takes them, for the participant `who`."""
        servers = [_fixed(entry) for entry in self.fixed]
        if self.secret:
            user = f"{now_us // 1_000_000 + self.seconds}:{who}"
            # The REST form is HMAC-SHA1; TURN itself (RFC 8489, 9.2) makes its key of this password.
            proof = base64.b64encode(hmac.digest(self.secret.encode(), user.encode(), "sha1")).decode()
            servers += [{"urls": url, "username": user, "credential": proof} for url in self.relays]
        return servers


def _fixed(entry: str) -> dict[str, str]:
    url, _, rest = entry.partition("|")
    user, _, password = rest.partition("|")
    return {"urls": url} | ({"username": user, "credential": password} if user else {})


def sign_ticket(ticket: Ticket, key: Ed25519PrivateKey) -> str:
    """The ticket's compact form, safe in a header."""
    body = _encode(json.dumps(asdict(ticket), ensure_ascii=False, separators=(",", ":")).encode())
    return f"{body}.{_encode(key.sign(body.encode()))}"


def read_ticket(text: str, key: Ed25519PublicKey, now_us: int) -> Ticket:
    """The ticket that `text` carries. Raises `BadTicket`."""
    body, _, signature = text.partition(".")
    try:
        key.verify(_decode(signature), body.encode())
        values = json.loads(_decode(body))
        ticket = Ticket(**{field.name: values[field.name] for field in fields(Ticket)})
    except (InvalidSignature, ValueError, KeyError, TypeError, binascii.Error) as error:
        raise BadTicket("ticket-invalid") from error
    if ticket.direction not in get_args(Direction):
        raise BadTicket("ticket-invalid")
    if ticket.expires_us <= now_us:
        raise BadTicket("ticket-expired")
    return ticket


class LayerState(TypedDict):
    """One size of a picture that comes in several (simulcast)."""

    rid: str
    width: int
    height: int
    bitrate: int  # bits per second over the last second, 0 while it does not come
    recorded: bool
    viewers: int


class ParticipantState(TypedDict):
    """One participant as the node sees him now."""

    id: str
    name: str
    role: str
    publishing: list[str]  # "audio", "video"
    viewers: int
    bitrate: int  # bits per second received over the last second
    loss: float  # share of the last seconds' packets not there in time, 0 to 1
    since_us: int
    layers: list[LayerState]  # empty for a picture that comes in one size


class RoomState(TypedDict):
    """`GET ROOM_PATH`: an unknown room answers with no participants."""

    survey: str
    participants: list[ParticipantState]
    recording: bool
    recorded_us: int  # of the longest track, microseconds


class ClosedTrack(TypedDict):
    """`DELETE ROOM_PATH` answers `{"tracks": [ClosedTrack]}` once everything is durable and its rows are written."""

    id: str
    segments: int
    end: int  # ticks from the epoch


MESSAGE_KINDS = frozenset(
    ("joined", "left", "publishing", "focus", "snapshot", "finding", "annotation", "concluded", "notice")
)


class RoomMessage(TypedDict, total=False):
    """One message over the data channel `takan`, and the body of `POST MESSAGE_PATH` (`to` empty: everyone)."""

    kind: str  # one of MESSAGE_KINDS
    to: str
    who: str
    name: str
    body: dict[str, object]


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
