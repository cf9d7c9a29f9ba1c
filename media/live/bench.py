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

from media.client import WHEP_PATH, WHIP_PATH, Direction
from media.live.clients.publisher import Publisher
from media.live.clients.sources import SyntheticVideo
from media.live.clients.viewer import Viewer

RATE, PACKETS, SIZE = 30, 10, 1100  # pictures a second, packets of each, bytes of each packet


@dataclass(frozen=True, slots=True)
class Load:
    """`rooms` publishers, each watched by `viewers`."""

    rooms: int
    viewers: int


@dataclass(frozen=True, slots=True)
class Target:
    """A running node: its process, where its HTTP is, and who signs tickets: (survey, participant, direction)."""

    pid: int
    url: str
    node: str
    sign: Callable[[str, str, Direction], str]


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
    publishers = [_publisher(target, f"{name}{room}", room / load.rooms / RATE) for room in range(load.rooms)]
    viewers = [_viewer(target, f"{name}{room}") for room in range(load.rooms) for _ in range(load.viewers)]
    try:
        for publisher in publishers:
            await publisher.start()
        for viewer in viewers:
            await viewer.start(patience=5)
        await asyncio.sleep(warm)
        return await _steady(target, load, viewers, steady)
    finally:
        await asyncio.gather(*(viewer.stop() for viewer in viewers))
        await asyncio.gather(*(publisher.stop() for publisher in publishers))


def _publisher(target: Target, survey: str, delay: float) -> Publisher:
    url = target.url + WHIP_PATH.format(node=target.node, survey=survey, participant="ann")
    source = SyntheticVideo(RATE, PACKETS, SIZE)
    # Rooms are out of step with each other, as they are in life.
    return Publisher(url, target.sign(survey, "ann", "publish"), {"video": source}, delay=delay)


def _viewer(target: Target, survey: str) -> Viewer:
    url = target.url + WHEP_PATH.format(node=target.node, survey=survey, participant="ann")
    return Viewer(url, target.sign(survey, "ivy", "view"), kinds=("video",), repair=False)


async def _steady(target: Target, load: Load, viewers: list[Viewer], seconds: float) -> Figures:
    loop = asyncio.get_running_loop()
    before = [len(viewer.figures()["video"].delays_us) for viewer in viewers]
    packets, cpu, began = sum(viewer.packets() for viewer in viewers), cpu_seconds(target.pid), loop.time()
    await asyncio.sleep(seconds)
    took, cpu = loop.time() - began, cpu_seconds(target.pid) - cpu
    packets = sum(viewer.packets() for viewer in viewers) - packets
    delays = array("L")
    for viewer, start in zip(viewers, before, strict=True):
        delays += viewer.figures()["video"].delays_us[start:]
    ordered = sorted(delays) or [0]
    return Figures(
        took,
        packets,
        round(took * RATE * PACKETS * load.rooms * load.viewers),
        cpu * 1e6 / max(packets, 1),
        ordered[len(ordered) // 2],
        ordered[len(ordered) * 99 // 100],
    )


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, all threads (proc(5), fields 14 and 15 of stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


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
