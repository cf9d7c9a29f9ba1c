"""Ending a survey turns what was received into evidence."""

import json
from dataclasses import replace
from typing import Any

import pytest

from inspection.model.case import CaseState
from inspection.model.documents import list_document
from inspection.model.errors import Forbidden, Invalid, NotFound, WrongMoment
from inspection.model.evidence import ReceivedGap
from inspection.model.survey import Outcome, SurveyState
from inspection.services.admit import admit
from inspection.services.conclude import conclude, may_conclude
from tests.builders import Stage, a_track


def test_the_recordings_are_evidence_in_the_transaction_of_the_end() -> None:
    stage = Stage()
    survey = stage.concluded()
    assert (survey.state, survey.outcome, survey.admitted) == (SurveyState.CONCLUDED, Outcome.PARTIAL, True)
    sound, picture = sorted(stage.evidence(survey.id), key=lambda one: one.track or "")
    came = ["recording-begun", "recording-ended", "recording-admitted"]  # of each of two tracks
    assert stage.events(survey.case)[-7:] == ["survey-concluded", *(event for event in came for _ in range(2))]
    listed = json.loads(stage.store[picture.sha256])
    assert [segment["bytes"] for segment in listed["segments"]] == [len("moof mdat 0 of id0009.video ") * 40] * 3
    assert listed["gaps"] == [{"end": 16 * 90000, "number": 1, "reason": "disconnected", "start": 13 * 90000}]
    facts = picture.facts
    assert (facts["who"]["name"], facts["device"]["camera"]) == ("王芳", "后置 📷")
    assert (facts["duration"], facts["gaps"], facts["gap_ticks"]) == (18 * 90000, 1, 3 * 90000)
    assert facts["position"]["latitude_e7"] == 302801000
    assert facts["position"]["accuracy_mm"] == 12500
    assert facts["consent"]["agreed"] is True
    assert (sound.facts["codec"], picture.facts["codec"]) == ("opus", "H264")
    with stage.office.read() as work:
        room = work.rooms.get(survey.id)
        assert room is not None
        assert room.closed
        assert work.cases.get(survey.case).state is CaseState.REVIEW


def test_a_hole_that_nobody_wrote_down_is_written_down_as_one() -> None:
    track = a_track("s1", "p1")
    untold = replace(track, gaps=())
    told = list_document(untold)["gaps"]
    assert told == [{"end": 16 * 90000, "number": 1, "reason": "unexplained", "start": 13 * 90000}]
    assert list_document(track)["gaps"][0]["reason"] == "disconnected"
    jitter = replace(untold, segments=tuple(replace(one, duration=one.duration - 9000) for one in track.segments[:2]))
    assert list_document(jitter)["gaps"] == []
    inner = replace(track, gaps=(*track.gaps, ReceivedGap(90000, 90010, "loss")))
    assert [gap["number"] for gap in list_document(inner)["gaps"]] == [1, 2]


def test_a_room_that_was_not_closed_is_admitted_by_the_sweep_once() -> None:
    stage = Stage()
    survey = stage.concluded(closed=False)
    assert not survey.admitted
    assert stage.evidence(survey.id) == []
    with stage.office.read() as work:
        assert [one.id for one in work.surveys.unadmitted(stage.now.replace(year=2030), 10)] == [survey.id]
    first = list(admit(stage.office, stage.store, stage.signer, survey.id, stage.later(minutes=1), stage.new_id))
    again = list(admit(stage.office, stage.store, stage.signer, survey.id, stage.later(minutes=1), stage.new_id))
    assert len(first) == 2
    assert first == again
    assert stage.events(survey.case).count("recording-admitted") == 2


def test_a_store_that_is_away_delays_evidence_not_the_end() -> None:
    stage = Stage()
    survey, _ = stage.filmed()
    stage.store.away = True
    ended = stage.ended(survey)
    assert (ended.state, ended.admitted) == (SurveyState.CONCLUDED, False)
    stage.store.away = False
    assert len(admit(stage.office, stage.store, stage.signer, survey.id, stage.now, stage.new_id)) == 2


def test_the_sweep_admits_nothing_that_still_runs() -> None:
    stage = Stage()
    survey, _ = stage.filmed()
    with pytest.raises(WrongMoment, match="survey-not-ended"):
        admit(stage.office, stage.store, stage.signer, survey.id, stage.now, stage.new_id)
    with pytest.raises(NotFound):
        admit(stage.office, stage.store, stage.signer, "nothing", stage.now, stage.new_id)


