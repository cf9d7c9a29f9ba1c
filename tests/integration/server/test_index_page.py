"""The page that a person opens first in a package: written from the package's own papers, whole in itself."""

import re
from pathlib import Path

import pytest

from inspection.services.annotate import Drawn, annotate, reply
from inspection.services.export import Making
from inspection.services.spot import Sight
from server.outbound.index_page import HtmlPage
from tests.builders import Stage

DIST = Path(__file__).resolve().parents[3] / "web" / "dist"


class PageStage(Stage):
    @property
    def making(self) -> Making:
        return Making(self.store, self.signer, HtmlPage("踏勘 <b>", "Asia/Shanghai"))


@pytest.fixture
def stage() -> PageStage:
    if not (DIST / "manifest.json").exists():
        pytest.skip("the pages are not built (./takan setup)")
    return PageStage()


def test_it_says_in_both_languages_what_the_papers_say(stage: PageStage) -> None:
    html = stage.exported()["index.html"].decode()
    assert "王芳" in html
    assert "材料齐全" in html
    assert html.count('<span lang="zh-CN">') == html.count('<span lang="en">') > 50
    assert "踏勘 &lt;b&gt;" in html
    assert "package." not in re.sub(r"package[-/.](tiles|jsonl|html)", "", html.split("<script")[0])


def test_every_file_that_it_shows_is_in_the_package(stage: PageStage) -> None:
    folder = stage.exported()
    named = set(re.findall(r'(?:src|href)="([^"]+)"', folder["index.html"].decode()))
    assert named <= set(folder)
    assert {path for path in folder if path.endswith((".mp4", ".jpg"))} <= named


def test_marks_are_told_with_what_was_said_of_them(stage: PageStage) -> None:
    survey, track = stage.filmed()
    sight = Sight(None, track.id, time_us=track.segments[0].start * 1_000_000 // track.timescale)
    drawn = Drawn("box", ((1, 1), (9, 9)), "甲", "Crack <here>")
    given = (stage.office, stage.store, stage.signer, stage.inspector, survey.id, "mark0001", sight, drawn, stage.now)
    annotate(*given)
    reply(stage.office, stage.signer, stage.approver, survey.id, "mark0001", "reply001", "Seen & noted", stage.now)
    html = stage.exported(stage.ended(survey, "pass", ""))["index.html"].decode()
    for words in ("№ 1 甲", "Crack &lt;here&gt;", "赵敏: Seen &amp; noted", "处理中"):
        assert words in html


def test_it_asks_nobody_for_anything(stage: PageStage) -> None:
    html = stage.exported()["index.html"].decode()
    assert "default-src 'none'" in html
    assert not re.search(r"https?://", html)


@pytest.mark.parametrize("outcome", ["cancelled", "no-show", "insufficient"])
def test_a_survey_that_shows_nothing_has_a_page_too(stage: PageStage, outcome: str) -> None:
    survey, _ = stage.opened()
    html = stage.exported(stage.ended(survey, outcome, "改期"))["index.html"].decode()
    assert "改期" in html
    assert "<video" not in html
