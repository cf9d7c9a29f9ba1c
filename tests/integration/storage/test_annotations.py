"""Several people at once, on both databases: everybody's mark is kept, under a number of its own, in one chain."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inspection.model.annotation import AnnotationState, mark_document
from inspection.model.documents import digest_of
from inspection.model.errors import Conflict
from inspection.model.verdict import Overall
from inspection.ports import Alone
from inspection.services.annotate import Drawn, annotate, close, reply
from inspection.services.fsck import fsck
from inspection.services.spot import Sight
from inspection.services.verify import Beforehand, verify
from storage.database import Database
from tests.fakes import FakeJudge
from tests.integration.storage.test_whole_visit import RealStage

HANDS = 6
EACH = 4
Together = Callable[[int, Callable[[int], object]], None]


@pytest.fixture
def stage(database: Database, tmp_path: Path) -> RealStage:
    return RealStage(database, tmp_path)


def test_nobodys_mark_or_answer_is_lost(stage: RealStage, together: Together) -> None:
    survey, track = stage.filmed()
    people = (stage.inspector, stage.approver)
    at = track.segments[0].start * 1_000_000 // track.timescale

    def mark(hand: int) -> None:
        who = people[hand % 2]
        for number in range(EACH):
            sight = Sight(None, track.id, time_us=at + 40_000)  # all on one picture
            drawn = Drawn("box", ((0, 0), (hand * 1000 + 1, number + 1)), "", "Here")
            id = f"hand{hand}mark{number}"
            given = (stage.office, stage.store, stage.signer, who, survey.id, id, sight, drawn, stage.now)
            assert annotate(*given)[1]
            assert not annotate(*given)[1]  # a retry
            reply(stage.office, stage.signer, who, survey.id, "hand0mark0", f"reply{hand}x{number}", "Yes", stage.now)

    annotate(
        stage.office, stage.store, stage.signer, stage.inspector, survey.id, "hand0mark0",
        Sight(None, track.id, time_us=at + 40_000), Drawn("box", ((0, 0), (1, 1)), "", "Here"), stage.now,
    )  # fmt: skip
    together(HANDS, lambda hand: mark(hand) if hand else None)
    with stage.office.read() as work:
        found = work.annotations.of_survey(survey.id)
        entries = work.ledger.entries(survey.case)
    assert [one.number for one in found] == list(range(1, (HANDS - 1) * EACH + 2))
    assert {one.id for one in found[0].replies} == {
        f"reply{hand}x{number}" for hand in range(1, HANDS) for number in range(EACH)
    }
    assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))
    stage.ended(survey, "pass", "")
    folder = stage.exported(survey)
    assert verify(folder, Beforehand(stage.signer.public_key()), FakeJudge()).overall is Overall.INTACT
    assert [one for one in fsck(stage.office, stage.store, Alone()) if one.kind == "row"] == []


def test_of_those_who_close_at_once_with_what_they_had_read_one_does(stage: RealStage, together: Together) -> None:
    survey, track = stage.filmed()
    at = track.segments[0].start * 1_000_000 // track.timescale
    made, _ = annotate(
        stage.office, stage.store, stage.signer, stage.inspector, survey.id, "mark0001",
        Sight(None, track.id, time_us=at), Drawn("arrow", ((0, 0), (9, 9)), "", ""), stage.now,
    )  # fmt: skip
    given = (stage.office, stage.signer, stage.approver, survey.id, "mark0001")
    together(4, lambda hand: close(*given, made.revision, stage.now))
    with stage.office.read() as work:
        events = [entry.event for entry in work.ledger.entries(survey.case)]
        found = work.annotations.of_survey(survey.id)[0]
    assert (events.count("annotation-closed"), found.state) == (1, AnnotationState.CLOSED)


def test_a_shelf_keeps_what_it_was_given_and_moves_only_what_was_read(stage: RealStage) -> None:
    survey, track = stage.filmed()
    at = track.segments[0].start * 1_000_000 // track.timescale
    made, _ = annotate(
        stage.office, stage.store, stage.signer, stage.inspector, survey.id, "mark0001",
        Sight(None, track.id, time_us=at), Drawn("freehand", ((0, 0), (9, 9), (5, 5)), "裂", "缝"), stage.now,
    )  # fmt: skip
    with stage.office.read() as work:
        assert work.annotations.get(survey.case, "mark0001") == made
        assert work.annotations.get("elsewhere", "mark0001") is None
        assert work.annotations.of_survey(survey.id, made.revision) == []
        assert work.annotations.count_on(None, track.id) == 1
    assert made.digest == digest_of(mark_document(made.mark))
    after: Any = replace(made, state=AnnotationState.WITHDRAWN, revision=made.revision + 1)
    with stage.office.write() as work:
        work.annotations.move(after, made.revision)
    with pytest.raises(Conflict), stage.office.write() as work:
        work.annotations.move(after, made.revision)
    with pytest.raises(Conflict), stage.office.write() as work:
        work.annotations.add(made)
