"""The witness's part: sign a checkpoint only after a proof that it continues what was signed before (tlog-witness).

Pure: what the witness remembers comes in, what it has to remember goes out. Whoever calls takes one step at a time.
"""

from collections.abc import Sequence

from inspection.model.key_history import parse_keys, vouched
from inspection.model.log import SIZE_TYPE, TEXT_TYPE, Reply
from inspection.model.merkle import EMPTY_ROOT, verify_consistency
from inspection.model.shape import Malformed, parse, part
from inspection.model.tlog import (
    LOG_KEY,
    Checkpoint,
    Sign,
    VerifierKey,
    cosign,
    is_signed,
    parse_checkpoint,
    parse_note,
    parse_submission,
)

SUBMISSION_LARGEST = 110_000  # bytes


def origin_of(submission: bytes) -> str:
    """The log that a submission is about, so that what is known of it can be looked up. Raises `Malformed`."""
    return parse_checkpoint(parse_note(parse_submission(submission).checkpoint).text).origin


def followed(keys: bytes, logs: Sequence[VerifierKey]) -> list[VerifierKey]:
    """The log keys that are new to a witness, in a history of keys as `/log/keys` publishes it: those to which one that
    it knows has handed over. Raises `Malformed`; empty when there are none, or the log is not watched."""
    document = parse(keys)
    history, origin = parse_keys(document), part(document, "origin", str)
    known = [key for key in logs if key.name == origin]
    trusted = {text for key in known for text in vouched(history, key.public_key)}
    current = history[-1].public_key
    new = VerifierKey(origin, LOG_KEY, bytes.fromhex(current))
    return [new] if current in trusted and new not in known else []


def answer(
    submission: bytes, logs: Sequence[VerifierKey], last: Checkpoint | None, key: VerifierKey, sign: Sign, at_s: int
) -> Reply:
    """`logs` are the keys of every log that this witness watches, `last` what it signed last of the log in question.

    200 with the cosignature; 400 not in form, or a tree smaller than the one it is said to continue; 403 not signed by
    the log; 404 a log that is not watched; 409 with the size that was signed last: the log continues another tree, was
    cut back, or shows another tree of the same size; 422 the proof does not hold: the log was forked.
    """
    try:
        asked = parse_submission(submission)
        note = parse_note(asked.checkpoint)
        new = parse_checkpoint(note.text)
    except Malformed:
        return Reply(400, "not in form\n")
    keys = [one for one in logs if one.name == new.origin]
    if not keys:
        return Reply(404, "unknown log\n")
    if not any(is_signed(note, one) for one in keys):
        return Reply(403, "not signed by the log\n")
    if asked.old > new.size:
        return Reply(400, "smaller than the tree that it continues\n")
    known = last or Checkpoint(new.origin, 0, EMPTY_ROOT)
    if asked.old != known.size or (new.size == known.size and new.root != known.root):
        return Reply(409, f"{known.size}\n", SIZE_TYPE)
    if not verify_consistency(known.size, known.root, new.size, new.root, asked.path):
        return Reply(422, "the proof does not hold\n")
    return Reply(200, cosign(note.text, key, sign, at_s).line(), TEXT_TYPE, new)
