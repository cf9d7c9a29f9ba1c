"""Marks on pictures, as people make them: on the very picture that was shown, on every rendition, by several at once.

Pictures are left under artefacts/marks for people to look at."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.acts import Staff, add_staff, desk, open_case, phone, sign_in
from tests.fixtures.axe import Violations
from tests.fixtures.instance import Instance, started
from tests.fixtures.processes import wait_until
from tests.unit.media.films import X264, make, numbered

BITS = 15
SOON = 15_000  # ms: seconds on a quiet machine, and what a busy one may take
NUMBER = """([selector, bits]) => {
  const video = document.querySelector(selector), canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  const pen = canvas.getContext("2d", {willReadFrequently: true});
  pen.drawImage(video, 0, 0);
  const turned = video.videoHeight > video.videoWidth;
  const long = Math.max(video.videoWidth, video.videoHeight), scale = long / 320;
  let number = 0;
  for (let n = 0; n < bits; n++) {
    const along = (n * 16 + 8) * scale;
    const [x, y] = turned ? [8 * scale, long - along] : [along, 8 * scale];
    if (pen.getImageData(x, y, 1, 1).data[1] > 128) number += 2 ** n;
  }
  return number;
}"""


@dataclass(frozen=True, slots=True)
class Scene:
    """Two people who may mark, each at his own browser, and a case with a survey that takes uploads."""

    instance: Instance
    lead: Page
    approver: Page
    case_url: str

    def send(self, *paths: Path) -> None:
        self.lead.goto(f"{self.case_url}#uploads")
        self.lead.set_input_files("#upload-files", [str(path) for path in paths])
        for path in paths:
            line = self.lead.locator(".upload", has_text=path.name)
            expect(line).to_have_attribute("data-state", "ready", timeout=120_000)

    def address(self, path: Path) -> str:
        link = self.lead.locator(".upload", has_text=path.name).locator("a")
        return f"{self.instance.url}{link.get_attribute('href')}"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("marks")
    with started(folder / "data", folder / "log") as instance:
        name, one_time = instance.administrator()
        admin, lead, approver = (desk(chromium).new_page() for _ in range(3))
        sign_in(admin, instance.url, Staff("Administrator", name), one_time)
        for page, who, sign, role in ((lead, "Guo Wei", "guo", "inspector"), (approver, "Pan Jing", "pan", "approver")):
            sign_in(page, instance.url, Staff(who, sign), add_staff(admin, instance.url, who, sign, role))
        case_url = open_case(lead, instance.url, "Pan Jing")
        lead.locator("input[name=kind][value=drone]").check(force=True)
        lead.locator("form[action$='/surveys'] button").click()
        expect(lead.locator("[data-link]").first).to_be_attached()
        yield Scene(instance, lead, approver, case_url)
        for page in (admin, lead, approver):
            page.context.close()


@pytest.fixture(scope="module")
def film(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a film whose pictures carry their numbers; browsers play it as it is."""
    path = tmp_path_factory.mktemp("film") / "numbers.mp4"
    make(path, *numbered(4, bits=BITS), *X264, "-g", "25", "-bf", "2")
    scene.send(path)
    return scene.address(path)


@pytest.fixture(scope="module")
def pictures(artefacts: Path) -> Path:
    (folder := artefacts / "marks").mkdir(exist_ok=True)
    return folder


def number(page: Page, selector: str = "#footage-video") -> int:
    found: int = page.evaluate(NUMBER, [selector, BITS])
    return found


def open_film(page: Page, address: str) -> None:
    page.goto(address)
    wait_until("the film stands", lambda: page.locator("#footage-video").evaluate("video => video.readyState") >= 2)


def seek(page: Page, seconds: float) -> None:
    page.locator("#footage-video").evaluate("(video, at) => { video.currentTime = at; }", seconds)
    wait_until("it is there", lambda: page.locator("#footage-video").evaluate("video => !video.seeking"))


def drag(page: Page, tool: str, host: str, way: list[tuple[float, float]]) -> None:
    """Draw with the pointer over the picture's element, in shares of it."""
    page.click(f"[data-tool={tool}]")
    box = page.locator(host).bounding_box()
    assert box is not None
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in way]
    page.mouse.move(*at[0])
    page.mouse.down()
    for x, y in at[1:]:
        page.mouse.move(x, y, steps=4)
    page.mouse.up()


def saved(page: Page, words: str) -> str:
    """Write, save by Enter; the mark's id once the office has it."""
    page.fill("#mark-text", words)
    page.keyboard.press("Enter")
    card = page.locator(".mark-card", has_text=words)
    expect(card).to_contain_text("№")
    return card.get_attribute("data-mark") or ""


