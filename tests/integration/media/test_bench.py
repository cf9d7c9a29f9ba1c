"""The bench measures what it says: every packet reaches every viewer, and the figures are of the node."""

from pathlib import Path

import pytest

from media.live.bench import Load, Whip, measure, typical
from server.roles.bench_node import NODE, started


@pytest.mark.parametrize("record", [False, True])
async def test_a_short_round_tells_what_was_forwarded_and_what_it_cost(tmp_path: Path, record: bool) -> None:
    with started(tmp_path, record=record) as node:
        target = Whip(node.pid, node.url, NODE, node.sign)
        figures = await measure(target, Load(rooms=2, viewers=2), "short", warm=0.5, steady=2.5)
    assert figures.forwarded == pytest.approx(figures.expected, rel=0.05)
    assert 0 < figures.cpu < 1000
    assert 0 < figures.delay_p50 <= figures.delay_p99 < 1_000_000
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and "journal" in path.name]
    assert bool(kept) is record
    assert typical([figures]) == figures
