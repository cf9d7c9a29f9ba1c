"""Chromium publishes into the node and plays from it: pixels and sound, feedback, and a lossless switch of sessions."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from tests.fixtures.chromium import ARGUMENTS, HOW, executable, fake_devices
from tests.fixtures.clip import COLOURS, Clip
from tests.fixtures.processes import cannot_run
from tests.integration.media.nodes import House, a_node

SCRIPT = (Path(__file__).parent / "talk.js").read_text()


@asynccontextmanager
async def a_browser(clip: Clip, *more: str) -> AsyncIterator[Browser]:
    path = executable()
    if path is None:
        cannot_run(f"Chromium against the node: none is installed ({HOW})")
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=path, args=[*ARGUMENTS, *fake_devices(clip), *more])
        try:
            yield browser
        finally:
            await browser.close()


async def a_page(browser: Browser, house: House) -> Page:
    """An empty page of the node's origin with the functions of talk.js."""
    page = await (await browser.new_context()).new_page()
    await page.route("**/page", lambda route: route.fulfill(body="<body></body>", content_type="text/html"))
    await page.goto(f"{house.base}/page")
    await page.add_script_tag(content=SCRIPT)
    return page


async def seen(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = await page.evaluate("figures()")
    return found


async def test_chromium_publishes_and_another_plays_it(tmp_path: Path, clip: Clip) -> None:
    async with a_node(tmp_path) as house, a_browser(clip) as browser:
        phone, desk = await a_page(browser, house), await a_page(browser, house)
        await phone.evaluate("publish", [house.whip(), house.ticket()])
        await desk.evaluate("watch", [house.whep(), house.view_ticket()])
        for colour in COLOURS:
            await desk.wait_for_function("wanted => colour() === wanted", arg=colour, timeout=8000)
        watched = await seen(desk)
        assert watched["inbound-rtp video"]["packetsLost"] == 0
        await desk.wait_for_function("figures().then(f => f['inbound-rtp audio'].totalAudioEnergy > 0)", timeout=8000)
        await phone.wait_for_function(
            "figures().then(f => f.pair && f.pair.availableOutgoingBitrate > 1_500_000)", timeout=20000
        )
        await phone.wait_for_function(
            "figures().then(f => f['remote-inbound-rtp video']?.roundTripTime !== undefined)", timeout=8000
        )
        assert (await seen(phone))["transport"]["srtpCipher"] == "SRTP_AEAD_AES_256_GCM"
        kinds = await phone.evaluate("heard.map(message => message.kind)")
        assert "joined" in kinds

        late = await a_page(browser, house)
        waited = await late.evaluate("watch", [house.whep(), house.view_ticket()])
        assert waited < 500

        await phone.reload()
        await phone.add_script_tag(content=SCRIPT)
        before = (await seen(desk))["inbound-rtp video"]
        await phone.evaluate("publish", [house.whip(), house.ticket(id="t8")])
        await desk.wait_for_function(
            "decoded => figures().then(f => f['inbound-rtp video'].framesDecoded > decoded)",
            arg=before["framesDecoded"] + 60,
            timeout=15000,
        )
        assert (await seen(desk))["inbound-rtp video"]["ssrc"] == before["ssrc"]
