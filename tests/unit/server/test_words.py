"""Sentences are found by key and filled by name; a missing one is seen, not hidden."""

import re
from pathlib import Path

from server.problems import CODES, STATUS
from server.words import Catalogue, pick

HOUSE = Path(__file__).resolve().parents[3]
CATALOGUE = Catalogue({"zh-CN": {"a.one": "一 {n}"}, "en": {"a.one": "one {n} {m}", "ab.two": "two"}})


def test_a_sentence_is_filled_by_name() -> None:
    assert CATALOGUE.say("zh-CN")("a.one", n=3) == "一 3"
    assert CATALOGUE.say("en")("a.one", n="{m}") == "one {m} {m}"
    assert CATALOGUE.say("en")("a.none") == "a.none"


def test_a_page_module_gets_the_words_of_its_prefixes() -> None:
    assert CATALOGUE.words("en", ("a",)) == {"a.one": "one {n} {m}"}


def test_a_text_in_another_language_is_better_than_none() -> None:
    assert pick({"zh-CN": "门"}, "en") == "门"
    assert pick({"zh-CN": "门", "en": "door"}, "en") == "door"


def test_every_refusal_has_a_sentence_in_both_languages() -> None:
    """Every code that the office or the server can raise; a status's sentence stands in where a code says no more."""
    raised = re.compile(
        r"\b(?:Refusal|Invalid|NotFound|Forbidden|Conflict|WrongMoment|Unauthenticated|Unavailable|TooMany|TooLarge"
        r'|NotHere)\(\s*"([a-z-]+)"'
    )
    sources = [path for folder in ("inspection", "server") for path in (HOUSE / folder).rglob("*.py")]
    codes = {code for path in sources for code in raised.findall(path.read_text("utf-8"))} | set(CODES.values())
    catalogue = Catalogue.read(HOUSE / "web" / "translations")
    for language in ("zh-CN", "en"):
        say = catalogue.say(language)
        missing = sorted(code for code in codes if say(f"problem.{code}") == f"problem.{code}")
        assert not missing, language
        for status in {*STATUS.values(), 500}:
            assert say(f"problem.status-{status}") != f"problem.status-{status}"
