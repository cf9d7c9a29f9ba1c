"""Moments as microseconds, and values as columns."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from inspection.model.errors import Invalid
from storage.shelves.rows import columns_of, is_text
from storage.tables.base import Moment

DIALECT = sqlite.dialect()
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(1900, 1, 2), datetime(2999, 1, 1), timezones=ZONES)


class Kind(StrEnum):
    ONE = "one"


@dataclass(frozen=True)
class Value:
    name: str
    kind: Kind = Kind.ONE
    parts: tuple[str, ...] = ("a", "b")
    none: str | None = None


@given(MOMENTS)
def test_a_moment_comes_back_exactly(moment: datetime) -> None:
    kept = Moment().process_bind_param(moment, DIALECT)
    back = Moment().process_result_value(kept, DIALECT)
    assert back == moment
    assert back is not None
    assert back.tzinfo is UTC


def test_a_moment_counts_microseconds_from_1970() -> None:
    assert (
        Moment().process_bind_param(datetime(1970, 1, 1, 8, 0, 1, 5, timezone(timedelta(hours=8))), DIALECT)
        == 1_000_005
    )
    assert Moment().process_bind_param(None, DIALECT) is None


def test_a_moment_without_a_zone_is_a_bug() -> None:
    with pytest.raises(ValueError):
        Moment().process_bind_param(datetime(2026, 11, 24), DIALECT)


def test_a_value_becomes_plain_columns() -> None:
    assert columns_of(Value("名")) == {"name": "名", "kind": "one", "parts": ["a", "b"], "none": None}
    assert type(columns_of(Value("x"))["kind"]) is str


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800", "tail \udfff"])
def test_text_that_no_database_keeps_is_refused(text: str) -> None:
    assert not is_text(text)
    with pytest.raises(Invalid) as refusal:
        columns_of(Value(text))
    assert refusal.value.facts == {"field": "name"}


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_all_other_text_is_kept(text: str) -> None:
    assert columns_of(Value(text))["name"] == text
