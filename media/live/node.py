"""The node: sockets, rooms, timers and the HTTP door, started and closed as one.

node = Node(settings, recorder, ticket_key, now_us)
await node.start()          # node.udp_port, node.http_port
await node.close()          # sessions say goodbye; the recorder stays its owner's
"""

import asyncio
import contextlib
import logging
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from media.live.dtls import new_certificate
from media.live.fast import open_fast
from media.live.http import Door
from media.live.publisher import Publisher
from media.live.sessions import Sessions
from media.live.settings import Settings
from media.live.switchboard import Switchboard
from media.live.udp import UdpPort
from media.live.viewer import Viewer
from media.native import why as native
from media.record import Recorder

log = logging.getLogger(__name__)

_TICK: Final = 0.02  # seconds at least between two looks for loss and wanted key frames
_QUEUE: Final = 2048  # datagrams: a key frame to every viewer of a room, where the kernel allows small buffers only
_TURN: Final = 0.0002  # seconds that a thread of the recorder may keep the interpreter from the event loop
_FEEDBACK: Final = 0.1  # seconds: congestion control, and news about who publishes
_REPORT: Final = 1.0  # seconds: receiver reports, and the sweep
_WARN: Final = 60.0  # seconds between two warnings of a room while little disk is left


class Node:
    """One media node. Build and start it on the event loop that is to run it."""

    def __init__(
        self,
        settings: Settings,
        recorder: Recorder,
        ticket_key: Ed25519PublicKey,
        now_us: Callable[[], int] = lambda: time.time_ns() // 1000,
    ) -> None:
        """`now_us`: microseconds UTC that never go backwards, the recorder's clock."""
        self.settings = settings
        self.board = Switchboard(now_us)
        self._tasks: set[asyncio.Task[None]] = set()
        self.sessions = Sessions(settings, recorder, self.board, new_certificate(), now_us, self._spawn)
        self.door = Door(settings, self.sessions, recorder, ticket_key, now_us, self.board)
        self._now_us, self._recorder = now_us, recorder
        self._ticker: asyncio.Task[None] | None = None
        self._tick_due = self._feedback_due = self._report_due = self._warn_due = 0.0  # seconds, monotonic
        self._publishers: list[Publisher] = []  # those connected, as of the last feedback
        self.board.after_batch, self.board.turn_due = self._turn, 0.0
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def udp_port(self) -> int:
        """The one UDP port of the node."""
        return self.board.ports[0].port

    @property
    def http_port(self) -> int:
        """Where WHIP, WHEP and control are served."""
        return self.door.port

    @property
    def alive(self) -> bool:
        """False when a bug has ended the timers or a thread of the recorder: end the process, the next one recovers."""
        return self._ticker is not None and not self._ticker.done() and self._recorder.alive

    async def start(self) -> None:
        """Bind and serve. Raises `OSError`."""
        self._loop = asyncio.get_running_loop()
        sys.setswitchinterval(_TURN)
        for port in _open_all(self.settings.bind, self.settings.udp_port):
            self.board.open(port)
        await self.door.start()
        log.info("native helper: %s", native)
        self._ticker = asyncio.create_task(self._run())

    async def close(self) -> None:
        """End every session, stop serving, wait."""
        await self.door.close()
        for session in list(self.sessions.all.values()):
            session.peer.end("node")
        if self._ticker is not None:
            self._ticker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticker
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=2)
            for task in late:
                task.cancel()
        self.board.close()

    def want_key_frame(self, track: str) -> None:
        """The recorder needs one; callable from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._want_key_frame, track)

    def _want_key_frame(self, track: str) -> None:
        identifier, _, kind = track.rpartition(".")
        for room in self.sessions.rooms.values():
            person = room.participants.get(identifier)
            if person is not None and kind in person.inlets:
                person.recorded(kind).key_frames.want()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a session's task failed", exc_info=task.exception())

    async def _run(self) -> None:
        """The turns of a time without packets; with them, a turn follows their batch and wakes nobody by itself."""
        while True:
            await asyncio.sleep(_FEEDBACK)
            self._turn(time.monotonic())

    def _turn(self, now: float) -> None:
        """Do what is due, then hand over what was queued."""
        if now < self._tick_due:
            return
        self._tick_due = self.board.turn_due = now + _TICK
        for publisher in self._publishers:
            publisher.tick(now)
        if now >= self._feedback_due:
            self._feedback_due = now + _FEEDBACK
            handlers = [session.handler for session in self.sessions.all.values() if session.connected]
            self._publishers = [handler for handler in handlers if isinstance(handler, Publisher)]
            for publisher in self._publishers:
                publisher.feed_back(self._now_us())
            for room in self.sessions.rooms.values():
                room.notice_publishing()
            if now >= self._report_due:
                self._second(handlers, now)
        self.board.flush()

    def _second(self, handlers: Sequence[object], now: float) -> None:
        self._report_due = now + _REPORT
        for handler in handlers:
            if isinstance(handler, Publisher):
                handler.report(self._now_us())
            elif isinstance(handler, Viewer):
                handler.second(now)
        self.sessions.sweep(now)
        self._warn(now)

    def _warn(self, now: float) -> None:
        """Rooms that run are told of a disk that fills up, long before it is full; new ones are refused."""
        if self._recorder.accepting():
            self._warn_due = 0.0
        elif now >= self._warn_due:
            self._warn_due = now + _WARN
            for room in self.sessions.rooms.values():
                room.tell({"kind": "notice", "who": "", "name": "", "body": {"code": "disk-low"}})


def _open_all(hosts: tuple[str, ...], number: int) -> list[UdpPort]:
    """One port number on every address; when the kernel chooses it, the others follow the first."""
    ports: list[UdpPort] = []
    try:
        for host in hosts:
            ports.append(open_fast(host, ports[0].port if ports else number, queue=_QUEUE))
    except OSError:
        for port in ports:
            port.socket.close()
        raise
    return ports
