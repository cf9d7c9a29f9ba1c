"""A real node on loopback with a real recorder and spool, and tickets for it."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from aiohttp import ClientSession
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from media.client import WHEP_PATH, WHIP_PATH, Ticket, sign_ticket
from media.live.node import Node
from media.live.settings import Settings
from media.ports import Gap, InitSegment, Reception, Segment, Spool, Track
from media.record import Recorder
from storage.spool import FolderSpool


class Shelf:
    """Keeps what the recorder writes, in memory: index and object store in one."""

    def __init__(self) -> None:
        self.tracks: dict[str, Track] = {}
        self.inits: dict[str, InitSegment] = {}
        self.segments: dict[str, Segment] = {}
        self.gaps: list[Gap] = []
        self.receptions: dict[str, Reception] = {}
        self.objects: dict[str, bytes] = {}

    def add_track(self, track: Track) -> None:
        self.tracks[track.id] = track

    def add_init(self, init: InitSegment) -> None:
        self.inits[init.digest] = init

    def add_segment(self, segment: Segment) -> None:
        self.segments[segment.digest] = segment

    def mark_stored(self, digest: str) -> None: ...

    def add_gap(self, gap: Gap) -> None:
        if gap not in self.gaps:
            self.gaps.append(gap)

    def put_reception(self, reception: Reception) -> None:
        self.receptions[reception.track] = reception

    def put(self, digest: str, source: BinaryIO, size: int) -> None:
        self.objects[digest] = source.read()

    def confirm(self, digest: str, size: int) -> bool:
        return len(self.objects.get(digest, b"")) == size

    def read(self, digest: str) -> BinaryIO:
        return BytesIO(self.objects[digest])


class House:
    """A running node, its shelf, and the key that tickets are signed with."""

    def __init__(self, node: Node, recorder: Recorder, shelf: Shelf, key: Ed25519PrivateKey) -> None:
        self.node, self.recorder, self.shelf, self._key = node, recorder, shelf, key
        self.base = f"http://127.0.0.1:{node.http_port}"

    def ticket(self, **changes: Any) -> str:
        """The applicant's publishing ticket, but for what is changed."""
        now = time.time_ns() // 1000
        ticket = Ticket(
            id="t1",
            node="n1",
            survey="s1",
            participant="p1",
            name="Applicant",
            role="applicant",
            direction="publish",
            epoch_us=now,
            expires_us=now + 600_000_000,
        )
        return sign_ticket(replace(ticket, **changes), self._key)

    def view_ticket(self, **changes: Any) -> str:
        """An inspector's viewing ticket."""
        values: dict[str, Any] = {"id": "t2", "participant": "p2", "name": "Inspector", "role": "inspector"}
        return self.ticket(**(values | {"direction": "view", "sessions": 8} | changes))

    def control_ticket(self, **changes: Any) -> str:
        """The web role's ticket."""
        return self.ticket(**({"id": "t3", "direction": "control", "role": "service"} | changes))

    def whip(self, participant: str = "p1", survey: str = "s1") -> str:
        return self.base + WHIP_PATH.format(node="n1", survey=survey, participant=participant)

    def whep(self, participant: str = "p1", survey: str = "s1") -> str:
        return self.base + WHEP_PATH.format(node="n1", survey=survey, participant=participant)

    def publishing(self, participant: str = "p1", survey: str = "s1") -> list[str]:
        """The kinds that come in from a participant now."""
        room = self.node.sessions.rooms.get(survey)
        person = room.participants.get(participant) if room is not None else None
        return person.publishing(time.time_ns() // 1000) if person is not None else []

    async def room(self) -> dict[str, Any]:
        """What the web role is told about the room."""
        headers = {"Authorization": f"Bearer {self.control_ticket()}"}
        async with ClientSession() as http, http.get(f"{self.base}/control/rooms/s1", headers=headers) as answer:
            found: dict[str, Any] = await answer.json()
            return found


@asynccontextmanager
async def a_node(
    folder: Path, prepare: Callable[[Settings], Settings] = lambda given: given, spool: Spool | None = None
) -> AsyncIterator[House]:
    """A node named n1; everything is closed at the end."""
    key = Ed25519PrivateKey.generate()
    shelf = Shelf()
    nodes: list[Node] = []

    def now_us() -> int:
        return time.time_ns() // 1000

    recorder = Recorder(
        spool or FolderSpool(folder / "spool"), shelf, shelf, now_us, lambda track: nodes[0].want_key_frame(track)
    )
    nodes.append(Node(prepare(Settings(name="n1")), recorder, key.public_key(), now_us))
    recorder.start()
    await nodes[0].start()
    try:
        yield House(nodes[0], recorder, shelf, key)
    finally:
        await nodes[0].close()
        recorder.close()
