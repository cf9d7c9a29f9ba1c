"""Attacks on the log, each with what finds it: the package's papers judged offline, or the audit of the database."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inspection.model.ledger import Entry, entry_hash, microseconds
from inspection.model.log import TimeSource
from inspection.model.log_papers import (
    AUTHORITY_PATH,
    KEYS_PATH,
    LAST_PATH,
    LOG_PATH,
    PROOFS_PATH,
    STAMPED_PATH,
    stamp_path,
)
from inspection.model.shape import Malformed
from inspection.model.tlog import LOG_KEY, VerifierKey
from inspection.services.ask_witnesses import ask_witnesses
from inspection.services.audit_log import audit_log
from inspection.services.collect_log import collect_log
from inspection.services.rotate_key import rotate_key
from inspection.services.sequence import sequence_all
from inspection.services.stamp_log import renew_stamps, stamp_newest
from inspection.services.verify_log import LogFacts, Read, origin_keys, verify_log
from tests.fakes import FakeOffice, FakeSigner
from tests.log_office import NOW, ORIGIN, NearWitness, PlainAuthority, PlainJudge, add_entries, an_office

OLD, NEW, THIEF = FakeSigner(), FakeSigner(b"n" * 32), FakeSigner(b"t" * 32)
WITNESS = NearWitness([VerifierKey(ORIGIN, LOG_KEY, OLD.public_key())])
HOUR = 3_600_000_000
Files = dict[str, bytes]


def a_full_office(signer: FakeSigner = OLD) -> FakeOffice:
    """Stamped after 6 entries, the stamp renewed, witnessed at 12."""
    office = FakeOffice()
    an_office(6, signer, office)
    now_us = microseconds(NOW)
    stamp_newest(office, PlainAuthority(now_us, now_us + HOUR), PlainJudge(), NOW, timedelta(hours=9))
    renew_stamps(office, PlainAuthority(now_us + 9, now_us + 999 * HOUR), PlainJudge(), NOW, timedelta(hours=9))
    add_entries(office, signer, 6)
    sequence_all(office, signer, ORIGIN, "one", NOW)
    ask_witnesses(office, [NearWitness([VerifierKey(ORIGIN, LOG_KEY, signer.public_key())])])
    return office


def papers(office: FakeOffice, case: str = "c1") -> tuple[Files, list[str]]:
    with office.read() as work:
        entries = work.ledger.entries(case)
        found = collect_log(work, case, len(entries), (WITNESS.key,), b"plain")
    return found.files(), [entry.hash for entry in entries]


def judge(files: Files, hashes: Sequence[str]) -> LogFacts:
    def read(path: str) -> bytes:
        if path not in files:
            raise Malformed(path, "missing")
        return files[path]

    reader: Read = read
    return verify_log(reader, hashes, PlainJudge(), (WITNESS.key,))


FILES, HASHES = papers(a_full_office())


def test_what_was_not_touched_holds() -> None:
    facts = judge(FILES, HASHES)
    assert facts.faults == []
    assert set(FILES) == {
        KEYS_PATH, LOG_PATH, LAST_PATH, PROOFS_PATH, STAMPED_PATH, AUTHORITY_PATH, stamp_path(1), stamp_path(2),
    }  # fmt: skip
    assert (facts.origin, facts.size, facts.signed_by) == (ORIGIN, 12, OLD.public_key())
    assert [(one.name, one.known) for one in facts.witnesses] == [("witness.example/w1", True)]
    assert facts.time is TimeSource.AUTHORITY
    assert len(facts.stamps) == 2
    assert facts.stamped_entries == 2  # of the case's four: the others have the instance's clock only
    assert origin_keys(facts, OLD.public_key()) == {OLD.public_key().hex()}


def test_a_clock_that_was_set_back_or_ahead_is_found_in_the_package() -> None:
    def read(path: str) -> bytes:
        return FILES[path]

    now = microseconds(NOW)

    def told(*times: int) -> list[tuple[str, str, str]]:
        return verify_log(read, HASHES, PlainJudge(), entry_times=times).faults

    assert told(now, now + 5, now + 3, now + 9) == []
    assert told(now, now + HOUR, now + 5, now + HOUR) == [("log", "data/ledger.jsonl:3", "clock-back"), AHEAD]
    assert told(now, now + HOUR, now + HOUR, now + HOUR) == [AHEAD]  # the authority had stamped it before


AHEAD = ("stamps", STAMPED_PATH, "clock-ahead")


def faults(files: Files, hashes: Sequence[str] = HASHES) -> list[tuple[str, str]]:
    return [(part, code) for part, _, code in judge(files, hashes).faults]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda hashes: [*hashes[:2], "ab" * 32, *hashes[3:]], "proof-wrong"),  # edited
        (lambda hashes: [*hashes[:1], *hashes[2:]], "entries-other"),  # removed
        (lambda hashes: [hashes[1], hashes[0], *hashes[2:]], "proof-wrong"),  # reordered
        (lambda hashes: [*hashes[:2], "ab" * 32, *hashes[2:]], "entries-other"),  # inserted
        (lambda hashes: [*hashes, "ab" * 32], "entries-other"),
    ],
)
def test_another_ledger_does_not_fit_the_log(change: Callable[[list[str]], list[str]], code: str) -> None:
    assert faults(FILES, change(HASHES)) == [("log", code)]


def test_a_reordered_ledger_with_its_proofs_reordered_too_is_found() -> None:
    lines = FILES[PROOFS_PATH].splitlines(keepends=True)
    first, second = lines[0].replace(b'"number":1', b'"number":2'), lines[1].replace(b'"number":2', b'"number":1')
    files = FILES | {PROOFS_PATH: b"".join([second, first, *lines[2:]])}
    assert faults(files, [HASHES[1], HASHES[0], *HASHES[2:]]) == [("log", "order-wrong")]


def test_the_checkpoint_of_another_log_is_found() -> None:
    other = FakeOffice()
    an_office(0, OLD, other)
    add_entries(other, OLD, 12, ("c1",))
    sequence_all(other, OLD, "other.example/log", "one", NOW)
    with other.read() as work:
        found = collect_log(work, "c1", 12).files()
    assert faults(FILES | {LAST_PATH: found[LAST_PATH]}) == [("log", "log-other")]
    older, _ = papers(an_office_of(4))
    assert faults(FILES | {LAST_PATH: older[LAST_PATH]})[0][0] == "log"


def an_office_of(entries: int) -> FakeOffice:
    office = FakeOffice()
    an_office(entries, OLD, office)
    return office


def test_a_whole_log_written_again_with_another_key_is_not_the_offices() -> None:
    files, hashes = papers(a_full_office(THIEF))
    facts = judge(files, hashes)
    assert facts.faults == []  # it holds in itself
    assert origin_keys(facts, OLD.public_key()) == frozenset()  # and is foreign to whoever has the key
    assert faults(FILES | {LAST_PATH: files[LAST_PATH]}) == [("log", "signature-wrong")]


def test_a_package_across_a_rotation_is_the_offices_by_either_key() -> None:
    office = a_full_office()
    rotate_key(office, OLD, NEW, NOW + timedelta(minutes=1), lambda: None)
    add_entries(office, NEW, 3, at=NOW + timedelta(minutes=2))
    sequence_all(office, NEW, ORIGIN, "one", NOW)
    facts = judge(*papers(office))
    assert (facts.faults, facts.signed_by) == ([], NEW.public_key())
    for trust in (OLD, NEW):
        assert origin_keys(facts, trust.public_key()) == {OLD.public_key().hex(), NEW.public_key().hex()}
    assert origin_keys(facts, THIEF.public_key()) == frozenset()


def test_after_a_loss_the_old_key_does_not_vouch_for_the_new_one() -> None:
    office = a_full_office()
    rotate_key(office, None, NEW, NOW + timedelta(minutes=1), lambda: None)
    facts = judge(*papers(office))
    assert origin_keys(facts, OLD.public_key()) == {OLD.public_key().hex()}
    assert len(origin_keys(facts, NEW.public_key())) == 2


def test_a_witness_that_did_not_sign_is_not_told_of() -> None:
    plain = FILES[LAST_PATH].splitlines(keepends=True)
    facts = judge(FILES | {LAST_PATH: b"".join(plain[:-1])}, HASHES)
    assert (facts.faults, facts.witnesses) == ([], [])


@pytest.mark.parametrize("path", [STAMPED_PATH, stamp_path(1), stamp_path(2), AUTHORITY_PATH])
def test_a_stamp_that_is_gone_is_missed(path: str) -> None:
    assert faults({name: data for name, data in FILES.items() if name != path}) == [("stamps", "missing")]


def test_stamps_in_the_wrong_order_are_found() -> None:
    swapped = {stamp_path(1): FILES[stamp_path(2)], stamp_path(2): FILES[stamp_path(1)]}
    assert faults(FILES | swapped) == [("stamps", "stamp-other")]


@given(st.data())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_no_flipped_bit_goes_unseen(data: st.DataObject) -> None:
    """Of all but what the judge of stamps reads."""
    path = data.draw(st.sampled_from([KEYS_PATH, LOG_PATH, LAST_PATH, PROOFS_PATH, STAMPED_PATH]))
    whole = FILES[path]
    place, bit = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 7))
    flipped = whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :]
    facts = judge(FILES | {path: flipped}, HASHES)
    assert facts.faults or facts.witnesses != judge(FILES, HASHES).witnesses


def found(office: FakeOffice) -> list[tuple[str, str]]:
    return [(fault.where, fault.code) for fault in audit_log(office, (WITNESS.key,))]


def test_an_untouched_database_has_no_faults() -> None:
    assert found(a_full_office()) == []
    assert found(FakeOffice()) == [("keys", "malformed")]  # no key has ever been told


def rewrite(office: FakeOffice, entry: Entry) -> None:
    office.work.ledger.rows[entry.case, entry.number] = entry


def test_a_row_changed_behind_the_applications_back_is_named() -> None:
    office = a_full_office()
    entry = office.work.ledger.rows["c2", 3]
    rewrite(office, replace(entry, body={"n": 99}))
    assert ("c2:3", "entry-altered") in found(office)
    changed = replace(entry, body={"n": 99}, hash="")
    rewrite(office, replace(changed, hash=entry_hash(changed)))  # its hash changed along with it
    told = found(office)
    assert ("c2:3", "leaf-other") in told
    assert ("tile 0/0", "tile-altered") in told
    assert ("checkpoint 12", "root-other") in told


def test_an_entry_removed_from_the_database_is_named() -> None:
    office = a_full_office()
    del office.work.ledger.rows["c3", 4]
    assert ("c3:4", "entry-missing") in found(office)


def test_a_log_cut_back_in_the_database_is_named() -> None:
    office = a_full_office()
    del office.work.log.placed[11]
    assert ("checkpoint 12", "log-cut") in found(office)


def test_tiles_and_checkpoints_that_are_not_the_trees_are_named() -> None:
    office = a_full_office()
    tile = office.work.log.tiles[0, 0]
    office.work.log.tiles[0, 0] = tile + b"x" * 32
    assert found(office) == [("tile 0/0", "tile-altered")]
    office = a_full_office()
    office.work.checkpoints.rows[6] = replace(office.work.checkpoints.rows[6], root="ab" * 32)
    assert found(office) == [("checkpoint 6", "checkpoint-altered")]
    other = a_full_office(THIEF)
    office.work.checkpoints.rows[6] = other.work.checkpoints.rows[6]
    assert found(office) == [("checkpoint 6", "signature-wrong")]


def test_a_clock_that_was_set_back_is_named() -> None:
    office = a_full_office()
    add_entries(office, OLD, 1, ("c9",), NOW - timedelta(hours=3))
    sequence_all(office, OLD, ORIGIN, "one", NOW)
    assert found(office) == [("c9:1", "clock-back")]


def test_a_key_slipped_into_the_history_is_named() -> None:
    office = a_full_office()
    rotate_key(office, THIEF_AS_OLD, THIEF, NOW, lambda: None)
    assert ("keys", "signature-wrong") in found(office)


class _Pretending(FakeSigner):
    """Has the old key's public half, and signs with another."""

    def public_key(self) -> bytes:
        return OLD.public_key()


THIEF_AS_OLD = _Pretending(b"t" * 32)
