"""The ledger's canonical form and its chain."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.model.errors import Conflict, Invalid
from inspection.model.event import Event
from inspection.model.ledger import GENESIS, canonical, chain, entry_hash, head_message, microseconds, moment
from inspection.model.people import SYSTEM
from inspection.model.shape import Malformed, parse
from inspection.services.custody import enter
from tests.builders import NOW, a_head
from tests.fakes import FakeOffice, FakeSigner


def test_the_strings_and_literals_of_rfc_8785() -> None:
    # RFC 8785 section 3.2.2, its numbers left out: they are no part of our subset.
    value = {"string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/", "literals": [None, True, False]}
    assert canonical(value) == (b'{"literals":[null,true,false],"string":"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}')


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"b": 1, "a": 2, "A": 3, "10": 4, "1": 5}, b'{"1":5,"10":4,"A":3,"a":2,"b":1}'),
        ("\b\t\n\f\r\x7f\x01", b'"\\b\\t\\n\\f\\r\x7f\\u0001"'),
        ([2**53 - 1, -(2**53 - 1), 0], b"[9007199254740991,-9007199254740991,0]"),
        ("踏勘 📷", '"踏勘 📷"'.encode()),
        ({}, b"{}"),
    ],
)
def test_values_of_the_subset_have_one_form(value: Any, expected: bytes) -> None:
    assert canonical(value) == expected


def _deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value", [1.5, 2**53, -(2**53), {"中": 1}, {1: 2}, b"bytes", "\ud800", {"a": {1.0}}, _deep(40)]
)
def test_what_has_doubtful_forms_is_refused(value: Any) -> None:
    with pytest.raises(Invalid, match="not-canonical"):
        canonical(value)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(max_codepoint=127)), inner),
    max_leaves=12,
)


@given(VALUES)
def test_the_form_is_read_back_as_the_same_value(value: Any) -> None:
    assert parse(canonical(value)) == value


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{", b'{"a":1,"a":2}', b'{"a": 1}', b"[1.0]", b"NaN", b'"\\ud800"', b'\xef\xbb\xbf"a"', b"[" * 100_000,
        b"9" * 5000,
    ],
)  # fmt: skip
def test_other_bytes_are_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        parse(data)


def test_entries_follow_one_another() -> None:
    first = chain(None, "c1", "case-opened", SYSTEM, NOW, None, {"a": 1})
    second = chain(first, "c1", "viewed", SYSTEM, NOW + timedelta(seconds=1), "d" * 64, {})
    assert (first.number, first.previous) == (1, GENESIS)
    assert (second.number, second.previous) == (2, first.hash)
    assert second.at_us - first.at_us == 1_000_000


@pytest.mark.parametrize(
    "change",
    [
        {"number": 3}, {"at_us": 1}, {"actor": {"id": "x"}}, {"event": "x"}, {"digest": None}, {"body": {"a": 2}},
        {"previous": "0" * 63 + "1"}, {"case": "c2"},
    ],
)  # fmt: skip
def test_any_changed_field_changes_the_hash(change: dict[str, Any]) -> None:
    entry = chain(None, "c1", "case-opened", SYSTEM, NOW, "d" * 64, {"a": 1})
    assert entry_hash(replace(entry, **change)) != entry.hash == entry_hash(entry)


def test_the_head_is_signed_with_every_entry() -> None:
    office, signer = FakeOffice(), FakeSigner()
    with office.write() as work:
        enter(work, signer, "c1", Event.CASE_OPENED, SYSTEM, NOW, {})
        last = enter(work, signer, "c1", Event.VIEWED, SYSTEM, NOW, {"subject": "s"})
        head = work.ledger.head("c1")
    assert head is not None
    assert (head.count, head.hash) == (2, last.hash)
    assert signer.sign(head_message("c1", 2, last.hash, head.at_us)).hex() == head.signature


def test_two_entries_of_one_number_cannot_be() -> None:
    office = FakeOffice()
    entry = chain(None, "c1", "case-opened", SYSTEM, NOW, None, {})
    with office.write() as work:
        work.ledger.append(entry, a_head(entry))
    with pytest.raises(Conflict, match="ledger-moved"), office.write() as work:
        work.ledger.append(entry, a_head(entry))


def test_moments_are_exact_in_any_zone() -> None:
    east = timezone(timedelta(hours=8))
    assert microseconds(datetime(2026, 11, 24, 10, 0, 0, 1, tzinfo=east)) == microseconds(NOW) + 1
    assert moment(microseconds(NOW)) == NOW
    assert microseconds(datetime(1970, 1, 1, tzinfo=UTC)) == 0
