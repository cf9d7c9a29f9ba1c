"""The bench measures what it says: every packet reaches every viewer, and the figures are of the node."""

import json
from pathlib import Path

import pytest
from aiohttp import ClientSession

from media.client import HEALTH_PATH
from media.live.bench import Load, Whip, measure, opened, typical
from media.native import library
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


@pytest.mark.parametrize("native", ["on", "off"])
async def test_a_node_does_the_same_with_the_compiled_helper_and_without(
    tmp_path: Path, native: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if native == "on" and library is None:
        pytest.skip("no compiler here")
    monkeypatch.setenv("TAKAN_NATIVE", native)
    with started(tmp_path, record=True) as node:
        async with ClientSession() as http, http.get(node.url + HEALTH_PATH) as answer:
            assert (await answer.json())["native"] == native
        target = Whip(node.pid, node.url, NODE, node.sign)
        room = await opened(target, Load(rooms=1, viewers=2, spread=True), "both", 0.0)
        try:
            await room.viewers[0].until(lambda seen: seen["video"].packets >= 400)
        finally:
            await room.close()
        seen = [viewer.figures()["video"] for viewer in room.viewers]
    assert all(one.lost == one.duplicates == 0 for one in seen)
    (journal,) = tmp_path.rglob("journal")
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    reception = [line for line in lines if line["kind"] == "reception"][-1]
    assert reception["received"] >= 400
    assert reception["lost"] == reception["duplicates"] == 0
    (segment, *_) = [line for line in lines if line["kind"] == "segment"]
    assert segment["duration"] > 90_000  # more than a second of pictures
