"""Every page as its reader meets it: nothing that WCAG 2.2 AA forbids, small enough for a poor network, drawn in time.

Pictures of all pages are left under artefacts/pages for people to look at."""

import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, expect

from tests.browser.acts import DESK, PHONE, Staff, add_staff, book_survey, come_in, desk, open_case, phone, sign_in
from tests.fixtures.axe import Violations
from tests.fixtures.instance import Instance
from tests.fixtures.processes import wait_until
from tests.integration.server.test_uploads_whole import SRT, film
from tests.unit.media.films import make

LOOKS = [("en", "light"), ("zh-CN", "dark")]
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 94_000}  # bytes a second
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
BUDGETS = {  # kB of script, gzipped, at first view (LOOK.md)
    "visit": 150,
    "film": 150,
    "files": 150,
    "record": 150,
    "console": 300,
    "review": 500,
    "evidence": 500,
    "photo": 500,
    "uploads": 100,
    "cases": 100,
    "case-new": 100,
    "case": 100,
    "surveys": 100,
    "people": 100,
    "sign-in": 100,
}


@dataclass(frozen=True, slots=True)
class House:
    """A signed-in browser for each kind of reader, and the address of every page by name."""

    readers: dict[str, BrowserContext]
    pages: dict[str, tuple[str, str]]  # name: (reader, address)


