"""Pictures cut from a recording, and findings that rest on them."""

from typing import Any

import pytest

from inspection.model.errors import Conflict, Forbidden, Invalid, NotFound, WrongMoment
from inspection.model.evidence import RenditionState, Snapshot
from inspection.model.finding import Result
from inspection.services import snapshots
from inspection.services.participants import invite
from inspection.services.record_finding import record_finding
from inspection.services.snapshots import fail_snapshot, keep_snapshot, want_snapshot
from tests.builders import STILL, Stage, a_track

S = 90000  # ticks of a second


def want(stage: Stage, survey: str, track: str, time: int, check: str | None = None, actor: Any = None) -> Snapshot:
    by = actor or stage.inspector
    return want_snapshot(stage.office, by, survey, track, time, check, stage.now, stage.new_id)


@pytest.mark.parametrize(
    ("time", "code"),
    [
        (S, None), (7 * S, None), (13 * S - 1, None), (13 * S, "snapshot-in-gap"), (16 * S - 1, "snapshot-in-gap"),
        (16 * S, None), (22 * S - 1, None), (23 * S, None), (S - 1, "snapshot-outside"), (-1, "snapshot-outside"),
        (30 * S, "snapshot-outside"), (2**40, "snapshot-outside"),
    ],
)  # fmt: skip
def test_only_what_is_recorded_can_be_cut(time: int, code: str | None) -> None:
    stage = Stage()
    survey, track = stage.filmed()  # 23 s after the epoch; segments at 1 to 13 s and 16 to 22 s
    if code is None:
        assert want(stage, survey.id, track.id, time).state is RenditionState.WANTED
        return
    with pytest.raises(Invalid, match=code):
        want(stage, survey.id, track.id, time)


def test_the_last_seconds_need_not_be_written_down_yet_but_soon_must() -> None:
    stage = Stage()
    survey, track = stage.filmed()
    stage.later(minutes=10)
    with pytest.raises(Invalid, match="snapshot-outside"):
        want(stage, survey.id, track.id, 623 * S)
    assert want(stage, survey.id, track.id, 35 * S)
    ended = stage.ended(survey)
    with pytest.raises(Invalid, match="snapshot-outside"):
        want(stage, ended.id, track.id, 23 * S)
    assert want(stage, ended.id, track.id, 7 * S)


def test_a_track_without_a_segment_yet_can_be_cut_where_it_is_now() -> None:
    stage = Stage()
    survey, _ = stage.opened()
    guest = stage.consented(survey.id)
    track = a_track(survey.id, guest.id, seconds=0)
    stage.received(track)
    stage.later(seconds=3)
    assert want(stage, survey.id, track.id, 3 * S)
    with pytest.raises(Invalid, match="snapshot-outside"):
        want(stage, survey.id, track.id, 60 * S)


def test_a_snapshot_is_of_a_picture_of_this_survey() -> None:
    stage = Stage()
    survey, track = stage.filmed()
    other, foreign = stage.filmed()
    with pytest.raises(Invalid, match="snapshot-not-video"):
        want(stage, survey.id, track.id.replace("video", "audio"), 5 * S)
    for id in (foreign.id, "x.video", "\x00"):
        with pytest.raises(NotFound, match="track-unknown"):
            want(stage, survey.id, id, 5 * S)
    with pytest.raises(Invalid, match="check-unknown"):
        want(stage, survey.id, track.id, 5 * S, "nothing")
    assert want(stage, other.id, foreign.id, 5 * S, "cold").check == "cold"


def test_who_may_not_take_snapshots() -> None:
    stage = Stage()
    survey, track = stage.filmed()
    invite(stage.office, stage.signer, stage.inspector, survey.id, stage.second.id, stage.now, stage.new_id)
    assert want(stage, survey.id, track.id, 5 * S, actor=stage.second)
    assert want(stage, survey.id, track.id, 5 * S, actor=stage.applicant(survey.id))  # of his own picture
    for actor, refusal in (
        (stage.approver, Forbidden), (stage.stranger, NotFound),
    ):  # fmt: skip
        with pytest.raises(refusal):
            want(stage, survey.id, track.id, 5 * S, actor=actor)


