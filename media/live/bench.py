"""How much a running node costs and delays: rooms of one synthetic publisher and some viewers, all our own clients.

The clients live in the measuring process, the node in its own: its CPU is the user and system time of all its
threads, from /proc. The delay is from just before the publisher's SRTP to the viewer's return from the kernel, both
on one machine and so on one clock: it holds the clients' own turns as well as the node's.
"""

import asyncio
import os
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Protocol

from media.client import WHEP_PATH, WHIP_PATH, Direction
from media.live.clients.publisher import Publisher
from media.live.clients.sources import Source, SyntheticVideo
from media.live.clients.viewer import Viewer

RATE, PACKETS, SIZE = 30, 10, 1100  # pictures a second, packets of each, bytes of each packet


@dataclass(frozen=True, slots=True)
class Load:
    """`rooms` publishers, each watched by `viewers`. `spread`: packets evenly, not picture by picture."""

    rooms: int
    viewers: int
    spread: bool = False
    source: Callable[[], Source] = lambda: SyntheticVideo(RATE, PACKETS, SIZE)


class Target(Protocol):
    """A running server: its process, and how our clients are made for a room of it."""

    @property
    def pid(self) -> int: ...
    async def prepare(self, room: str) -> None:
        """Called before a room's clients are made."""

    def publisher(self, room: str, source: Source, delay: float, spread: bool) -> Publisher: ...
    def viewer(self, room: str) -> Viewer: ...


@dataclass(frozen=True, slots=True)
class Whip:
    """A node of ours: where its HTTP is, and who signs tickets: (survey, participant, direction)."""

    pid: int
    url: str
    node: str
    sign: Callable[[str, str, Direction], str]

    async def prepare(self, room: str) -> None:
        """A survey's room opens by itself."""

    def publisher(self, room: str, source: Source, delay: float, spread: bool) -> Publisher:
        url = self.url + WHIP_PATH.format(node=self.node, survey=room, participant="ann")
        return Publisher(url, self.sign(room, "ann", "publish"), {"video": source}, delay=delay, spread=spread)

    def viewer(self, room: str) -> Viewer:
        url = self.url + WHEP_PATH.format(node=self.node, survey=room, participant="ann")
        return Viewer(url, self.sign(room, "ivy", "view"), kinds=("video",), repair=False)


@dataclass(frozen=True, slots=True)
class Figures:
    """One measurement. Times in microseconds, `cpu` and `delay_*` of the steady phase."""

    seconds: float
    forwarded: int  # packets that reached viewers
    expected: int  # packets that should have
    cpu: float  # of the node, per forwarded packet
    delay_p50: float
    delay_p99: float


async def measure(target: Target, load: Load, name: str, warm: float, steady: float) -> Figures:
    """Fill `load.rooms` rooms named after `name`, wait `warm` seconds, measure for `steady` seconds, leave."""
    rooms = [f"{name}{room}" for room in range(load.rooms)]
    for room in rooms:
        await target.prepare(room)
    # Rooms are out of step with each other, as they are in life.
    publishers = [
        target.publisher(room, load.source(), at / load.rooms / RATE, load.spread) for at, room in enumerate(rooms)
    ]
    viewers = [target.viewer(room) for room in rooms for _ in range(load.viewers)]
    try:
        for publisher in publishers:
            await publisher.start()
        for viewer in viewers:
            await viewer.start(patience=5)
        await asyncio.sleep(warm)
        return await _steady(target, load, publishers, viewers, steady)
    finally:
        await asyncio.gather(*(viewer.stop() for viewer in viewers))
        await asyncio.gather(*(publisher.stop() for publisher in publishers))


async def _steady(
    target: Target, load: Load, publishers: list[Publisher], viewers: list[Viewer], seconds: float
) -> Figures:
    loop = asyncio.get_running_loop()
    sent = _sent(publishers)
    before = [len(viewer.figures()["video"].delays_us) for viewer in viewers]
    packets, cpu, began = sum(viewer.packets() for viewer in viewers), cpu_seconds(target.pid), loop.time()
    await asyncio.sleep(seconds)
    took, cpu = loop.time() - began, cpu_seconds(target.pid) - cpu
    packets, sent = sum(viewer.packets() for viewer in viewers) - packets, _sent(publishers) - sent
    delays = array("L")
    for viewer, start in zip(viewers, before, strict=True):
        delays += viewer.figures()["video"].delays_us[start:]
    ordered = sorted(delays) or [0]
    return Figures(
        took,
        packets,
        sent * load.viewers,
        cpu * 1e6 / max(packets, 1),
        ordered[len(ordered) // 2],
        ordered[len(ordered) * 99 // 100],
    )


def _sent(publishers: list[Publisher]) -> int:
    return sum(sent.packets for publisher in publishers for sent in publisher.figures().values())


def cpu_seconds(pid: int) -> float:
    """CPU time of a process, all threads that live (/proc/<pid>/task/*/schedstat: nanoseconds on a processor)."""
    return sum(int(one.read_text().split()[0]) for one in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def resident(pid: int) -> int:
    """Bytes of memory that a process holds (proc(5), statm)."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def typical(rounds: list[Figures]) -> Figures:
    """The median of each figure."""
    return Figures(
        median(f.seconds for f in rounds),
        round(median(f.forwarded for f in rounds)),
        round(median(f.expected for f in rounds)),
        median(f.cpu for f in rounds),
        median(f.delay_p50 for f in rounds),
        median(f.delay_p99 for f in rounds),
    )
