"""The filming page sends three sizes where the office says so; the console's picture gets the one that fits it."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.acts import Staff, add_staff, book_survey, come_in, desk, open_case, phone, sign_in, start_filming
from tests.browser.senses import sees
from tests.fixtures.chromium import LaunchChromium
from tests.fixtures.clip import Clip, make_clip
from tests.fixtures.instance import StartInstance
from tests.fixtures.processes import wait_until

WIDE = (960, 540)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return make_clip(tmp_path_factory.mktemp("large"), size=WIDE, rate=15)


def recorded(data: Path) -> list[tuple[int, int]]:
    """Sizes of the recording so far, as the node wrote them down."""
    lines = [line for path in data.glob("spool/*/*.video/journal") for line in path.read_text().splitlines()]
    entries = [entry for entry in map(json.loads, lines) if entry["kind"] == "init"]
    return [(entry["width"], entry["height"]) for entry in entries]


def test_a_console_gets_the_size_that_fits_its_window(
    start_instance: StartInstance, launch_chromium: LaunchChromium, large: Clip, clip: Clip
) -> None:
    with start_instance(TAKAN_MEDIA_LAYERS="three") as instance:
        at_site, at_desk = launch_chromium(large), launch_chromium(clip)
        admin = desk(at_desk).new_page()
        name, one_time = instance.administrator()
        sign_in(admin, instance.url, Staff("Administrator", name), one_time)
        add_staff(admin, instance.url, "Zhou Ning", "zhou", "approver")
        one_time = add_staff(admin, instance.url, "Lin Yue", "lin", "inspector")
        inspector, applicant = desk(at_desk).new_page(), phone(at_site).new_page()
        sign_in(inspector, instance.url, Staff("Lin Yue", "lin"), one_time)
        link = book_survey(inspector, open_case(inspector, instance.url, "Zhou Ning"))
        inspector.set_viewport_size({"width": 1920, "height": 1200})
        inspector.locator("a[href$='/console']").first.click()
        come_in(applicant, link, name="胡明")
        start_filming(applicant)
        sees(inspector, "#picture")
        shows(inspector, f"=== {WIDE[0]}")
        inspector.set_viewport_size({"width": 420, "height": 800})
        shows(inspector, f"< {WIDE[0]}")
        inspector.set_viewport_size({"width": 1920, "height": 1200})
        shows(inspector, f"=== {WIDE[0]}")
        wait_until("the largest size is recorded", lambda: recorded(instance.data)[-1:] == [WIDE], 30)
        survey = inspector.url.split("/")[-2]
        room = inspector.evaluate("async (path) => (await fetch(path)).json()", f"/api/v1/surveys/{survey}/room")
        layers = next(one["layers"] for one in room["participants"] if one["layers"])
        assert [(one["rid"], one["recorded"]) for one in layers] == [("q", False), ("h", False), ("f", True)]
        for browser in (at_site, at_desk):
            browser.close()


def shows(page: Page, width: str) -> None:
    """Playwright's own waiting needs `eval`, which the pages' policy forbids."""
    page.evaluate(
        f"""() => new Promise((done, late) => {{
          const until = performance.now() + 40000, video = document.querySelector("#picture");
          const look = () => video.videoWidth {width} ? done()
            : performance.now() > until ? late(new Error(`it shows ${{video.videoWidth}}`)) : setTimeout(look, 50);
          look();
        }})"""
    )
