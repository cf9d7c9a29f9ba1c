"""A film that a camera did not close, in a browser: recovered with another one's help, told, played beside its flight
and the outline of the site. Pictures in both languages are left under artefacts/recovered for people to look at."""

import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.acts import desk, phone
from tests.browser.test_upload import office
from tests.fixtures.instance import StartInstance
from tests.fixtures.processes import wait_until
from tests.integration.server.test_uploads_whole import SRT, film

OUTLINE = "30.0000, 120.0000\n30.0000, 120.0004\n30.0003, 120.0004\n30.0003, 120.0000"


def outlined(inspector: Page, url: str) -> str:
    """A case whose site has an outline."""
    inspector.goto(f"{url}/cases/new")
    inspector.locator("[name=item]").first.check()
    inspector.fill("[name=applicant]", "Hu Ming")
    inspector.fill("[name=address]", "88 Longhua Road")
    inspector.fill("[name=polygon]", OUTLINE)
    inspector.select_option("[name=approver]", label="Pan Jing")
    inspector.click("form[action='/cases/new'] button.main")
    inspector.wait_for_url(re.compile(r"/cases/(?!new)[0-9a-z]+"))
    return inspector.url.split("#")[0]


def test_a_film_that_was_not_closed_is_recovered_and_reviewed(
    start_instance: StartInstance, chromium: Browser, tmp_path: Path, artefacts: Path
) -> None:
    pictures = artefacts / "recovered"
    pictures.mkdir(exist_ok=True)
    codec = ("-c:v", "libx264", "-g", "25", "-pix_fmt", "yuv420p")
    whole = film(tmp_path / "DJI_0001.MP4", *codec, seconds=5, size="640x360")
    data = whole.read_bytes()
    cut, flight = tmp_path / "DJI_0002.MP4", tmp_path / "DJI_0002.SRT"
    cut.write_bytes(data[: data.rfind(b"moov") - 4])
    flight.write_text(SRT)
    with start_instance() as instance:
        inspector, _ = office(instance, chromium)
        case = outlined(inspector, instance.url)
        inspector.locator("input[name=kind][value=drone]").check(force=True)
        inspector.locator("form[action$='/surveys'] button").click()
        address = inspector.locator("[data-link]").first.input_value()
        applicant = phone(chromium, "zh-CN").new_page()
        applicant.goto(address)
        applicant.locator("a[href$='/files']").click()
        applicant.wait_for_url("**/files")
        applicant.set_input_files("#upload-files", [str(cut), str(flight)])
        line = applicant.locator(".upload", has_text=cut.name)
        expect(line).to_contain_text("缺少索引", timeout=60_000)
        applicant.set_input_files("#upload-files", [str(whole)])
        expect(line).not_to_contain_text("缺少索引", timeout=60_000)
        inspector.goto(f"{case}#uploads")
        inspector.reload()
        one = inspector.locator(".upload", has_text=cut.name)
        expect(one).to_have_attribute("data-state", "ready", timeout=90_000)
        one.locator("a").click()
        inspector.wait_for_url("**/evidence/*")
        expect(inspector.locator(".footage-checks")).to_contain_text("with the help of DJI_0001.MP4")
        expect(inspector.locator(".footage-checks")).to_contain_text("Filmed on the site all along")
        played = inspector.locator("#footage-video")
        wait_until("it can be played", lambda: played.evaluate("video => video.readyState") >= 2)
        assert played.evaluate("video => video.videoWidth") == 640
        expect(inspector.locator("#footage-flight")).to_be_visible(timeout=15_000)
        inspector.screenshot(path=pictures / "review-en.png", full_page=True)
        in_chinese(chromium, inspector, pictures)


def in_chinese(chromium: Browser, inspector: Page, pictures: Path) -> None:
    other = desk(chromium, "zh-CN")
    other.add_cookies(inspector.context.cookies())  # type: ignore[arg-type]
    page = other.new_page()
    page.goto(inspector.url)
    page.screenshot(path=pictures / "review-zh-CN.png", full_page=True)
    other.close()
