"""Digests as keys, checked bytes, windows on a file."""

from hashlib import sha256
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.model.errors import NotFound, WrongDigest
from storage.objects.bytes import Window, checked, is_intact, key_of

DATA = bytes(range(256)) * 9000  # more than two chunks
DIGEST = sha256(DATA).hexdigest()


def test_a_key_fans_out_by_the_digest() -> None:
    assert key_of(DIGEST) == f"{DIGEST[:2]}/{DIGEST[2:4]}/{DIGEST}"


@given(st.text(max_size=70))
def test_only_a_digest_becomes_a_key(name: str) -> None:
    with pytest.raises(NotFound):
        key_of(name)


def test_checked_bytes_are_the_source_s() -> None:
    assert b"".join(checked(BytesIO(DATA), DIGEST, len(DATA))) == DATA


@pytest.mark.parametrize("size", [0, len(DATA) - 1, len(DATA) + 1])
def test_another_size_is_refused(size: int) -> None:
    with pytest.raises(WrongDigest):
        list(checked(BytesIO(DATA), DIGEST, size))
    assert not is_intact(BytesIO(DATA), DIGEST, size)


def test_a_source_that_does_not_end_is_left_at_its_promised_size() -> None:
    class Endless(BytesIO):
        given = 0

        def read(self, size: int | None = -1, /) -> bytes:
            Endless.given += 1
            return bytes(1000)

    with pytest.raises(WrongDigest):
        list(checked(Endless(), DIGEST, 2500))
    assert Endless.given == 3


def test_one_changed_bit_is_found() -> None:
    changed = bytearray(DATA)
    changed[-1] ^= 1
    assert not is_intact(BytesIO(bytes(changed)), DIGEST, len(DATA))


@given(st.integers(0, 30), st.one_of(st.none(), st.integers(0, 30)), st.integers(1, 9))
def test_a_window_shows_what_a_slice_would(start: int, end: int | None, step: int) -> None:
    data = bytes(range(20))
    window = Window(BytesIO(data), start, end)
    assert b"".join(iter(lambda: window.read(step) or b"", b"")) == data[start:end]


def test_closing_a_window_closes_its_file() -> None:
    file = BytesIO(b"data")
    Window(file, 0, None).close()
    assert file.closed
