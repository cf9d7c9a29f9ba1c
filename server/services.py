"""What pages and the API are given: ports and values, no adapter. `wiring.py` fills it, tests fill it with fakes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, cast

from flask import current_app

from inspection.model.upload import Job
from inspection.ports import Authority, ObjectStore, Office, Passwords, Sealer, Signer, StampJudge, UploadStore, Witness
from media.client import ClosedTrack, RoomMessage, RoomState, Ticket
from server.configuration import Configuration


@dataclass(frozen=True, slots=True)
class Answer:
    """What a node answered to a passed-on request."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Nodes(Protocol):
    """The media nodes. Raises `Unavailable("node-away")` while one does not answer."""

    def names(self) -> tuple[str, ...]: ...
    def room(self, node: str, survey: str) -> RoomState: ...
    def tell(self, node: str, survey: str, message: RoomMessage) -> None: ...
    def close_room(self, node: str, survey: str, ended_us: int | None = None) -> list[ClosedTrack]:
        """End the recording. `ended_us`: when the survey ended, if the node was away then."""

    def remove(self, node: str, survey: str, participant: str) -> None: ...
    def spooled(self, node: str, survey: str, digest: str) -> bytes | None: ...
    def health(self, node: str) -> dict[str, object]: ...
    def pass_on(self, node: str, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """A WHIP or WHEP request, as it came. Raises `NotFound` for a node that is not configured."""


class Jobs(Protocol):
    """The worker's queue. Asking twice for the same thing is harmless. Raises `Unavailable("jobs-away")`."""

    def cut_snapshot(self, snapshot: str) -> None: ...
    def write_export(self, export: str) -> None: ...
    def make_paper(self, paper: str) -> None: ...
    def cut_clip(self, clip: str) -> None: ...
    def check_upload(self, upload: str) -> None: ...
    def work_on(self, job: Job) -> None:
        """One of the media jobs; the smaller its priority, the sooner."""


class Tickets(Protocol):
    """Signs tickets with the instance's ticket key."""

    def sign(self, ticket: Ticket) -> str: ...


class Codes(Protocol):
    """A QR code as an SVG element that may stand in a page."""

    def svg(self, text: str) -> str: ...


class Credentials(Protocol):
    """Content Credentials (C2PA) for what leaves as a file: `facts` say from which bytes it was derived."""

    def seal(self, source: Path, target: Path, title: str, facts: dict[str, Any], at: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class Services:
    """One instance of this lives as long as its app."""

    settings: Configuration
    office: Office
    objects: ObjectStore
    uploads: UploadStore
    signer: Signer
    passwords: Passwords
    nodes: Nodes
    jobs: Jobs
    tickets: Tickets
    codes: Codes
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    new_secret: Callable[[], str]  # 32 random bytes, URL-safe: cookies, links
    session_key: bytes  # authenticates form tokens and links
    witnesses: Sequence[Witness] = ()
    authority: Authority | None = None  # None: the time is this instance's own
    stamp_judge: StampJudge | None = None
    sealer: Sealer | None = None
    credentials: Credentials | None = None


def services() -> Services:
    """The services of the app that serves this request."""
    return cast(Services, current_app.extensions["takan"])
