"""The chain of the ledger's keys: where trust goes from one key to another, and where it ends."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.model.key_history import (
    GRACE_US,
    KeyStatement,
    in_time,
    keys_document,
    next_statement,
    parse_keys,
    vouched,
)
from inspection.model.shape import Malformed
from tests.fakes import FakeSigner

KEYS = [FakeSigner(bytes([number]) * 32) for number in range(5)]
HOUR = 3_600_000_000


def history(count: int = 3, lost: int = -1) -> list[KeyStatement]:
    """Keys an hour apart; the one with index `lost` was followed by another without a word of its own."""
    told: list[KeyStatement] = []
    for number in range(count):
        hand_over = None if number == 0 or number - 1 == lost else KEYS[number - 1].sign
        key = KEYS[number]
        told.append(next_statement(told, key.public_key(), number * HOUR, key.sign, hand_over))
    return told


def hexes(*numbers: int) -> frozenset[str]:
    return frozenset(KEYS[number].public_key().hex() for number in numbers)


def test_a_history_is_published_and_read_back() -> None:
    for lost in (-1, 1):
        assert parse_keys(keys_document(history(4, lost), "o")) == history(4, lost)


def test_trust_goes_back_to_old_keys_and_on_to_new_ones() -> None:
    for number in range(3):
        assert vouched(history(), KEYS[number].public_key()) == hexes(0, 1, 2)
    assert vouched(history(), KEYS[4].public_key()) == frozenset()


def test_trust_does_not_outlive_a_lost_key() -> None:
    told = history(4, lost=1)
    assert told[2].lost
    assert vouched(told, KEYS[0].public_key()) == hexes(0, 1)
    assert vouched(told, KEYS[1].public_key()) == hexes(0, 1)
    assert vouched(told, KEYS[3].public_key()) == hexes(0, 1, 2, 3)


def test_an_old_key_signs_nothing_new() -> None:
    told = history()
    key = KEYS[0].public_key()
    assert in_time(told, key, HOUR + GRACE_US)
    assert not in_time(told, key, HOUR + GRACE_US + 1)
    assert in_time(told, KEYS[2].public_key(), 10**15)
    assert not in_time(told, KEYS[4].public_key(), 0)


def document(**changes: Any) -> dict[str, Any]:
    found = keys_document(history(), "o")
    found["keys"][1] |= changes
    return found


@pytest.mark.parametrize(
    "changes",
    [
        {"public_key": KEYS[4].public_key().hex(), "key": KEYS[4].fingerprint()},
        {"public_key": KEYS[0].public_key().hex(), "key": KEYS[0].fingerprint()},
        {"handed_over": ""},
        {"lost": True},
        {"lost": True, "handed_over": ""},
        {"at_us": 5 * HOUR},
        {"at_us": 0},
        {"previous": "0" * 64},
        {"number": 3},
        {"signature": "00" * 64},
        {"signature": "zz"},
        {"key": "00" * 32},
        {"more": 1},
    ],
)
def test_a_changed_statement_is_found(changes: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        parse_keys(document(**changes))


def test_a_statement_left_out_is_found() -> None:
    found = keys_document(history(), "o")
    del found["keys"][1]
    with pytest.raises(Malformed):
        parse_keys(found)
    with pytest.raises(Malformed):
        parse_keys({"keys": [], "origin": ""})


def test_somebody_elses_key_cannot_be_slipped_in_after_ours() -> None:
    told = history(1)
    thief = KEYS[4]
    forged = next_statement(told, thief.public_key(), HOUR, thief.sign, thief.sign)  # handed over by himself
    with pytest.raises(Malformed, match="signature-wrong"):
        parse_keys(keys_document([*told, forged], "o"))
    alone = next_statement(told, thief.public_key(), HOUR, thief.sign, None)  # "the old one was lost"
    assert vouched(parse_keys(keys_document([*told, alone], "o")), KEYS[0].public_key()) == hexes(0)


@given(st.integers(0, 2), st.sampled_from(["signature", "handed_over", "previous", "public_key"]), st.integers(0, 127))
def test_no_flipped_digit_goes_unseen(number: int, name: str, place: int) -> None:
    told = history()
    text = getattr(told[number], name)
    if not text:
        return
    place %= len(text)
    flipped = text[:place] + ("0" if text[place] != "0" else "1") + text[place + 1 :]
    told[number] = replace(told[number], **{name: flipped})
    with pytest.raises(Malformed):
        parse_keys(keys_document(told, "o"))
