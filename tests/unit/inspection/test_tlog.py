"""The forms of C2SP: what is written is read back, what is not in form is refused, a signature holds for one thing."""

from base64 import b64decode
from contextlib import suppress
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from inspection.model.shape import Malformed
from inspection.model.tlog import (
    LOG_KEY,
    WITNESS_KEY,
    Checkpoint,
    Note,
    Proof,
    Submission,
    VerifierKey,
    cosign,
    cosigned_at,
    is_signed,
    parse_checkpoint,
    parse_key,
    parse_note,
    parse_proof,
    parse_signatures,
    parse_submission,
    sign_note,
)

# The key and the note of the signed-note package of Go's module mirror: another's work, byte for byte.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_LINE = (
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_a_note_that_others_have_signed() -> None:
    note = parse_note((GO_TEXT + "\n" + GO_LINE).encode())
    key = parse_key(GO_KEY)
    assert (key.name, key.kind, key.text()) == ("PeterNeumann", LOG_KEY, GO_KEY)
    assert note.write() == (GO_TEXT + "\n" + GO_LINE).encode()
    assert is_signed(note, key)
    assert not is_signed(Note(note.text.replace("think", "thinK"), note.signatures), key)


PRIVATE = Ed25519PrivateKey.from_private_bytes(b"l" * 32)
LOG = VerifierKey("takan.example/log", LOG_KEY, PRIVATE.public_key().public_bytes_raw())
WITNESS_PRIVATE = Ed25519PrivateKey.from_private_bytes(b"w" * 32)
WITNESS = VerifierKey("witness.example/w1", WITNESS_KEY, WITNESS_PRIVATE.public_key().public_bytes_raw())
CHECKPOINT = Checkpoint(LOG.name, 20852163, sha256(b"root").digest())


def signed(text: str = CHECKPOINT.text()) -> Note:
    return Note(text, (sign_note(text, LOG, PRIVATE.sign),))


def test_a_checkpoint_is_three_lines_and_comes_back() -> None:
    assert CHECKPOINT.text().split("\n")[:2] == ["takan.example/log", "20852163"]
    assert b64decode(CHECKPOINT.text().split("\n")[2]) == CHECKPOINT.root
    assert parse_checkpoint(CHECKPOINT.text()) == CHECKPOINT
    assert parse_checkpoint(CHECKPOINT.text() + "another line\n") == CHECKPOINT


@pytest.mark.parametrize(
    "text",
    ["", "a\n", "a\n1\n", "a\n01\nAAAA\n", "a\n1\nAAAA\n", "a\n-1\n" + "A" * 43 + "=\n", " \n1\n" + "A" * 43 + "=\n",
     "a\n1\n" + "A" * 43 + "=\n\nb\n", "a\n1\n" + "A" * 42 + "B=\n", "a\n1\n" + "A" * 44 + "\n"],
)  # fmt: skip
def test_a_checkpoint_that_is_not_in_form_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        parse_checkpoint(text)


def test_a_key_signs_under_its_own_name_only() -> None:
    note = signed()
    assert is_signed(note, LOG)
    assert not is_signed(note, VerifierKey("other.example/log", LOG_KEY, LOG.public_key))
    assert not is_signed(note, VerifierKey(LOG.name, LOG_KEY, WITNESS.public_key))
    two = Note(note.text, (*note.signatures, sign_note("another text\n", LOG, PRIVATE.sign)))
    assert not is_signed(two, LOG)  # a line that claims to be its own and is not


def test_a_witness_says_when() -> None:
    note = signed()
    line = cosign(note.text, WITNESS, WITNESS_PRIVATE.sign, 1_800_000_000)
    assert len(line.data) == 8 + 64
    both = Note(note.text, (*note.signatures, line))
    assert cosigned_at(parse_note(both.write()), WITNESS) == 1_800_000_000
    assert cosigned_at(note, WITNESS) is None
    late = Note(note.text, (cosign(note.text, WITNESS, WITNESS_PRIVATE.sign, 5), line))
    assert cosigned_at(late, WITNESS) == 1_800_000_000
    forged = type(line)(line.name, line.key_id, (1).to_bytes(8, "big") + line.data[8:])
    with pytest.raises(Malformed, match="signature-wrong"):
        cosigned_at(Note(note.text, (forged,)), WITNESS)
    other = Note(Checkpoint(LOG.name, 1, CHECKPOINT.root).text(), (line,))
    with pytest.raises(Malformed, match="signature-wrong"):
        cosigned_at(other, WITNESS)


def test_key_ids_are_those_of_the_specification() -> None:
    told = sha256(b"witness.example/w1\n\x04" + WITNESS.public_key).digest()[:4]
    assert WITNESS.id() == told
    assert parse_key(WITNESS.text()) == WITNESS
    with pytest.raises(Malformed, match="key-wrong"):
        parse_key(WITNESS.text().replace("w1", "w2"))


def test_a_proof_and_a_submission_come_back() -> None:
    note, path = signed().write(), (b"a" * 32, b"b" * 32)
    for count in range(3):
        proof = Proof(73894, path[:count], note)
        assert parse_proof(proof.write()) == proof
        submission = Submission(20852014, path[:count], note)
        assert parse_submission(submission.write()) == submission
    lines = Proof(0, path, note).write().decode().split("\n")
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 0"]
    extra = Proof(5, path, note).write().replace(b"index", b"extra YWJj\nindex")
    assert parse_proof(extra) == Proof(5, path, note)


@pytest.mark.parametrize(
    ("whole", "by"),
    [
        (b"old 7", b"old 07"),
        (b"old 7", b"old -1"),
        (b"old 7", b"new 7"),
        (b"old 7\n", b"old 7\nAAAA\n"),
        (b"\n\n", b"\n"),
    ],
)
def test_a_submission_that_is_not_in_form_is_refused(whole: bytes, by: bytes) -> None:
    data = Submission(7, (b"a" * 32,), b"").write()
    with pytest.raises(Malformed):
        parse_submission(data.replace(whole, by, 1))
    with pytest.raises(Malformed):
        parse_submission(Submission(7, (b"a" * 32,) * 64, b"").write())


@given(st.binary(max_size=300))
def test_whatever_is_read_is_a_value_or_malformed(data: bytes) -> None:
    for read in (parse_note, parse_proof, parse_submission, parse_signatures):
        try:
            read(data)
        except Malformed:
            continue


@given(st.text(max_size=200))
def test_a_text_that_reads_as_a_checkpoint_or_key_is_that_text(text: str) -> None:
    with suppress(Malformed):
        assert parse_checkpoint(text).text() == "\n".join(text.split("\n")[:3]) + "\n"
    with suppress(Malformed):
        assert parse_key(text).text() == text.strip()


@given(st.data())
def test_no_flipped_bit_of_a_signed_note_goes_unseen(data: st.DataObject) -> None:
    whole = signed().write()
    place, bit = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 7))
    flipped = whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :]
    try:
        note = parse_note(flipped)
    except Malformed:
        return
    assert not is_signed(note, LOG)
