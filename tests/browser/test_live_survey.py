"""The first purpose of Takan, told with real browsers: a live survey becomes evidence that an approver decides on."""

import json
import os
import re
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pytest
from playwright.sync_api import Page, expect

from tests.browser.acts import (
    Staff,
    add_staff,
    book_survey,
    come_in,
    desk,
    end_survey,
    invite,
    open_case,
    phone,
    sign_in,
    start_filming,
)
from tests.browser.senses import delays, hears, sees
from tests.fixtures.chromium import LaunchChromium
from tests.fixtures.clip import Clip, make_clip
from tests.fixtures.instance import Instance, StartInstance

INSPECTORS_TONE = 440


@dataclass(frozen=True, slots=True)
class Cast:
    """Four people at their own browsers, and the survey that they take part in."""

    instance: Instance
    inspector: Page
    applicant: Page
    second: Page
    approver: Page
    outsider: Page
    case_url: str
    link: str
    survey_url: str


@pytest.fixture(scope="module")
def inspectors_clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return make_clip(tmp_path_factory.mktemp("inspector"), tone=INSPECTORS_TONE)


@pytest.fixture
def cast(
    start_instance: StartInstance, launch_chromium: LaunchChromium, clip: Clip, inspectors_clip: Clip
) -> Iterator[Cast]:
    """An instance with its people, an open case, a booked survey, and everyone's pages open."""
    with start_instance() as instance:
        at_site, at_desk = launch_chromium(clip), launch_chromium(inspectors_clip)
        admin = desk(at_desk).new_page()
        name, one_time = instance.administrator()
        sign_in(admin, instance.url, Staff("Administrator", name), one_time)
        pages: dict[str, Page] = {}
        for name, sign, role in (
            ("Lin Yue", "lin", "inspector"),
            ("Zhou Ning", "zhou", "approver"),
            ("Ma Rui", "ma", "inspector"),
            ("Sun Li", "sun", "approver"),
        ):
            one_time = add_staff(admin, instance.url, name, sign, role)
            pages[sign] = desk(at_desk).new_page()
            sign_in(pages[sign], instance.url, Staff(name, sign), one_time)
        case_url = open_case(pages["lin"], instance.url, "Zhou Ning")
        link = book_survey(pages["lin"], case_url)
        pages["lin"].locator("a[href$='/console']").first.click()
        pages["lin"].wait_for_url("**/console")
        survey_url = pages["lin"].url.removesuffix("/console")
        applicant = phone(at_site).new_page()
        yield Cast(
            instance, pages["lin"], applicant, pages["ma"], pages["zhou"], pages["sun"], case_url, link, survey_url
        )
        for browser in (at_site, at_desk):
            browser.close()


def test_a_live_survey_becomes_evidence_that_an_approver_decides_on(cast: Cast, artefacts: Path) -> None:
    inspector, applicant, second, approver = cast.inspector, cast.applicant, cast.second, cast.approver
    come_in(applicant, cast.link, name="胡明")
    start_filming(applicant)

    sees(inspector, "#picture")
    hears(inspector, "#picture", 1000)
    hears(applicant, "#ears audio, #ears video", INSPECTORS_TONE)
    measured = delays(applicant, "#mirror", inspector, "#picture", 8)
    assert len(measured) >= 5, measured
    assert median(measured) < 500, measured

    invite(inspector, cast.case_url, "Ma Rui")
    second.goto(f"{cast.survey_url}/console")
    sees(second, "#picture")
    hears(second, "#picture", 1000)
    second.close()
    inspector.screenshot(path=artefacts / "console.png")
    applicant.screenshot(path=artefacts / "filming.png")

    inspector.locator(".check-card-head").first.click()
    expect(applicant.locator("#ask-title")).not_to_have_text(re.compile("^$"))
    inspector.click("#snap")
    expect(inspector.locator("#strip > *").first).to_be_visible()
    inspector.locator("[data-verdict=pass]").first.click()
    inspector.locator(".check-card-head").nth(1).click()
    inspector.locator("[data-verdict=rectify]").nth(1).click()
    inspector.locator("[data-note]").nth(1).fill("The sign over the second exit is not lit.")
    inspector.locator("[data-note]").nth(1).blur()

    review = inspector.context.new_page()
    review.goto(f"{cast.survey_url}/review")
    review.click("#play")
    sees(review, "#videos video")
    hears(review, "#videos audio[data-name='胡明']", 1000)
    review.close()

    end_survey(inspector, "One sign is to be mended.")
    applicant.wait_for_url("**/done")

    approver.goto(f"{cast.survey_url}/review")
    expect(approver.locator("#findings")).to_contain_text("The sign over the second exit is not lit.")
    approver.click("#play")
    sees(approver, "#videos video")
    hears(approver, "#videos audio[data-name='胡明']", 1000)
    hears(approver, "#videos audio[data-name='Lin Yue']", INSPECTORS_TONE)
    approver.screenshot(path=artefacts / "review.png")
    approver.click("[href='#facts']")
    expect(approver.locator("#facts")).to_contain_text(re.compile("[0-9a-f]{8}"))

    approver.goto(cast.case_url)
    approver.screenshot(path=artefacts / "case.png", full_page=True)
    approver.goto(f"{cast.survey_url}/review")
    approver.fill("[name=reason]", "All but one sign; to be shown within a month.")
    approver.click("[name=outcome][value=approved]")
    expect(approver.locator(".verdict.approved, .chip.green").first).to_be_visible()


def test_nobody_else_sees_the_case(cast: Cast) -> None:
    for address in (cast.case_url, f"{cast.survey_url}/review", f"{cast.survey_url}/console"):
        answer = cast.outsider.goto(address)
        assert answer is not None
        assert answer.status == 404


def test_a_reload_of_the_applicants_page_rejoins_by_itself(cast: Cast) -> None:
    come_in(cast.applicant, cast.link)
    start_filming(cast.applicant)
    sees(cast.inspector, "#picture")
    cast.applicant.reload()
    sees(cast.inspector, "#picture")
    hears(cast.inspector, "#picture", 1000)


def test_a_node_that_dies_is_told_and_everybody_comes_back_by_himself(cast: Cast) -> None:
    come_in(cast.applicant, cast.link)
    start_filming(cast.applicant)
    sees(cast.inspector, "#picture")
    os.kill(process_of(cast.instance, "media"), signal.SIGKILL)
    expect(cast.applicant.locator("#interrupted")).to_be_visible(timeout=15_000)
    expect(cast.applicant.locator("#interrupted")).to_be_hidden(timeout=30_000)
    sees(cast.inspector, "#picture")
    hears(cast.inspector, "#picture", 1000)
    hears(cast.applicant, "#ears audio", INSPECTORS_TONE)


def process_of(instance: Instance, role: str) -> int:
    """The id of the role's process as it runs now."""
    return int(json.loads((instance.data / "run" / "up.json").read_text())["roles"][role])


def test_without_consent_no_media_is_sent(cast: Cast) -> None:
    applicant = cast.applicant
    applicant.goto(cast.link)
    applicant.click("[data-step=what] [data-next]")
    applicant.click("[data-step=name] button.main")
    applicant.click("#consent-refuse")
    expect(applicant.locator("[data-step=refused]")).to_be_visible()
    applicant.goto(f"{cast.survey_url.replace('/surveys/', '/visit/')}/film")
    assert not applicant.url.endswith("/film")
