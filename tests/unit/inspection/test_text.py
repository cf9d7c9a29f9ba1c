"""What a person may type."""

from datetime import date

import pytest

from inspection.model.deadline import add_working_days, office_day, working_days_left
from inspection.model.errors import Invalid, NotFound
from inspection.model.text import DIGEST, known, line, text
from tests.builders import NOW


@pytest.mark.parametrize("value", ["王芳", "  Zoë \n", "𠮷野家 👩‍🚒", "a" * 120])
def test_names_of_any_script_are_taken_and_trimmed(value: str) -> None:
    assert line(value, "name") == value.strip()


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("", "text-needed"), (" \t ", "text-needed"), ("a" * 121, "text-too-long"), ("a\x00b", "text-unusable"),
        ("a\nb", "text-unusable"), ("a\x1bb", "text-unusable"), ("\ud800", "text-unusable"),
        ("\u202etxt", "text-unusable"), ("a\u2028b", "text-unusable"), ("a\u2066b", "text-unusable"),
    ],
)  # fmt: skip
def test_a_line_refuses_what_would_hurt_a_page(value: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        line(value, "name")
    assert (refusal.value.code, refusal.value.facts["field"]) == (code, "name")


def test_a_text_keeps_its_lines() -> None:
    assert text(" one\r\ntwo\n", "note") == "one\ntwo"
    with pytest.raises(Invalid, match="text-too-long"):
        text("字" * 4001, "note")
    with pytest.raises(Invalid, match="text-unusable"):
        text("a\x00", "note")


def test_letters_have_one_form() -> None:
    assert line("e\u0301", "name") == "\u00e9"


@pytest.mark.parametrize("id", ["", "A", "a" * 33, "../x", "a\x00", "字"])
def test_what_no_id_looks_like_is_unknown(id: str) -> None:
    with pytest.raises(NotFound, match="case-unknown"):
        known(id, "case-unknown")


def test_a_digest_is_lower_case_hex() -> None:
    assert known("a" * 64, "segment-unknown", DIGEST) == "a" * 64
    with pytest.raises(NotFound):
        known("A" * 64, "segment-unknown", DIGEST)


def test_working_days_leave_out_weekends_and_holidays() -> None:
    friday = date(2026, 11, 27)
    assert add_working_days(friday, 1) == date(2026, 11, 30)
    assert add_working_days(friday, 5) == date(2026, 12, 4)
    assert add_working_days(friday, 1, frozenset({date(2026, 11, 30)})) == date(2026, 12, 1)
    assert add_working_days(date(2026, 11, 28), 0) == date(2026, 11, 28)
    assert working_days_left(friday, date(2026, 11, 30)) == 1
    assert working_days_left(date(2026, 12, 1), friday) == -2
    assert working_days_left(friday, friday) == 0


def test_the_office_day_begins_at_its_own_midnight() -> None:
    assert office_day(NOW.replace(hour=15, minute=59)) == date(2026, 11, 24)
    assert office_day(NOW.replace(hour=16)) == date(2026, 11, 25)
