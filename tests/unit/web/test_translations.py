"""Both catalogues say the same things, and everything that is said is in them."""

import json
import re
from pathlib import Path

import pytest

WEB = Path(__file__).resolve().parents[3] / "web"
CATALOGUES = {name: json.loads((WEB / "translations" / f"{name}.json").read_text("utf-8")) for name in ("zh-CN", "en")}
PLACE = re.compile(r"\{(\w+)\}")
SAID = re.compile(r"""\bsay\(\s*["']([a-z_]+\.[a-zA-Z0-9_.-]*[a-zA-Z0-9_])["']\s*[,)]""")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
NAME_OF_THE_LANGUAGE = "中文"  # stands in its own language on every page


SOURCES = [*sorted((WEB / "templates").glob("*.html")), *sorted((WEB / "modules").glob("*.ts"))]


def test_both_languages_have_the_same_keys() -> None:
    assert CATALOGUES["zh-CN"].keys() == CATALOGUES["en"].keys()


def test_both_languages_fill_the_same_places() -> None:
    differing = [
        key
        for key, sentence in CATALOGUES["en"].items()
        if set(PLACE.findall(sentence)) != set(PLACE.findall(CATALOGUES["zh-CN"][key]))
    ]
    assert differing == []


def test_no_sentence_is_empty_or_in_the_other_language() -> None:
    assert [key for key, sentence in CATALOGUES["zh-CN"].items() if not sentence.strip()] == []
    assert [key for key, sentence in CATALOGUES["en"].items() if not sentence.strip() or CHINESE.search(sentence)] == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_what_a_page_says_is_in_the_catalogue(path: Path) -> None:
    text = path.read_text("utf-8")
    assert sorted(set(SAID.findall(text)) - CATALOGUES["en"].keys()) == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_page_holds_a_sentence_of_its_own(path: Path) -> None:
    text = path.read_text("utf-8").replace(NAME_OF_THE_LANGUAGE, "")
    if path.suffix == ".ts":
        text = re.sub(r'"、"', "", text)
    assert CHINESE.findall(text) == []