@pytest.fixture(scope="module")
def house(instance: Instance, chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    url = instance.url
    readers = {name: desk(chromium) for name in ("stranger", "admin", "inspector", "approver")}
    readers["applicant"] = phone(chromium, "en-US")
    admin, inspector, approver = (readers[name].new_page() for name in ("admin", "inspector", "approver"))
    name, one_time = instance.administrator()
    sign_in(admin, url, Staff("Administrator", name), one_time)
    for person, page, role in (("Guo Wei", inspector, "inspector"), ("Pan Jing", approver, "approver")):
        given = add_staff(admin, url, person, person.split()[0].lower(), role)
        sign_in(page, url, Staff(person, person.split()[0].lower()), given)
    case_url = open_case(inspector, url, "Pan Jing")
    link = book_survey(inspector, case_url)
    inspector.locator("a[href$='/console']").first.click()
    inspector.wait_for_url("**/console")
    survey_url = inspector.url.removesuffix("/console")
    applicant = readers["applicant"].new_page()
    come_in(applicant, link)
    applicant.wait_for_url("**/film")
    visit = applicant.url
    applicant.close()
    sent = evidence(inspector, case_url, tmp_path_factory.mktemp("sent"))
    inspector.close()
    yield House(
        readers,
        {
            "sign-in": ("stranger", f"{url}/sign-in"),
            "not-found": ("stranger", f"{url}/cases/nothing"),
            "style": ("admin", f"{url}/style"),
            "people": ("admin", f"{url}/people"),
            "settings": ("admin", f"{url}/settings"),
            "password": ("admin", f"{url}/password"),
            "cases": ("inspector", f"{url}/cases"),
            "case-new": ("inspector", f"{url}/cases/new"),
            "case": ("inspector", case_url),
            "uploads": ("inspector", f"{case_url}#uploads"),
            "surveys": ("inspector", f"{url}/surveys"),
            "console": ("inspector", f"{survey_url}/console"),
            "review": ("inspector", f"{survey_url}/review"),
            "evidence": ("inspector", sent["DJI_0007.mp4"]),
            "photo": ("inspector", sent["roof.jpg"]),
            "cases-approver": ("approver", f"{url}/cases"),
            "visit": ("applicant", visit.removesuffix("/film")),
            "film": ("applicant", visit),
            "done": ("applicant", visit.removesuffix("/film") + "/done"),
            "files": ("applicant", visit.removesuffix("/film") + "/files"),
            "record": ("applicant", visit.removesuffix("/film") + "/record"),
        },
    )
    for reader in readers.values():
        reader.close()


def evidence(page: Page, case_url: str, folder: Path) -> dict[str, str]:
    """A film with its flight, marked once, and a photo, sent from the case's page; where each is reviewed."""
    codec = ("-c:v", "libx264", "-g", "25", "-pix_fmt", "yuv420p")
    film(folder / "DJI_0007.mp4", *codec, seconds=4, size="640x360")
    (folder / "DJI_0007.SRT").write_text(SRT)
    make(folder / "roof.jpg", "-f", "lavfi", "-i", "testsrc2=s=4800x3200:d=1", "-frames:v", "1")
    page.goto(f"{case_url}#uploads")
    page.set_input_files("#upload-files", [str(path) for path in sorted(folder.iterdir())])
    found = {}
    for name in ("DJI_0007.mp4", "roof.jpg"):
        line = page.locator(".upload", has_text=name)
        expect(line).to_have_attribute("data-state", "ready", timeout=120_000)
        found[name] = f"{origin(page.url)}{line.locator('a').get_attribute('href')}"
    page.goto(found["DJI_0007.mp4"])
    page.keyboard.press("b")
    page.keyboard.press("Enter")
    page.keyboard.type("A crack over the lintel, about as wide as a thumb")
    page.keyboard.press("Enter")
    expect(page.locator(".mark-card")).to_contain_text("№")
    return found


def origin(address: str) -> str:
    return "/".join(address.split("/")[:3])


NAMES = [
    "sign-in", "not-found", "style", "people", "settings", "password", "cases", "case-new", "case", "surveys",
    "console", "review", "uploads", "evidence", "photo", "cases-approver", "visit", "film", "done", "files", "record",
]  # fmt: skip


@pytest.fixture
def open_page(house: House) -> Iterator[Callable[[str, str, str], Page]]:
    """Opens a page by name in a language and theme."""
    opened: list[Page] = []

    def go(name: str, language: str, theme: str) -> Page:
        reader, address = house.pages[name]
        context = house.readers[reader]
        context.add_cookies([{"name": "takan-lang", "value": language, "url": origin(address)}])
        page = context.new_page()
        opened.append(page)
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        page.goto(address)
        return page

    yield go
    for page in opened:
        page.close()


@pytest.mark.parametrize(("language", "theme"), LOOKS)
@pytest.mark.parametrize("name", NAMES)
def test_a_page_can_be_used_by_everybody(
    name: str,
    language: str,
    theme: str,
    open_page: Callable[[str, str, str], Page],
    violations: Violations,
    artefacts: Path,
) -> None:
    page = open_page(name, language, theme)
    assert page.evaluate("document.documentElement.lang") == language
    found = violations(page)
    folder = artefacts / "pages"
    folder.mkdir(exist_ok=True)
    for form, size in (("desk", DESK), ("phone", PHONE)):
        page.set_viewport_size(size)
        page.screenshot(path=folder / f"{name}-{language}-{theme}-{form}.png", full_page=form == "phone")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{form}: {wide} px too wide"
    assert found == []


@pytest.mark.parametrize("name", sorted(BUDGETS))
def test_a_page_is_small_and_drawn_in_time_on_a_poor_network(name: str, house: House) -> None:
    reader, address = house.pages[name]
    page = house.readers[reader].new_page()
    scripts: list[Response] = []
    page.on("response", lambda response: scripts.append(response) if ".js" in response.url else None)
    line = house.readers[reader].new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.setCacheDisabled", {"cacheDisabled": True})
    line.send("Network.emulateNetworkConditions", SLOW)
    line.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.goto(address)
    wait_until("it is drawn", lambda: page.evaluate(PAINTED) is not None)
    drawn = page.evaluate(PAINTED)
    packed = sum(len(gzip.compress(response.body())) for response in scripts)
    sent = sum(response.request.sizes()["responseBodySize"] for response in scripts)
    page.close()
    assert packed <= BUDGETS[name] * 1000
    assert sent <= packed * 1.2, "scripts travel compressed"
    assert drawn <= 1500