def test_there_is_an_end_to_the_pictures_of_one_survey(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "MOST", 1)
    stage = Stage()
    survey, track = stage.filmed()
    want(stage, survey.id, track.id, 5 * S)
    with pytest.raises(Conflict, match="snapshots-too-many"):
        want(stage, survey.id, track.id, 5 * S)


def test_a_cut_picture_names_its_parent_and_is_kept_once() -> None:
    stage = Stage()
    survey, track = stage.filmed()
    kept = stage.snapshot(survey, track)
    assert (kept.state, kept.parent, kept.presented) == (RenditionState.READY, track.segments[0].digest, S)
    assert kept.sha256 is not None
    assert stage.store[kept.sha256] == STILL
    again = keep_snapshot(
        stage.office, stage.store, stage.signer, kept.id, b"other", 1, 1, 0, kept.parent or "", stage.now
    )
    assert again == kept
    assert fail_snapshot(stage.office, kept.id, "object-missing") == kept
    assert stage.events(survey.case).count("snapshot-derived") == 1


@pytest.mark.parametrize(("data", "width", "parent"), [(b"", 1, 0), (b"x", 0, 0), (b"x", 1, None)])
def test_an_unfit_picture_is_not_kept(data: bytes, width: int, parent: int | None) -> None:
    stage = Stage()
    survey, track = stage.filmed()
    wish = want(stage, survey.id, track.id, 5 * S)
    segment = "f" * 64 if parent is None else track.segments[parent].digest
    with pytest.raises(Invalid, match="snapshot-unfit"):
        keep_snapshot(stage.office, stage.store, stage.signer, wish.id, data, width, 1, S, segment, stage.now)
    failed = fail_snapshot(stage.office, wish.id, "snapshot-in-gap")
    assert (failed.state, failed.reason) == (RenditionState.FAILED, "snapshot-in-gap")


def find(stage: Stage, survey: str, check: str, result: str, note: str = "", cited: tuple[str, ...] = ()) -> Any:
    return record_finding(
        stage.office, stage.signer, stage.inspector, survey, check, result, note, cited, stage.later(seconds=1)
    )


def test_the_last_finding_counts_and_every_change_is_told() -> None:
    stage = Stage()
    survey, track = stage.filmed()
    picture = stage.snapshot(survey, track)
    find(stage, survey.id, "cold", "fail", "12 °C")
    find(stage, survey.id, "cold", "pass", " 4 °C ", (picture.id, picture.id))
    same = find(stage, survey.id, "cold", "pass", "4 °C", (picture.id,))
    with stage.office.read() as work:
        (finding,) = work.findings.of_survey(survey.id)
    assert finding == same
    assert (finding.result, finding.note, finding.snapshots) == (Result.PASS, "4 °C", (picture.id,))
    assert stage.events(survey.case).count("finding-recorded") == 2


@pytest.mark.parametrize(
    ("check", "result", "note", "cited", "code"),
    [
        ("nothing", "pass", "", (), "check-unknown"), ("cold", "fine", "", (), "result-unknown"),
        ("cold", "pass", "x" * 4001, (), "text-too-long"), ("cold", "pass", "\x00", (), "text-unusable"),
        ("cold", "pass", "", ("nothing",), "snapshot-unknown"), ("cold", "pass", "", ("x",) * 51, "citations-too-many"),
    ],
)  # fmt: skip
def test_an_unfit_finding_is_refused(check: str, result: str, note: str, cited: tuple[str, ...], code: str) -> None:
    stage = Stage()
    survey, _ = stage.filmed()
    with pytest.raises(Invalid, match=code):
        find(stage, survey.id, check, result, note, cited)


def test_findings_are_written_while_the_survey_runs() -> None:
    stage = Stage()
    survey = stage.booked()
    with pytest.raises(WrongMoment, match="survey-not-live"):
        find(stage, survey.id, "cold", "pass")