def told(page: Page) -> dict[str, Any]:
    """What the page was given by the server."""
    found: dict[str, Any] = page.evaluate("JSON.parse(document.getElementById('page').textContent)")
    return found


LIES = """([video, line]) => {
  const outer = video.getBoundingClientRect(), host = video.parentElement.getBoundingClientRect();
  const inner = line.getBBox();
  const scale = Math.min(outer.width / video.videoWidth, outer.height / video.videoHeight);
  const [width, height] = [video.videoWidth * scale, video.videoHeight * scale];
  const left = outer.left - host.left + (outer.width - width) / 2;
  const top = outer.top - host.top + (outer.height - height) / 2;
  return [(inner.x - left) / width, (inner.y - top) / height, inner.width / width, inner.height / height];
}"""


def lies(page: Page, id: str) -> list[float]:
    """Where a mark's line lies, in shares of the picture: left, top, width, height."""
    video = page.locator("#footage-video").element_handle()
    line = page.locator(f".marks-layer [data-mark='{id}'] .mark-line").element_handle()
    found: list[float] = page.evaluate(LIES, [video, line])
    return found


def kept(page: Page, id: str) -> dict[str, Any]:
    """The mark as the office has it."""
    survey = told(page)["marks"]["survey"]
    found = page.evaluate(
        "path => fetch(path).then((answer) => answer.json())", f"/api/v1/surveys/{survey}/annotations"
    )
    one: dict[str, Any] = next(one for one in found["annotations"] if one["id"] == id)
    return one


SOURCES = {
    "constant.mp4": (*X264, "-g", "25", "-bf", "2"),
    "variable.mp4": (
        *X264, "-vf", "settb=1/1000,setpts='N*40+mod(N,3)*10'", "-fps_mode", "passthrough", "-enc_time_base", "1/1000",
    ),
    "stream.ts": (*X264, "-g", "25", "-bf", "2"),
    "old.ts": ("-vf", "scale=960:540:flags=neighbor", "-c:v", "mpeg2video", "-q:v", "2"),
}  # fmt: skip


def source(name: str, folder: Path) -> Path:
    """A film whose pictures carry their numbers, difficult in its own way."""
    if name == "turned.mp4":
        return make(folder / name, "-display_rotation", "90", "-i", str(source("constant.mp4", folder)), "-c", "copy")
    if name == "edited.mp4":
        return make(folder / name, "-ss", "1.5", "-i", str(source("constant.mp4", folder)), "-c", "copy")
    return make(folder / name, *numbered(4, bits=BITS), *SOURCES[name])


@pytest.mark.parametrize("name", [*SOURCES, "turned.mp4", "edited.mp4"])
def test_what_was_marked_lies_on_the_same_picture_of_the_original_and_of_every_rendition(
    scene: Scene, name: str, tmp_path: Path
) -> None:
    page, path = scene.lead, source(name, tmp_path)
    scene.send(path)
    address = scene.address(path)
    open_film(page, address)
    names = page.locator("#quality option").evaluate_all("all => all.map((one) => one.value)") or [told(page)["source"]]
    assert len(names) > 1 or name != "old.ts", "there are several renditions"
    first = number(page)
    for at, played in ((1.1, names[-1]), (2.03, names[0])):
        open_film(page, f"{address}?play={played}")
        seek(page, at)
        page.keyboard.press("b")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Shift+ArrowDown")
        expect(page.locator("#mark-pad")).to_contain_text("41 % from the left")
        shown = number(page)
        page.keyboard.press("Enter")
        id = saved(page, f"marked at {at}")
        mark = kept(page, id)
        assert mark["frame"] == shown - first
        assert mark["source"]["name"] == played
        assert mark["points"] == [[410_000, 400_000], [610_000, 610_000]]
        for other in names:
            open_film(page, f"{address}?play={other}#mark={id}")
            expect(page.locator(f".marks-layer .chosen[data-mark='{id}']")).to_be_attached(timeout=SOON)
            assert number(page) == shown, f"{played} to {other}"


def test_an_hour_into_a_film_a_mark_lies_on_its_picture(scene: Scene, tmp_path: Path) -> None:
    path = make(tmp_path / "hour.mp4", *numbered(3_710, rate=5, bits=BITS), *X264, "-g", "20", "-bf", "2")
    scene.send(path)
    page, address = scene.lead, scene.address(path)
    open_film(page, address)
    seek(page, 3_700.05)
    page.keyboard.press(".")
    wait_until("the next picture", lambda: number(page) == 18_501)
    drag(page, "box", "#footage-screen", [(0.5, 0.5), (0.6, 0.6)])
    id = saved(page, "after an hour")
    assert kept(page, id)["frame"] == 18_501
    open_film(page, f"{address}#mark={id}")
    expect(page.locator(f".marks-layer .chosen[data-mark='{id}']")).to_be_attached(timeout=SOON)
    assert number(page) == 18_501


