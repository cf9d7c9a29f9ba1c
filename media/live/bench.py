"""How much a running node costs and delays: rooms of one synthetic publisher and some viewers, all our own clients.

The clients live in the measuring process, the node in its own: its CPU is the user and system time of all its
threads, from /proc. The delay is from just before the publisher's SRTP to the viewer's return from the kernel, both
on one machine and so on one clock: it holds the clients' own turns as well as the node's.
"""

import asyncio
import os
from array import array
from collections.abc import Callable, Sequence
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


class Room:
    """One publisher and his viewers, all started."""

    def __init__(self, publisher: Publisher, viewers: list[Viewer]) -> None:
        self.publisher, self.viewers = publisher, viewers

    def count(self) -> tuple[int, int]:
        """Packets sent, and packets that reached viewers, so far."""
        sent = sum(stream.packets for stream in self.publisher.figures().values())
        return sent, sum(
            viewer.connection.datagrams if viewer.connection.deaf else viewer.packets() for viewer in self.viewers
        )

    def forget(self) -> None:
        """Delays are told from now on."""
        for viewer in self.viewers:
            viewer.forget()

    def delays(self) -> "array[int]":
        """Microseconds, of every packet since `forget`."""
        found = array("L")
        for viewer in self.viewers:
            found += viewer.figures()["video"].delays_us
        return found

    async def close(self) -> None:
        await asyncio.gather(*(viewer.stop() for viewer in self.viewers), self.publisher.stop())


async def opened(target: Target, load: Load, name: str, delay: float) -> Room:
    """One of the load's rooms; its first picture leaves after `delay` seconds."""
    await target.prepare(name)
    room = Room(target.publisher(name, load.source(), delay, load.spread), [])
    try:
        await room.publisher.start()
        for _ in range(load.viewers):
            viewer = target.viewer(name)
            await viewer.start(patience=5)
            room.viewers.append(viewer)
    except BaseException:
        await room.close()
        raise
    return room


async def measure(target: Target, load: Load, name: str, warm: float, steady: float) -> Figures:
    """Fill `load.rooms` rooms named after `name`, wait `warm` seconds, measure for `steady` seconds, leave."""
    rooms: list[Room] = []
    try:
        for at in range(load.rooms):
            # Rooms are out of step with each other, as they are in life.
            rooms.append(await opened(target, load, f"{name}{at}", at / load.rooms / RATE))
        await asyncio.sleep(warm)
        return await _steady(target, load, rooms, steady)
    finally:
        await asyncio.gather(*(room.close() for room in rooms))


async def _steady(target: Target, load: Load, rooms: list[Room], seconds: float) -> Figures:
    loop = asyncio.get_running_loop()
    for room in rooms:
        room.forget()
    before, cpu, began = [room.count() for room in rooms], cpu_seconds(target.pid), loop.time()
    await asyncio.sleep(seconds)
    took, cpu = loop.time() - began, cpu_seconds(target.pid) - cpu
    after = [room.count() for room in rooms]
    sent = sum(now[0] - then[0] for now, then in zip(after, before, strict=True))
    packets = sum(now[1] - then[1] for now, then in zip(after, before, strict=True))
    ordered = sorted(delay for room in rooms for delay in room.delays())
    return Figures(
        took,
        packets,
        sent * load.viewers,
        cpu * 1e6 / max(packets, 1),
        percentile(ordered, 50),
        percentile(ordered, 99),
    )


def percentile(ordered: Sequence[int], share: int) -> int:
    """Of sorted values; 0 without any."""
    return ordered[len(ordered) * share // 100] if ordered else 0


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
