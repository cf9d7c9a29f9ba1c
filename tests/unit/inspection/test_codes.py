"""Every refusal has a code that a catalogue of sentences can be complete about."""

import ast
import json
import re
from pathlib import Path

import pytest

from inspection.model.errors import CODES
from inspection.model.event import Event

KINDS = {"Invalid", "NotFound", "Unauthenticated", "TooMany", "Forbidden", "Conflict", "WrongMoment", "Unavailable"}
PORTS = {
    "authority-away", "case-number-taken", "checklist-taken", "checklist-unknown", "database-away",
    "digest-wrong", "evidence-taken", "evidence-unknown", "key-taken", "ledger-moved", "log-moved",
    "object-missing", "rendition-unknown", "seal-away", "seal-expired", "seal-revoked", "sign-in-taken", "stamp-taken",
    "store-away", "survey-number-taken", "witness-away",
}  # fmt: skip
ROOT = Path(__file__).parents[3] / "inspection"


def raised() -> set[str]:
    codes = set()
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                place = 0 if node.func.id in KINDS else 1 if node.func.id == "known" else None
                if place is not None and isinstance(node.args[place], ast.Constant):
                    codes.add(node.args[place].value)  # type: ignore[attr-defined]
    return codes


def test_the_codes_are_those_that_are_raised_here_or_by_the_ports() -> None:
    assert raised() | PORTS == CODES


def test_a_code_is_words_with_hyphens() -> None:
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in CODES)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_each_code_has_a_sentence(language: str) -> None:
    catalogue = json.loads((ROOT.parent / f"web/translations/{language}.json").read_text("utf-8"))
    assert [code for code in sorted(CODES) if f"problem.{code}" not in catalogue] == []
    assert [event.value for event in Event if f"story.{event.value}" not in catalogue] == []