def test_a_box_is_drawn_on_a_known_picture_and_its_flag_leads_back_to_it(
    scene: Scene, film: str, pictures: Path
) -> None:
    page = scene.lead
    open_film(page, film)
    seek(page, 1.5)
    for _ in range(3):
        page.keyboard.press(".")
    wait_until("three pictures on", lambda: number(page) == 40)
    drag(page, "box", "#footage-screen", [(0.5, 0.4), (0.8, 0.75)])
    expect(page.locator("#mark-where")).to_contain_text("0:00:01.60")
    id = saved(page, "a crack over the lintel")
    page.screenshot(path=pictures / "film-en.png")
    mark = kept(page, id)
    assert (mark["frame"], mark["time_us"], mark["shape"]) == (40, 1_600_000, "box")
    assert [round(x / 1e5) for x, _ in mark["points"]] == [5, 8]
    open_film(page, f"{film}#mark={id}")
    expect(page.locator(f".mark-card.chosen[data-mark='{id}']")).to_be_visible()
    expect(page.locator(f".marks-layer [data-mark='{id}']")).to_be_attached(timeout=SOON)
    assert number(page) == 40
    for size in ({"width": 760, "height": 900}, {"width": 1600, "height": 700}, {"width": 1280, "height": 800}):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        wait_until("it fits", lambda: lies(page, id) == pytest.approx([0.5, 0.4, 0.3, 0.35], abs=0.02))
    page.click("#full")
    wait_until("all of the screen", lambda: page.evaluate("document.fullscreenElement !== null"))
    wait_until("it fits the whole screen", lambda: lies(page, id) == pytest.approx([0.5, 0.4, 0.3, 0.35], abs=0.02))
    page.click("#full")
    page.keyboard.press(".")
    wait_until("the next picture", lambda: number(page) == 41)
    expect(page.locator(f".marks-layer [data-mark='{id}']")).to_have_count(0)
    page.locator(f"[data-flag='{id}']").click()
    wait_until("its flag leads back", lambda: number(page) == 40)
    expect(page.locator(f".marks-layer [data-mark='{id}']")).to_be_attached(timeout=SOON)


def test_two_people_mark_one_picture_and_see_each_others_marks_within_seconds(
    scene: Scene, film: str, pictures: Path
) -> None:
    lead, approver = scene.lead, scene.approver
    for page in (lead, approver):
        open_film(page, film)
        seek(page, 3.02)
    drag(lead, "arrow", "#footage-screen", [(0.2, 0.3), (0.45, 0.6)])
    drag(approver, "freehand", "#footage-screen", [(0.6, 0.3), (0.7, 0.5), (0.8, 0.3), (0.6, 0.3)])
    arrow, ring = saved(lead, "this stair"), saved(approver, "is it wide enough?")
    for page in (lead, approver):
        for id in (arrow, ring):
            expect(page.locator(f".marks-layer [data-mark='{id}']")).to_be_attached(timeout=SOON)
    reply = approver.locator(f"li[data-mark='{arrow}'] textarea")
    reply.fill("1.1 m, I measured it")
    reply.press("Enter")
    expect(lead.locator(f"li[data-mark='{arrow}']")).to_contain_text("1.1 m, I measured it", timeout=SOON)
    lead.locator(f"li[data-mark='{ring}'] [data-act=close]").click()
    expect(approver.locator(f"li[data-mark='{ring}']")).to_have_attribute("data-state", "closed", timeout=SOON)
    approver.screenshot(path=pictures / "two-en.png")
    approver.locator("[name=marks-filter][value=closed]").check(force=True)
    expect(approver.locator("#marks-list li.mark-card")).to_have_count(1)


