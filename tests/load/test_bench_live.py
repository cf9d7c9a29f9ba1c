"""The goals of `./takan bench live`, on a quiet machine."""

import tempfile
from pathlib import Path

import pytest

from media.live.bench import Load, Whip, measure, typical
from server.roles.bench_node import NODE, started

GOAL = 19.0  # µs of the node's CPU for one forwarded packet


@pytest.mark.parametrize("record", [False, True])
@pytest.mark.parametrize("load", [Load(4, 5), Load(1, 20)])
async def test_a_forwarded_packet_stays_cheap_and_quick(load: Load, record: bool) -> None:
    with tempfile.TemporaryDirectory() as folder, started(Path(folder), record=record) as node:
        target = Whip(node.pid, node.url, NODE, node.sign)
        rounds = [await measure(target, load, f"r{number}x", warm=1, steady=4) for number in range(3)]
    figures = typical(rounds)
    assert figures.forwarded >= 0.99 * figures.expected
    assert figures.cpu <= GOAL
    assert figures.delay_p99 <= 50_000
