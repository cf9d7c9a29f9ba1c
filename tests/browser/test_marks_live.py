"""Marks on the recording of a live survey: while it runs and after it, and the findings that rest on them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.acts import (
    PHONE,
    Staff,
    add_staff,
    book_survey,
    come_in,
    desk,
    end_survey,
    open_case,
    phone,
    sign_in,
    start_filming,
)
from tests.browser.test_marks import number, saved
from tests.fixtures.axe import Violations
from tests.fixtures.chromium import LaunchChromium
from tests.fixtures.clip import Clip
from tests.fixtures.instance import StartInstance
from tests.fixtures.processes import wait_until
from tests.unit.media.films import make, numbered

VIDEO = "#videos video"
STANDS = "video => video.readyState >= 2 && !video.seeking"


@dataclass(frozen=True, slots=True)
class Visit:
    inspector: Page
    approver: Page
    survey_url: str


@pytest.fixture
def visit(
    start_instance: StartInstance, launch_chromium: LaunchChromium, clip: Clip, tmp_path: Path
) -> Iterator[Visit]:
    """A survey that is being filmed by a camera whose pictures carry their numbers."""
    pictures = numbered(30, rate=10, bits=9)
    film = make(tmp_path / "numbers.y4m", *pictures, "-vf", "scale=640:360:flags=neighbor", "-pix_fmt", "yuv420p")
    with start_instance() as instance:
        at_site, at_desk = launch_chromium(replace(clip, y4m=film)), launch_chromium(clip)
        admin, inspector, approver = (desk(at_desk).new_page() for _ in range(3))
        name, one_time = instance.administrator()
        sign_in(admin, instance.url, Staff("Administrator", name), one_time)
        people = ((inspector, "Lin Yue", "lin", "inspector"), (approver, "Zhou Ning", "zhou", "approver"))
        for page, who, sign, role in people:
            sign_in(page, instance.url, Staff(who, sign), add_staff(admin, instance.url, who, sign, role))
        link = book_survey(inspector, open_case(inspector, instance.url, "Zhou Ning"))
        inspector.locator("a[href$='/console']").first.click()
        inspector.wait_for_url("**/console")
        applicant = phone(at_site).new_page()
        come_in(applicant, link)
        start_filming(applicant)
        yield Visit(inspector, approver, inspector.url.removesuffix("/console"))
        for browser in (at_site, at_desk):
            browser.close()


def review(page: Page, address: str) -> None:
    """The review as it opens once there is a picture: on the first one, whoever was heard before."""
    page.goto(address)
    expect(page.locator(VIDEO)).to_be_attached(timeout=90_000)
    page.reload()
    stands(page)


def stands(page: Page) -> None:
    wait_until("a picture stands", lambda: page.locator(VIDEO).evaluate(STANDS, timeout=60_000), 60)


def test_a_running_survey_is_marked_and_the_mark_lies_on_the_same_picture_when_it_is_over(
    visit: Visit, artefacts: Path, violations: Violations
) -> None:
    inspector, approver = visit.inspector, visit.approver
    page = inspector.context.new_page()
    review(page, f"{visit.survey_url}/review")
    first = number(page, VIDEO)
    page.keyboard.press(".")
    wait_until("another picture", lambda: number(page, VIDEO) != first, 30)
    stands(page)
    page.keyboard.press("b")
    page.keyboard.press("ArrowDown")
    shown = number(page, VIDEO)
    page.keyboard.press("Enter")
    id = saved(page, "this sign is not lit")
    assert number(page, VIDEO) == shown
    page.click("[href='#findings']")
    page.locator(".check-card-head").first.click()
    page.locator(".check-card.open [data-verdict=rectify]").click()
    page.locator(".check-card.open .mark-picks summary").click()
    page.locator(".check-card.open [data-picks] label", has_text="this sign is not lit").click()
    expect(page.locator(".check-card.open .cited-mark")).to_contain_text("№ 1")
    expect(page.locator(".check-card.open [data-saved]")).to_contain_text("Saved")
    folder = artefacts / "marks"
    folder.mkdir(exist_ok=True)
    page.screenshot(path=folder / "review-finding-en.png")
    assert violations(page) == []
    page.close()

    end_survey(inspector, "One sign is to be mended.")

    review(approver, f"{visit.survey_url}/review#mark={id}")
    expect(approver.locator(f".marks-layer .chosen[data-mark='{id}']")).to_be_attached(timeout=20_000)
    assert number(approver, VIDEO) == shown
    expect(approver.locator("#findings .cited-mark")).to_contain_text("№ 1")
    approver.keyboard.press(".")
    expect(approver.locator(f".marks-layer [data-mark='{id}']")).to_have_count(0)
    approver.locator(f"[data-flag='{id}']").click()
    expect(approver.locator(f".marks-layer .chosen[data-mark='{id}']")).to_be_attached()
    assert number(approver, VIDEO) == shown
    approver.screenshot(path=folder / "review-en.png")
    approver.set_viewport_size(PHONE)
    approver.screenshot(path=folder / "review-phone-en.png", full_page=True)
