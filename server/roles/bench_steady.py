"""`./takan bench live --soak`, `--memory` and `--capacity`: a recording node in the long run, and at its end."""

import asyncio
import gc
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import linear_regression

from media.live.bench import Load, Room, Whip, cpu_seconds, opened, percentile, resident
from media.live.clients.sources import SyntheticVideo
from server.roles.bench_network import undisturbed
from server.roles.bench_node import NODE, started
from server.roles.chart import chart

SAMPLE = 10.0  # s
SOAK = Load(4, 5)
IDLE_VIEWERS = 200
LIMIT_MS = 20.0  # p99 at which a node is full
STEP, MOST = 10, 120  # rooms
HEARD = 12  # viewers whose delay is measured, at most one a room; the others only take their packets
CAPACITY = Load(1, 3, source=lambda: SyntheticVideo(30, 10, 1042))  # 2.5 Mbit/s


@dataclass(frozen=True, slots=True)
class Sample:
    """One stretch of a run. CPU is a share of one processor."""

    rooms: int
    seconds: float  # since the beginning
    cpu: float
    clients_cpu: float  # of the measuring process: near 1 it is the clients that are late
    cpu_us_per_packet: float
    memory_mb: float
    p50_ms: float
    p99_ms: float
    forwarded: int
    expected: int


@contextmanager
def _node() -> Iterator[Whip]:
    undisturbed()
    with tempfile.TemporaryDirectory(prefix="takan-bench-") as folder, started(Path(folder), record=True) as node:
        gc.freeze()
        yield Whip(node.pid, node.url, NODE, node.sign)


def soak(minutes: float) -> int:
    """Ten minutes at load: memory, CPU and delay must not grow. Prints one JSON object."""
    with _node() as target:
        samples = asyncio.run(_soak(target, minutes * 60))
    times = [sample.seconds / 60 for sample in samples[1:]]
    slopes = {
        name: round(linear_regression(times, [float(getattr(sample, name)) for sample in samples[1:]]).slope, 4)
        for name in ("memory_mb", "cpu_us_per_packet", "p99_ms")
    }
    whole = {"minutes": minutes, "slope_per_minute": slopes, "samples": [asdict(sample) for sample in samples]}
    print(json.dumps(whole, indent=1))
    return 0


async def _soak(target: Whip, seconds: float) -> list[Sample]:
    began, samples = time.monotonic(), list[Sample]()
    rooms = [await opened(target, SOAK, f"soak{at}", at / SOAK.rooms / 30) for at in range(SOAK.rooms)]
    try:
        await asyncio.sleep(2)
        while time.monotonic() - began < seconds:
            samples.append(await _sample(target, rooms, min(SAMPLE, max(seconds / 6, 1)), began))
    finally:
        await asyncio.gather(*(room.close() for room in rooms))
    return samples


async def _sample(target: Whip, rooms: list[Room], seconds: float, began: float) -> Sample:
    for room in rooms:
        room.forget()
    mine = time.process_time()
    before, cpu, start = [room.count() for room in rooms], cpu_seconds(target.pid), time.monotonic()
    await asyncio.sleep(seconds)
    took, cpu = time.monotonic() - start, cpu_seconds(target.pid) - cpu
    after = [room.count() for room in rooms]
    sent = sum((now[0] - then[0]) * len(room.viewers) for room, now, then in zip(rooms, after, before, strict=True))
    forwarded = sum(now[1] - then[1] for now, then in zip(after, before, strict=True))
    delays = sorted(delay for room in rooms for delay in room.delays())
    return Sample(
        len(rooms),
        round(time.monotonic() - began, 1),
        round(cpu / took, 3),
        round((time.process_time() - mine) / took, 3),
        round(cpu * 1e6 / max(forwarded, 1), 2),
        round(resident(target.pid) / 1e6, 2),
        round(percentile(delays, 50) / 1000, 2),
        round(percentile(delays, 99) / 1000, 2),
        forwarded,
        sent,
    )


def memory() -> int:
    """What a viewer costs who is there and takes a stream of one picture a second. Prints one JSON object."""
    with _node() as target:
        print(json.dumps(asyncio.run(_memory(target))))
    return 0


async def _memory(target: Whip) -> dict[str, float]:
    load = Load(1, 20, source=lambda: SyntheticVideo(1, 2, 1000))
    warm = await opened(target, load, "idle", 0)  # what is made once is there before the count begins
    try:
        await asyncio.sleep(2)
        before = resident(target.pid)
        crowd = [target.viewer("idle") for _ in range(IDLE_VIEWERS)]
        for viewer in crowd:
            await viewer.start(patience=5)
        await asyncio.sleep(2)
        grown = resident(target.pid) - before
        await asyncio.gather(*(viewer.stop() for viewer in crowd))
    finally:
        await warm.close()
    return {"viewers": IDLE_VIEWERS, "kb_per_idle_viewer": round(grown / 1000 / IDLE_VIEWERS, 1)}


def capacity(picture: Path | None) -> int:
    """Rooms of one publisher and three viewers at 2.5 Mbit/s, more and more, until p99 passes 20 ms. Prints one JSON
    object, and draws it into `picture` (SVG)."""
    with _node() as target:
        samples = asyncio.run(_capacity(target))
    within = [sample.rooms for sample in samples if sample.p99_ms <= LIMIT_MS]
    whole = {"cores": os.cpu_count(), "rooms": max(within, default=0), "limit_ms": LIMIT_MS}
    print(json.dumps(whole | {"samples": [asdict(sample) for sample in samples]}, indent=1))
    if picture is not None:
        points = [(float(sample.rooms), sample.p99_ms) for sample in samples]
        shares = [(float(sample.rooms), 100 * sample.cpu) for sample in samples]
        picture.write_text(chart(points, shares, LIMIT_MS))
    return 0


async def _capacity(target: Whip) -> list[Sample]:
    """One step further each time; two steps beyond the limit it ends."""
    began, rooms, samples, late = time.monotonic(), list[Room](), list[Sample](), 0
    try:
        while len(rooms) < MOST and late < 2:
            for at in range(len(rooms), len(rooms) + STEP):
                room = await opened(target, CAPACITY, f"c{at}", at * 0.618 % 1 / 30)
                for viewer in room.viewers if at >= HEARD else room.viewers[1:]:
                    viewer.connection.deaf = True
                rooms.append(room)
            await asyncio.sleep(2)  # key frames for those who came, segments of those who are there
            # Other work of the machine can only make it worse: the best of three counts.
            tries = [await _sample(target, rooms, 3, began) for _ in range(3)]
            samples.append(min(tries, key=lambda sample: sample.p99_ms))
            late += samples[-1].p99_ms > LIMIT_MS
    finally:
        await asyncio.gather(*(room.close() for room in rooms))
    return samples
