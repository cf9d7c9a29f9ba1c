"""The log over all cases: what goes in, in which order, once; what witnesses and stamps make of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from inspection.model.errors import Conflict, NotFound, WrongMoment
from inspection.model.ledger import microseconds
from inspection.model.log import Leaf, TimeSource, entry_leaf
from inspection.model.merkle import verify_consistency, verify_inclusion
from inspection.model.shape import Malformed
from inspection.model.tlog import (
    LOG_KEY,
    VerifierKey,
    cosigned_at,
    is_signed,
    parse_checkpoint,
    parse_note,
    parse_proof,
    parse_submission,
)
from inspection.ports import Office
from inspection.services.ask_witnesses import ALARM, Asked, ask_witnesses
from inspection.services.collect_log import collect_log
from inspection.services.read_log import (
    consistency_paths,
    log_state,
    newest_checkpoint,
    proof_of_entry,
    proof_of_growth,
)
from inspection.services.rotate_key import published_keys, rotate_key
from inspection.services.sequence import in_order, origin_of, sequence, sequence_all
from inspection.services.stamp_log import renew_stamps, stamp_newest
from inspection.services.verify_log import judge_stamps
from tests.fakes import FakeOffice, FakeSigner
from tests.log_office import NOW, ORIGIN, NearWitness, PlainAuthority, PlainJudge, add_entries, an_office

SIGNER = FakeSigner()
LOG = VerifierKey(ORIGIN, LOG_KEY, SIGNER.public_key())
HOUR = 3_600_000_000


def taken(office: Office) -> list[tuple[str, int]]:
    with office.read() as work:
        return [(leaf.case, leaf.number) for leaf in work.log.leaves(0, 10_000)]


def test_entries_go_in_in_order_and_once() -> None:
    office = an_office()
    entries = add_entries(office, SIGNER, 7)
    assert sequence(office, SIGNER, ORIGIN, "one", NOW) == 7
    assert taken(office) == [(entry.case, entry.number) for entry in entries]
    assert sequence(office, SIGNER, ORIGIN, "one", NOW) == 0
    add_entries(office, SIGNER, 5, ("c2",))
    assert sequence(office, SIGNER, ORIGIN, "one", NOW, batch=2) == 2
    assert sequence_all(office, SIGNER, ORIGIN, "one", NOW) == 3
    assert len(set(taken(office))) == 12


def test_another_has_to_wait_for_his_turn() -> None:
    office = an_office(1)
    add_entries(office, SIGNER, 1)
    assert sequence(office, SIGNER, ORIGIN, "two", NOW + timedelta(seconds=29)) == 0
    assert sequence(office, SIGNER, ORIGIN, "two", NOW + timedelta(seconds=31)) == 1


def test_who_was_slower_takes_nothing_in() -> None:
    office = an_office(3)
    with pytest.raises(Conflict, match="log-moved"), office.write() as work:
        work.log.extend("one", [Leaf(2, "c9", 1)], {})


def test_a_clock_that_was_set_back_changes_no_cases_order() -> None:
    office = FakeOffice()
    late = add_entries(office, SIGNER, 2, ("c1",), NOW + timedelta(hours=1))
    early = add_entries(office, SIGNER, 2, ("c1",), NOW)
    other = add_entries(office, SIGNER, 1, ("c2",), NOW + timedelta(minutes=30))
    assert in_order([*late, *early, *other]) == [*other, *late, *early]


def test_the_checkpoint_is_signed_by_the_instance_and_every_entry_is_in_it() -> None:
    office = an_office(300)
    note = parse_note(newest_checkpoint(office))
    checkpoint = parse_checkpoint(note.text)
    assert is_signed(note, LOG)
    assert (checkpoint.origin, checkpoint.size) == (ORIGIN, 300)
    for number in (1, 2, 50, 100):
        proof = parse_proof(proof_of_entry(office, "c2", number))
        with office.read() as work:
            leaf = entry_leaf(work.ledger.entries("c2")[number - 1])
        assert proof.checkpoint == newest_checkpoint(office)
        assert verify_inclusion(leaf, proof.index, checkpoint.size, proof.path, checkpoint.root)
    with pytest.raises(NotFound, match="entry-not-logged"):
        proof_of_entry(office, "c2", 101)
    with pytest.raises(NotFound, match="log-empty"):
        newest_checkpoint(FakeOffice())


def test_every_checkpoint_continues_the_one_before() -> None:
    office = an_office(3)
    older = parse_checkpoint(parse_note(newest_checkpoint(office)).text)
    add_entries(office, SIGNER, 40)
    sequence_all(office, SIGNER, ORIGIN, "one", NOW)
    told = parse_submission(proof_of_growth(office, 3))
    newer = parse_checkpoint(parse_note(told.checkpoint).text)
    assert verify_consistency(3, older.root, 43, newer.root, told.path)
    assert consistency_paths(office, 3, 43) == [one.hex() for one in told.path]
    with pytest.raises(NotFound):
        consistency_paths(office, 3, 44)


def test_the_logs_name_stays() -> None:
    office = an_office(1)
    assert origin_of(office, "another.example") == ORIGIN
    named = FakeOffice()
    with pytest.raises(NotFound, match="log-empty"):
        origin_of(named, "")
    assert origin_of(named, "a.example/log") == "a.example/log"
    begun = an_office(0)
    assert origin_of(begun, "") == f"takan/{SIGNER.fingerprint()[:16]}"


def test_a_witness_signs_what_continues_and_only_that() -> None:
    office, witness = an_office(3), NearWitness([LOG])
    assert ask_witnesses(office, [witness]) == [Asked("witness.example/w1", "cosigned")]
    assert ask_witnesses(office, [witness]) == [Asked("witness.example/w1", "already")]
    add_entries(office, SIGNER, 4)
    sequence_all(office, SIGNER, ORIGIN, "one", NOW)
    witness.away = True
    assert ask_witnesses(office, [witness])[0].outcome == "away"
    witness.away = False
    assert ask_witnesses(office, [witness])[0].outcome == "cosigned"
    assert cosigned_at(parse_note(newest_checkpoint(office)), witness.key) == 1_800_000_000
    assert log_state(office, False).witnesses == (("witness.example/w1", 7, 1_800_000_000_000_000),)


def test_what_a_witness_signed_is_learned_again_after_a_lost_answer() -> None:
    office, witness = an_office(3), NearWitness([LOG])
    witness.add_checkpoint(proof_of_growth(office, 0))  # its answer was lost
    add_entries(office, SIGNER, 2)
    sequence_all(office, SIGNER, ORIGIN, "one", NOW)
    assert ask_witnesses(office, [witness])[0].outcome == "cosigned"


def test_a_witness_that_does_not_know_us_refuses() -> None:
    office = an_office(3)
    assert ask_witnesses(office, [NearWitness([])])[0].outcome == "refused"
    stranger = VerifierKey(ORIGIN, LOG_KEY, FakeSigner(b"s" * 32).public_key())
    assert ask_witnesses(office, [NearWitness([stranger])])[0].outcome == "refused"


def alarm(office: Office) -> str | None:
    with office.read() as work:
        return work.settings.get(ALARM)


def test_a_log_cut_back_to_an_older_state_is_seen() -> None:
    """A restored backup, or a database whose last rows were removed."""
    office, witness = an_office(9), NearWitness([LOG])
    ask_witnesses(office, [witness])
    cut = an_office(5)
    assert ask_witnesses(cut, [witness])[0].outcome == "contradicts"
    assert alarm(cut) == "witness.example/w1 has seen 9 entries, the log has 5"
    witness.book.last.clear()  # its operator was shown why, and begins anew
    assert ask_witnesses(cut, [witness])[0].outcome == "cosigned"
    assert alarm(cut) == ""


def test_a_log_rewritten_with_its_own_key_is_seen() -> None:
    office, witness = an_office(5), NearWitness([LOG])
    ask_witnesses(office, [witness])
    forged = an_office()
    add_entries(forged, SIGNER, 9, ("c7",))
    sequence_all(forged, SIGNER, ORIGIN, "one", NOW)
    assert ask_witnesses(forged, [witness])[0].outcome == "contradicts"
    assert "does not continue" in (alarm(forged) or "")
    same = an_office()
    add_entries(same, SIGNER, 5, ("c7",))
    sequence_all(same, SIGNER, ORIGIN, "one", NOW)
    assert ask_witnesses(same, [witness])[0].outcome == "contradicts"


def test_without_an_authority_it_is_said_that_the_time_is_our_own() -> None:
    assert log_state(an_office(1), False).time is TimeSource.OWN_CLOCK
    assert log_state(an_office(1), True).time is TimeSource.AUTHORITY


def test_a_checkpoint_is_stamped_now_and_then() -> None:
    office, judge = an_office(3), PlainJudge()
    authority = PlainAuthority(microseconds(NOW), microseconds(NOW) + 10 * HOUR)
    first = stamp_newest(office, authority, judge, NOW, timedelta(hours=1))
    assert first is not None
    assert (first.size, first.number) == (3, 1)
    assert stamp_newest(office, authority, judge, NOW, timedelta(hours=1)) is None
    add_entries(office, SIGNER, 1)
    sequence_all(office, SIGNER, ORIGIN, "one", NOW)
    assert stamp_newest(office, authority, judge, NOW + timedelta(minutes=59), timedelta(hours=1)) is None
    later = stamp_newest(office, authority, judge, NOW + timedelta(minutes=61), timedelta(hours=1))
    assert later is not None
    assert later.size == 4


def test_a_stamp_is_renewed_while_it_holds() -> None:
    office, judge, day = an_office(3), PlainJudge(), timedelta(days=1)
    now_us = microseconds(NOW)
    authority = PlainAuthority(now_us, now_us + 10 * HOUR)
    stamp_newest(office, authority, judge, NOW, day)
    assert renew_stamps(office, authority, judge, NOW, timedelta(hours=9)) == []
    newer = PlainAuthority(now_us + HOUR, now_us + 1000 * HOUR)
    (renewed,) = renew_stamps(office, newer, judge, NOW + timedelta(hours=1), timedelta(hours=10))
    assert renewed.number == 2
    assert renew_stamps(office, newer, judge, NOW + timedelta(hours=1), timedelta(hours=10)) == []
    with office.read() as work:
        published = work.checkpoints.get(3)
        tokens = [stamp.token for stamp in work.checkpoints.stamps(3)]
    assert published is not None
    facts = judge_stamps(published.note.encode(), tokens, judge, b"plain")
    assert [one.at_us for one in facts] == [now_us, now_us + HOUR]
    with pytest.raises(Malformed, match="stamp-other"):
        judge_stamps(published.note.encode(), tokens[1:], judge, b"plain")
    with pytest.raises(Malformed, match="stamp-untrusted"):
        judge_stamps(published.note.encode(), tokens, judge, b"another")


def test_a_stamp_renewed_too_late_proves_nothing() -> None:
    note = b"note"
    first = PlainAuthority(0, HOUR).stamp(note)
    late = PlainAuthority(HOUR + 1, 9 * HOUR).stamp(note + first)
    with pytest.raises(Malformed, match="renewed-late"):
        judge_stamps(note, [first, late], PlainJudge(), b"plain")


def test_an_ended_stamp_is_not_renewed() -> None:
    office, judge = an_office(3), PlainJudge()
    stamp_newest(office, PlainAuthority(0, microseconds(NOW) - 1), judge, NOW, timedelta(hours=1))
    assert renew_stamps(office, PlainAuthority(1, 2), judge, NOW, timedelta(days=9)) == []


def test_an_answer_that_does_not_hold_is_not_kept() -> None:
    office = an_office(3)

    class Lying(PlainAuthority):
        def stamp(self, message: bytes) -> bytes:
            return super().stamp(message + b"x")

    with pytest.raises(Malformed, match="stamp-other"):
        stamp_newest(office, Lying(0, HOUR), PlainJudge(), NOW, timedelta(hours=1))
    with office.read() as work:
        assert work.checkpoints.newest_stamped(9) is None


def test_after_a_rotation_the_new_key_signs() -> None:
    office, new, switched = an_office(3), FakeSigner(b"n" * 32), []
    statement = rotate_key(office, SIGNER, new, NOW + timedelta(hours=1), lambda: switched.append(1))
    assert rotate_key(office, SIGNER, new, NOW, lambda: None) == statement
    assert switched == [1]
    with pytest.raises(Conflict, match="key-other"):
        rotate_key(office, SIGNER, FakeSigner(b"o" * 32), NOW, lambda: None)
    add_entries(office, new, 2)
    sequence_all(office, new, ORIGIN, "one", NOW)
    note = parse_note(newest_checkpoint(office))
    assert is_signed(note, replace(LOG, public_key=new.public_key()))
    assert not is_signed(note, LOG)
    assert [one["public_key"] for one in published_keys(office, ORIGIN)["keys"]] == [  # type: ignore[attr-defined]
        SIGNER.public_key().hex(),
        new.public_key().hex(),
    ]


def test_a_witness_follows_a_key_that_was_handed_over_to_and_no_other() -> None:
    office, new, witness = an_office(3), FakeSigner(b"n" * 32), NearWitness([LOG])
    ask_witnesses(office, [witness])
    rotate_key(office, SIGNER, new, NOW, lambda: None)
    add_entries(office, new, 2)
    sequence_all(office, new, ORIGIN, "one", NOW)
    assert ask_witnesses(office, [witness])[0].outcome == "cosigned"
    assert witness.logs == [LOG, replace(LOG, public_key=new.public_key())]
    lost = FakeSigner(b"o" * 32)
    rotate_key(office, None, lost, NOW, lambda: None)
    add_entries(office, lost, 1)
    sequence_all(office, lost, ORIGIN, "one", NOW)
    assert ask_witnesses(office, [witness])[0].outcome == "refused"
    assert len(witness.logs) == 2


def test_a_package_waits_for_its_entries_to_be_in_the_log() -> None:
    office = an_office(6)
    add_entries(office, SIGNER, 1, ("c1",))
    with office.read() as work:
        assert len(collect_log(work, "c1", 2).places) == 2
        with pytest.raises(WrongMoment, match="log-pending"):
            collect_log(work, "c1", 3)
