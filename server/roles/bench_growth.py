"""`./takan bench live --growth`: how the number of rooms grows with the number of nodes.

Each node gets the same fixed share of one processor (a control group of its own), so that several of them have on this
machine what several machines would give them, as long as all shares and the clients together leave processors idle.
What nodes have in common, and would keep them from growing, shows as fewer rooms a node.
"""

import asyncio
import gc
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from media.live.bench import Room, Whip, opened, percentile
from server.roles.bench_network import undisturbed
from server.roles.bench_node import NODE, started
from server.roles.bench_steady import CAPACITY, LIMIT_MS

GROUPS = Path("/sys/fs/cgroup/cpu")
PERIOD_US, SHARE = 10_000, 0.1  # of one processor
NODES = (1, 2, 3)
STEP = 2  # rooms a node
MOST = 40  # rooms a node
SETTLE, MEASURE, TRIES = 1.5, 2.5, 3  # s, s


def run() -> int:
    """Prints one JSON object: the rooms that one, two, three nodes carry before p99 passes 20 ms."""
    if os.geteuid() != 0 or not GROUPS.is_dir():
        print("takan: --growth needs root and the `cpu` control group of Linux.")
        return 2
    undisturbed()
    rooms = {str(count): _rooms(count) for count in NODES}
    print(json.dumps({"share_of_a_processor": SHARE, "limit_ms": LIMIT_MS, "rooms": rooms}, indent=1))
    return 0


def _rooms(count: int) -> int:
    with ExitStack() as stack:
        targets = [stack.enter_context(_node()) for _ in range(count)]
        gc.freeze()
        return asyncio.run(_filled(targets))


@contextmanager
def _node() -> Iterator[Whip]:
    with (
        tempfile.TemporaryDirectory(prefix="takan-bench-") as folder,
        started(Path(folder), record=True) as node,
        _limited(node.pid),
    ):
        yield Whip(node.pid, node.url, NODE, node.sign)


@contextmanager
def _limited(pid: int) -> Iterator[None]:
    """That process gets `SHARE` of one processor, dealt out in small pieces."""
    group = GROUPS / f"takan-bench-{pid}"
    group.mkdir()
    try:
        (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
        (group / "cpu.cfs_quota_us").write_text(str(int(PERIOD_US * SHARE)))
        (group / "cgroup.procs").write_text(str(pid))
        yield
    finally:
        (GROUPS / "cgroup.procs").write_text(str(pid))
        group.rmdir()


async def _filled(targets: list[Whip]) -> int:
    """More and more rooms on each node, until the delay of any room passes the limit twice in a row."""
    rooms, within, late = list[Room](), 0, 0
    try:
        while len(rooms) < MOST * len(targets) and late < 2:
            for _ in range(STEP):
                for target in targets:
                    at = len(rooms)
                    rooms.append(await _opened(target, at))
            await asyncio.sleep(SETTLE)
            p99 = min([await _p99(rooms) for _ in range(TRIES)])
            late = late + 1 if p99 > LIMIT_MS else 0
            within = len(rooms) if p99 <= LIMIT_MS else within
    finally:
        await asyncio.gather(*(room.close() for room in rooms))
    return within


async def _opened(target: Whip, at: int) -> Room:
    """Pictures of different rooms leave at different moments; one viewer's delay is measured."""
    room = await opened(target, CAPACITY, f"g{at}", at * 0.618 % 1 / 30)
    for viewer in room.viewers[1:]:
        viewer.connection.deaf = True
    return room


async def _p99(rooms: list[Room]) -> float:
    """Milliseconds."""
    for room in rooms:
        room.forget()
    await asyncio.sleep(MEASURE)
    return percentile(sorted(delay for room in rooms for delay in room.delays()), 99) / 1000