def test_a_finger_on_a_phone_draws_where_it_touches(
    scene: Scene, film: str, chromium: Browser, pictures: Path, violations: Violations
) -> None:
    page = phone(chromium).new_page()
    sign_in(page, scene.instance.url, Staff("Guo Wei", "guo"))
    open_film(page, film)
    page.tap("[data-tool=freehand]")
    box = page.locator("#footage-screen").bounding_box()
    assert box is not None
    finger = page.context.new_cdp_session(page)
    way = [(0.3 + n / 50, 0.5 + (n % 5) / 50) for n in range(20)]
    for n, (x, y) in enumerate(way):
        point = {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}
        kind = "touchMove" if n else "touchStart"
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(page.locator("#mark-form")).to_be_visible()
    page.screenshot(path=pictures / "phone-zh-CN.png")
    assert violations(page) == []
    page.fill("#mark-text", "这道裂缝")
    page.tap("#mark-form button.main")
    card = page.locator(".mark-card", has_text="这道裂缝")
    expect(card).to_contain_text("№")
    points = kept(page, card.get_attribute("data-mark") or "")["points"]
    assert [points[0][0] / 1e6, points[-1][0] / 1e6] == pytest.approx([0.3, 0.68], abs=0.01)
    page.context.close()


def test_without_a_network_a_mark_is_kept_over_a_reload_and_sent_afterwards(
    scene: Scene, film: str, pictures: Path
) -> None:
    page, context = scene.lead, scene.lead.context
    open_film(page, film)
    seek(page, 0.5)
    context.route("**/api/v1/surveys/*/annotations/**", lambda route: route.abort())
    drag(page, "box", "#footage-screen", [(0.1, 0.5), (0.3, 0.9)])
    page.fill("#mark-text", "seen while the line was down")
    page.keyboard.press("Enter")
    card = page.locator(".mark-card", has_text="seen while the line was down")
    expect(card).to_have_attribute("data-waiting", "coming")
    page.screenshot(path=pictures / "unsent-en.png")
    page.keyboard.press("t")
    page.keyboard.press("Enter")
    page.keyboard.type("half a sen")
    open_film(page, film)
    expect(card).to_have_attribute("data-waiting", "coming")
    expect(page.locator("#mark-text")).to_have_value("half a sen", timeout=SOON)
    expect(page.locator(".marks-layer .draft")).to_be_attached(timeout=SOON)
    context.unroute("**/api/v1/surveys/*/annotations/**")
    expect(card).to_have_attribute("data-waiting", "", timeout=SOON)
    expect(card).to_contain_text("№")
    assert kept(page, card.get_attribute("data-mark") or "")["frame"] == 12
    page.fill("#mark-text", "half a sentence, and its end")
    page.keyboard.press("Enter")
    expect(page.locator(".mark-card", has_text="and its end")).to_contain_text("№")


def test_a_large_photo_is_looked_at_closely_and_marked_there(
    scene: Scene, pictures: Path, tmp_path: Path, violations: Violations
) -> None:
    path = make(tmp_path / "roof.jpg", "-f", "lavfi", "-i", "testsrc2=s=6000x4000:d=1", "-frames:v", "1", "-q:v", "3")
    scene.send(path)
    page = scene.lead
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/tiles/" in request.url else None)
    page.goto(scene.address(path))
    picture = page.locator(".zoom")
    expect(picture).to_be_visible()
    assert asked == [], "all of it at once needs no tile"
    page.mouse.move(0, 0)
    picture.hover(position={"x": 300, "y": 200})
    page.mouse.wheel(0, -1200)
    wait_until("tiles are there", lambda: page.locator(".zoom-tiles img").count() > 0)
    assert 0 < len(asked) < 30, "only what is seen is loaded"
    drag(page, "box", ".zoom", [(0.3, 0.3), (0.7, 0.6)])
    id = saved(page, "a loose tile")
    near = page.locator(f".marks-layer [data-mark='{id}'] .mark-line").bounding_box()
    page.screenshot(path=pictures / "photo-en.png")
    page.locator(".zoom-buttons button").nth(2).click()
    far = page.locator(f".marks-layer [data-mark='{id}'] .mark-line").bounding_box()
    assert near is not None
    assert far is not None
    assert far["width"] < near["width"] / 4
    mark = kept(page, id)
    assert (mark["time_us"], mark["page"], mark["source"]["name"]) == (None, None, "view.jpg")
    assert violations(page) == []


def test_work_that_failed_can_be_tried_anew_from_the_page(scene: Scene, tmp_path: Path) -> None:
    (path := tmp_path / "plan.pdf").write_bytes(b"%PDF-1.7\n1 0 obj\n<< >>\nnothing that can be read\n%%EOF\n" * 40)
    scene.send(path)
    page = scene.lead
    page.goto(scene.address(path))
    with page.expect_response(re.compile("/jobs/.+/again$")) as answer:
        page.click("[data-act=again]")
    assert answer.value.ok
    expect(page.locator("[data-act=again]")).to_be_visible(timeout=30_000)