@pytest.mark.parametrize(
    ("outcome", "note", "code"),
    [
        ("splendid", "", "outcome-unknown"), ("fail", " ", "note-needed"), ("partial", "", "note-needed"),
        ("insufficient", "", "note-needed"), ("guidance", "", "note-needed"), ("cancelled", "", "note-needed"),
        ("fail", "x" * 4001, "text-too-long"), ("fail", "x\x00", "text-unusable"), ("pass", "", "outcome-contradicts"),
    ],
)  # fmt: skip
def test_an_unfit_end_is_refused_before_any_room_is_closed(outcome: str, note: str, code: str) -> None:
    stage = Stage()
    survey, _ = stage.filmed()
    stage.found(survey, "cold", "fail")
    before = stage.events(survey.case)
    with pytest.raises(Invalid, match=code):
        may_conclude(stage.office, stage.inspector, survey.id, outcome, note)
    with pytest.raises(Invalid, match=code):
        stage.ended(survey, outcome, note)
    assert stage.events(survey.case) == before


def test_the_room_to_close_is_told_first() -> None:
    stage = Stage()
    survey, room = stage.opened()
    assert may_conclude(stage.office, stage.inspector, survey.id, "pass", "") == room
    stage.ended(survey, "pass", "")
    other = stage.booked()
    assert may_conclude(stage.office, stage.inspector, other.id, "no-show", "") is None


@pytest.mark.parametrize(
    ("opened", "outcome", "state"),
    [
        (False, "no-show", SurveyState.CONCLUDED), (True, "no-show", SurveyState.CONCLUDED),
        (False, "cancelled", SurveyState.CANCELLED), (True, "cancelled", SurveyState.CANCELLED),
        (True, "pass", SurveyState.CONCLUDED), (True, "guidance", SurveyState.CONCLUDED),
    ],
)  # fmt: skip
def test_every_end_leaves_nothing_open(opened: bool, outcome: str, state: SurveyState) -> None:
    stage = Stage()
    survey = stage.booked()
    if opened:
        stage.opened(survey)
    ended = stage.ended(survey, outcome, "说明")
    assert (ended.state, ended.admitted, ended.ended_at) == (state, True, stage.now)
    for again in ("pass", "cancelled", "no-show"):
        with pytest.raises(WrongMoment, match="survey-wrong-state"):
            stage.ended(survey, again, "说明")


def test_a_survey_that_never_opened_has_no_other_outcome() -> None:
    stage = Stage()
    survey = stage.booked()
    with pytest.raises(WrongMoment, match="survey-wrong-state"):
        stage.ended(survey, "pass")


def test_only_the_lead_inspector_ends_a_survey() -> None:
    stage = Stage()
    survey, _ = stage.filmed()
    refusals: list[tuple[Any, type[Exception]]] = [
        (stage.approver, Forbidden), (stage.applicant(survey.id), Forbidden), (stage.stranger, NotFound),
        (stage.administrator, NotFound),
    ]  # fmt: skip
    for actor, refusal in refusals:
        with pytest.raises(refusal):
            conclude(
                stage.office, stage.store, stage.signer, actor, survey.id, "pass", "", True, stage.now, stage.new_id
            )


def test_a_refused_transaction_leaves_nothing_half_written() -> None:
    stage = Stage()
    survey, _ = stage.filmed()
    before = stage.events(survey.case)

    def broken(evidence: Any) -> None:
        raise OSError("disk")

    with stage.office.write() as work:
        work.evidence.add = broken  # type: ignore[method-assign]
    with pytest.raises(OSError, match="disk"):
        stage.ended(survey)
    with stage.office.read() as work:
        assert work.surveys.get(survey.id).state is SurveyState.LIVE
    assert stage.events(survey.case) == before


def test_what_a_node_writes_in_between_is_not_left_out() -> None:
    stage = Stage()
    survey, track = stage.filmed()
    late = replace(track, segments=track.segments[:2])
    stage.received(late)
    put = stage.store.put

    def slow(digest: str, source: Any, size: int) -> None:
        put(digest, source, size)
        if not stage.office.busy:
            stage.received(track)

    stage.store.put = slow  # type: ignore[method-assign]
    assert not stage.ended(survey).admitted
    assert stage.evidence(survey.id) == []
    (sound, picture) = admit(stage.office, stage.store, stage.signer, survey.id, stage.now, stage.new_id)
    assert {sound.facts["segments"], picture.facts["segments"]} == {3}
