"""An upload in a real browser: it breaks, the page is loaded anew, the file chosen again, it goes on; it is reviewed.

Pictures are left under artefacts/upload for people to look at."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from server import wiring
from server.configuration import load
from tests.browser.acts import Staff, add_staff, desk, open_case, phone, sign_in
from tests.fixtures.instance import Instance, StartInstance
from tests.fixtures.processes import wait_until
from tests.integration.server.test_uploads_whole import SRT, film


@pytest.fixture
def film_and_flight(tmp_path: Path) -> tuple[Path, Path]:
    path = film(
        tmp_path / "DJI_0007.mp4", "-c:v", "libx264", "-g", "25", "-pix_fmt", "yuv420p", seconds=6, size="640x360"
    )
    (sidecar := tmp_path / "DJI_0007.SRT").write_text(SRT)
    return path, sidecar


SLOW = {"offline": False, "latency": 20, "downloadThroughput": 2_000_000, "uploadThroughput": 200_000}
FAST = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}


def breaking(page: Page, line: Locator) -> None:
    """The page is loaded anew while the file is on its way: its connection breaks."""
    bar = line.locator("progress")
    wait_until("some of it left the browser", lambda: bar.evaluate("bar => bar.value") > 250_000, 30)
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()


def test_an_upload_breaks_goes_on_after_a_reload_and_is_reviewed(
    start_instance: StartInstance, chromium: Browser, film_and_flight: tuple[Path, Path], artefacts: Path
) -> None:
    pictures = artefacts / "upload"
    pictures.mkdir(exist_ok=True)
    path, sidecar = film_and_flight
    with start_instance() as instance:
        inspector, case = office(instance, chromium)
        inspector.locator("input[name=kind][value=drone]").check(force=True)
        inspector.locator("form[action$='/surveys'] button").click()
        address = inspector.locator("[data-link]").first.input_value()
        applicant = phone(chromium, "zh-CN").new_page()
        applicant.goto(address)
        applicant.locator("a[href$='/files']").click()
        applicant.wait_for_url("**/files")
        line = applicant.locator(".upload", has_text=path.name)
        link = applicant.context.new_cdp_session(applicant)
        link.send("Network.enable")
        link.send("Network.emulateNetworkConditions", SLOW)
        applicant.set_input_files("#upload-files", [str(path)])
        breaking(applicant, line)
        held(instance, 1)
        applicant.screenshot(path=pictures / "broken-zh-CN.png")
        link.send("Network.emulateNetworkConditions", FAST)
        expect(line).to_have_attribute("data-state", "arriving")
        expect(line).to_contain_text(re.compile(r"\d+ %"))
        asked: list[str] = []
        applicant.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
        applicant.set_input_files("#upload-files", [str(path), str(sidecar)])
        expect(line).to_have_attribute("data-state", re.compile("admitted|ready|working"), timeout=60_000)
        begun = [one for one in asked if one.startswith("POST") and one.endswith("/uploads")]
        assert len(begun) == 1, "the film went on where it was; only the flight log began"
        folder_sent(instance, applicant, path.parent / "roof")
        applicant.screenshot(path=pictures / "applicant-zh-CN.png")
        reviewed(inspector, case, path, pictures)


def folder_sent(instance: Instance, page: Page, folder: Path) -> None:
    """A folder with files of one name and size in two places: each is sent, and keeps its path."""
    for place in ("east", "west"):
        (folder / place).mkdir(parents=True)
        (folder / place / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0" + place.encode() * 500)
    page.set_input_files("#upload-folder", str(folder))
    for place in ("east", "west"):
        line = page.locator(".upload", has_text=f"roof/{place}/photo.jpg")
        expect(line).to_have_count(1)
        expect(line).to_have_attribute("data-state", re.compile("admitted|ready|working"), timeout=60_000)
    given = wiring.services(load(instance.data, None, {}))
    with given.office.read() as work:
        rows = [row for case in work.cases.list(None, None, None, "", 0, 10) for row in work.uploads.of_case(case.id)]
    assert {"roof/east/photo.jpg", "roof/west/photo.jpg"} <= {str(row.said.get("path")) for row in rows}


def office(instance: Instance, chromium: Browser) -> tuple[Page, str]:
    name, one_time = instance.administrator()
    admin, inspector = desk(chromium).new_page(), desk(chromium).new_page()
    sign_in(admin, instance.url, Staff("Administrator", name), one_time)
    add_staff(admin, instance.url, "Pan Jing", "pan", "approver")
    given = add_staff(admin, instance.url, "Guo Wei", "guo", "inspector")
    sign_in(inspector, instance.url, Staff("Guo Wei", "guo"), given)
    return inspector, open_case(inspector, instance.url, "Pan Jing")


def held(instance: Instance, least: int) -> None:
    """Until the office holds that much of the one upload."""
    given = wiring.services(load(instance.data, None, {}))

    def there() -> bool:
        with given.office.read() as work:
            cases = work.cases.list(None, None, None, "", 0, 10)
            return any(one.received >= least for case in cases for one in work.uploads.of_case(case.id))

    wait_until(f"{least} bytes are held", there, 30)


def reviewed(page: Page, case: str, path: Path, pictures: Path) -> None:
    page.goto(f"{case}#uploads")
    page.reload()
    line = page.locator(".upload", has_text=path.name)
    expect(line).to_have_attribute("data-state", "ready", timeout=90_000)
    page.screenshot(path=pictures / "case-en.png")
    line.locator("a").click()
    page.wait_for_url("**/evidence/*")
    film = page.locator("#footage-video")
    expect(page.locator("#footage-flight")).to_be_visible(timeout=15_000)
    wait_until("the film can be played", lambda: film.evaluate("video => video.readyState") >= 2)
    curve = page.locator("#footage-curve").bounding_box()
    assert curve is not None
    page.mouse.click(curve["x"] + curve["width"] * 0.99, curve["y"] + 20)  # the height curve seeks
    wait_until("the film is there", lambda: film.evaluate("video => video.currentTime") > 0.5)
    place = page.locator("#footage-map").bounding_box()
    assert place is not None
    page.mouse.click(place["x"] + 5, place["y"] + place["height"] - 5)  # the map's first corner: the flight's begin
    wait_until("the film is at its begin", lambda: film.evaluate("video => video.currentTime") < 0.5)
    page.hover("#footage-line", position={"x": 100, "y": 10})
    expect(page.locator("#footage-peek")).to_be_visible()
    page.screenshot(path=pictures / "review-en.png")
    assert film.evaluate("video => video.videoWidth") == 640
