"""A package of a case that outlived a key: signed with both, and the office's by either."""

from datetime import timedelta

from inspection.model.verdict import Origin, Overall, Part
from inspection.services.rotate_key import rotate_key
from inspection.services.want_export import want_export
from tests.builders import Stage
from tests.fakes import FakeFolder, FakeSigner
from tests.unit.inspection.test_verify import verify

OLD, NEW, THIEF = FakeSigner(), FakeSigner(b"n" * 32), FakeSigner(b"t" * 32)


def rotated(lost: bool = False, late: timedelta | None = None) -> FakeFolder:
    """The key changes between the wish for a package and its making; `late`: the wish is entered with the old key so
    long after the change."""
    stage = Stage(signer=OLD)
    survey = stage.decided()
    stage.logged()
    if late is not None:
        rotate_key(stage.office, OLD, NEW, stage.now, lambda: None)
        stage.now += late
    wish = want_export(stage.office, OLD, stage.inspector, survey.case, stage.now, stage.new_id)
    if late is None:
        rotate_key(stage.office, None if lost else OLD, NEW, stage.now, lambda: None)
    stage.signer = NEW
    return stage.unfolded(stage.export(wish.id))


def test_either_key_proves_it() -> None:
    folder = rotated()
    for trust in (OLD, NEW):
        verdict = verify(folder, trust.public_key())
        assert (verdict.overall, verdict.origin, verdict.faults) == (Overall.INTACT, Origin.PROVEN, ())
    assert verify(folder, THIEF.public_key()).origin is Origin.FOREIGN
    assert verify(folder, None).origin is Origin.UNPROVEN


def test_a_lost_key_does_not_vouch_for_what_the_next_one_signed() -> None:
    folder = rotated(lost=True)
    assert verify(folder, OLD.public_key()).origin is Origin.FOREIGN
    assert verify(folder, NEW.public_key()).origin is Origin.PROVEN


def test_a_key_taken_out_of_the_history_is_missed() -> None:
    folder = rotated()
    folder["data/keys.json"] = Stage(signer=OLD).exported()["data/keys.json"]
    assert verify(folder, OLD.public_key()).overall is Overall.ALTERED


def test_a_key_that_signs_after_its_time_is_found() -> None:
    assert verify(rotated(late=timedelta(minutes=9)), NEW.public_key()).overall is Overall.INTACT
    verdict = verify(rotated(late=timedelta(minutes=11)), NEW.public_key())
    assert [(fault.part, fault.code) for fault in verdict.faults] == [(Part.KEYS, "key-retired")]
