"""Chromium publishes one camera in three sizes: each viewer gets the one that fits him, the best one is recorded."""

import asyncio
import io
from collections.abc import Callable
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

import av
import pytest

from media.live.clients.viewer import Viewer as Client
from media.live.layers import Layers
from media.live.viewer import Viewer
from media.ports import InitSegment
from tests.fixtures.clip import Clip
from tests.fixtures.processes import until
from tests.integration.media.link import HERE, Pattern, a_link
from tests.integration.media.nodes import House, a_node
from tests.integration.media.test_node_chromium import a_browser, a_page, seen

SIZE = (960, 540)
SIZES = {"q": (240, 134), "h": (480, 270), "f": SIZE}
PATIENCE = 40


@pytest.fixture
def wide(new_clip: Callable[..., Clip]) -> Clip:
    """Large enough for three layers."""
    return new_clip(size=SIZE, rate=15)


def layers(house: House) -> Layers:
    return house.node.sessions.rooms["s1"].participants["p1"].layers


async def all_come(house: House) -> None:
    def steady() -> bool:
        found = layers(house)
        return len(found.alive()) == 3 and found.recorded.rid == "f" and all(one.bit_rate for one in found.used)

    await until("three layers come, and the best is recorded", steady, PATIENCE)


def viewers(house: House) -> list[Viewer]:
    return house.node.sessions.rooms["s1"].participants["p1"].viewers


def runs(house: House) -> list[tuple[InitSegment, bytes]]:
    """The recording's parts in their order: an init segment, and the file that it makes with what needs it."""
    shelf = house.shelf
    rows = sorted((one for one in shelf.segments.values() if one.track == "p1.video"), key=lambda row: row.start)

    def read(digest: str) -> bytes:
        return shelf.objects.get(digest) or house.recorder.spooled(digest) or shelf.objects[digest]

    return [
        (shelf.inits[init], read(init) + b"".join(read(one.digest) for one in run))
        for init, run in groupby(rows, key=lambda row: row.init)
    ]


def recorded_sizes(house: House) -> list[tuple[int, int]]:
    return [(init.width, init.height) for init, _ in runs(house)]


def assert_plays(house: House) -> None:
    """Each part decodes whole, and none begins before the one before it has ended."""
    end = 0
    for _, data in runs(house):
        with av.open(io.BytesIO(data), "r", options={"err_detect": "explode"}) as file:
            times = [frame.pts or 0 for frame in file.decode(video=0)]
        assert times == sorted(times)
        assert times[0] >= end
        end = times[-1]


async def closed(house: House) -> None:
    await asyncio.wrap_future(house.recorder.close_survey("s1"))


@pytest.mark.parametrize("codec", ["H264", "VP8"])
async def test_two_viewers_watch_different_sizes_and_the_largest_is_recorded(
    tmp_path: Path, wide: Clip, codec: str
) -> None:
    async with a_node(tmp_path) as house, a_browser(wide) as browser:
        phone, desk = await a_page(browser, house), await a_page(browser, house)
        await phone.evaluate("simulcast", [house.whip(), house.ticket(), codec, SIZE])
        await all_come(house)
        await desk.evaluate("watch", [house.whep(), house.view_ticket()])
        await shows(desk, SIZE)
        small: Client | None = None
        if codec == "H264":  # our own client offers nothing else
            small = Client(house.whep(), house.view_ticket(id="t9"))
            await small.start()
            await small.choose(maxHeight=200)
            await until("our client gets the smallest", lambda: viewers(house)[1].layer.rid == "q", PATIENCE)
        ssrc = (await seen(desk))["inbound-rtp video"]["ssrc"]
        for wish, rid in (({"encodingId": "q"}, "q"), ({"maxHeight": 300}, "h"), ({}, "f")):
            assert (
                await desk.evaluate("wish => choose([window.place, wish[1], wish[2]])", ["", house.view_ticket(), wish])
                == 204
            )
            await shows(desk, SIZES[rid])
        watched = (await seen(desk))["inbound-rtp video"]
        assert (watched["ssrc"], watched["packetsLost"]) == (ssrc, 0)
        assert watched["totalFreezesDuration"] < 2
        if small is not None:
            assert viewers(house)[1].layer.rid == "q"
            state = (await house.room())["participants"][0]["layers"]
            assert [(one["rid"], one["recorded"]) for one in state] == [("q", False), ("h", False), ("f", True)]
            figures = (await small.stop())["video"]
            assert not figures.lost
        await closed(house)
    assert recorded_sizes(house)[-1] == SIZE
    if codec == "H264":
        assert_plays(house)


async def test_a_layer_that_stops_and_returns_is_recorded_again(tmp_path: Path, wide: Clip) -> None:
    async with a_node(tmp_path) as house, a_browser(wide) as browser:
        phone, desk = await a_page(browser, house), await a_page(browser, house)
        await phone.evaluate("simulcast", [house.whip(), house.ticket(), "H264", SIZE])
        await all_come(house)
        await desk.evaluate("watch", [house.whep(), house.view_ticket()])
        await shows(desk, SIZE)
        await phone.evaluate("activate", ["f", False])
        await until("the next one is recorded", lambda: layers(house).recorded.rid == "h", PATIENCE)
        await shows(desk, SIZES["h"])
        await phone.evaluate("activate", ["f", True])
        await all_come(house)
        await shows(desk, SIZE)
        await closed(house)
    sizes = recorded_sizes(house)
    assert sizes[-3:] == [SIZE, SIZES["h"], SIZE]
    assert_plays(house)
    assert not [gap for gap in house.shelf.gaps if gap.track == "p1.video" and gap.end - gap.start > 2 * 90_000]


async def test_a_viewer_behind_a_narrow_link_falls_and_nobody_else_suffers(tmp_path: Path, wide: Clip) -> None:
    async with (
        a_node(tmp_path, lambda given: replace(given, announced=(HERE,))) as house,
        a_link(Pattern(delay=0.005), house.node.udp_port) as link,
        a_browser(wide) as browser,
    ):
        phone, desk, far = [await a_page(browser, house) for _ in range(3)]
        await phone.evaluate("simulcast", [house.whip(), house.ticket(), "H264", SIZE])
        await all_come(house)
        await desk.evaluate("watch", [house.whep(), house.view_ticket()])
        others = set(link.clients)
        await far.evaluate("watch", [house.whep(), house.view_ticket(id="t9")])
        await shows(far, SIZE)
        his = [client for client in link.clients if client not in others]  # a browser tries several ways
        for client in his:
            link.narrow(client, 250_000)
        await until("he falls", lambda: viewers(house)[1].layer.rid in ("q", "h"), PATIENCE)
        await far.wait_for_function("width => video.videoWidth < width", arg=SIZE[0], timeout=1000 * PATIENCE)
        assert viewers(house)[0].layer.rid == "f"
        watched = (await seen(desk))["inbound-rtp video"]
        # The link runs in this very process: where the machine is busy the kernel drops some by itself.
        assert watched["packetsLost"] < watched["packetsReceived"] / 20
        assert layers(house).recorded.rid == "f"
        for client in his:
            link.narrow(client, 0)
        await until("he is back", lambda: viewers(house)[1].layer.rid == "f", 90)
        await shows(far, SIZE)
        await closed(house)
    lost = [gap.end - gap.start for gap in house.shelf.gaps if gap.track == "p1.video" and gap.reason == "loss"]
    assert sum(lost) < 90_000


async def shows(page: Any, size: tuple[int, int]) -> None:
    await page.wait_for_function("width => video.videoWidth === width", arg=size[0], timeout=1000 * PATIENCE)
