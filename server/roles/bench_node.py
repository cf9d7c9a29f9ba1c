"""A media node alone in a process, for the bench and for tests: the real node and recorder over a folder, no database.

Started by `started`, which gives its process id and address and ends it. As a program: the folder, the ticket key's
public half in hex, "record" or "forward", the address.
It prints its HTTP port and serves until its standard input ends.
"""

import asyncio
import gc
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from media.client import Direction, Ticket, sign_ticket
from media.live.loop import FastLoop
from media.live.node import Node
from media.live.settings import Limits, Settings
from media.ports import Gap, InitSegment, Reception, Segment, Track
from media.record import RecordedTrack, Recorder
from storage.objects.local import LocalObjects
from storage.spool import FolderSpool

NODE = "bench"
PATIENCE = 20  # s for a start or an end
HOUR_US = 3_600_000_000
MANY = Limits(sessions=4000, viewers=1000)  # what is measured is not the limit


class Unindexed:
    """A reception index that keeps nothing."""

    def add_track(self, track: Track) -> None: ...
    def add_init(self, init: InitSegment) -> None: ...
    def add_segment(self, segment: Segment) -> None: ...
    def mark_stored(self, digest: str) -> None: ...
    def add_gap(self, gap: Gap) -> None: ...
    def put_reception(self, reception: Reception) -> None: ...


class Nowhere:
    """A recorded track that records nothing."""

    def feed(self, batch: Sequence[tuple[int, bytes]]) -> None: ...
    def sender_report(self, ntp_us: int, rtp: int, arrival_us: int) -> None: ...
    def interrupt(self, reason: str) -> None: ...


class Forgetful(Recorder):
    """A recorder that is switched off."""

    def begin(self, track: Track, parameter_sets: Sequence[bytes] = ()) -> RecordedTrack:
        return cast(RecordedTrack, Nowhere())


@dataclass(frozen=True, slots=True)
class RunningNode:
    """A node's process, where its HTTP is, and the key that signs for it."""

    pid: int
    url: str
    key: Ed25519PrivateKey

    def sign(self, survey: str, participant: str, direction: Direction, sessions: int = 100) -> str:
        """A ticket of an hour; the room's epoch is now when it opens the room."""
        now_us = time.time_ns() // 1000
        identifier = secrets.token_hex(8)
        ticket = Ticket(
            id=identifier,
            node=NODE,
            survey=survey,
            participant=participant,
            name=participant,
            role="applicant" if direction == "publish" else "inspector",
            direction=direction,
            epoch_us=now_us,
            expires_us=now_us + HOUR_US,
            sessions=sessions,
        )
        return sign_ticket(ticket, self.key)


@contextmanager
def started(
    folder: Path, *, record: bool, address: str = "127.0.0.1", within: Sequence[str] = ()
) -> Iterator[RunningNode]:
    """Run a node over `folder`, on `address`; `within` is the command that runs it in a network of its own.

    Raises `OSError` when it does not start.
    """
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw().hex()
    mode = "record" if record else "forward"
    command = [*within, sys.executable, "-m", __name__, str(folder), public, mode, address]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    )
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line.strip().isdigit():
            raise OSError("the node did not start")
        yield RunningNode(process.pid, f"http://{address}:{line.strip()}", key)
    finally:
        _end(process)


def _end(process: "subprocess.Popen[str]") -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


async def serve(folder: Path, public: Ed25519PublicKey, record: bool, address: str) -> None:
    """Be the node until standard input ends or SIGTERM comes."""
    kind = Recorder if record else Forgetful
    nodes: list[Node] = []
    recorder = kind(
        FolderSpool(folder / "spool"),
        Unindexed(),
        LocalObjects(folder / "objects"),
        _now_us,
        lambda track: nodes[0].want_key_frame(track),
    )
    recorder.start()
    node = Node(Settings(name=NODE, bind=(address,), http_host=address, limits=MANY), recorder, public, _now_us)
    nodes.append(node)
    await node.start()
    gc.freeze()  # what is loaded by now lives as long as the process: a collection need not stop the media for it
    print(node.http_port, flush=True)
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_reader(sys.stdin.fileno(), ended.set)
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()
    loop.remove_reader(sys.stdin.fileno())
    await node.close()
    await asyncio.to_thread(recorder.close)


def _now_us() -> int:
    return time.time_ns() // 1000


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=FastLoop) as runner:
        runner.run(
            serve(
                Path(sys.argv[1]),
                Ed25519PublicKey.from_public_bytes(bytes.fromhex(sys.argv[2])),
                sys.argv[3] == "record",
                sys.argv[4],
            )
        )
