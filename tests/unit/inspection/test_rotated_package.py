"""A package of a case that outlived a key: signed with both, and the office's by either."""

from datetime import timedelta

from inspection.model.verdict import Origin, Overall
from inspection.services.rotate_key import rotate_key
from inspection.services.want_export import want_export
from tests.builders import Stage
from tests.fakes import FakeFolder, FakeSigner
from tests.unit.inspection.test_verify import verify

OLD, NEW, THIEF = FakeSigner(), FakeSigner(b"n" * 32), FakeSigner(b"t" * 32)


def rotated(lost: bool = False) -> FakeFolder:
    """The key changes between the wish for a package and its making."""
    stage = Stage(signer=OLD)
    survey = stage.decided()
    wish = want_export(stage.office, OLD, stage.inspector, survey.case, stage.later(seconds=1), stage.new_id)
    stage.logged()
    rotate_key(stage.office, None if lost else OLD, NEW, stage.now + timedelta(seconds=1), lambda: None)
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
