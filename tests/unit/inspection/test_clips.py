"""A clip is a range of what was recorded: refused outside and in a gap, kept with its parents, told in the ledger."""

from hashlib import sha256
from io import BytesIO

import pytest

from inspection.model.clip import Clip, ClipKind
from inspection.model.errors import Invalid, NotFound, WrongMoment
from inspection.model.evidence import RenditionState
from inspection.model.survey import Survey
from inspection.services.clips import (
    fail_clip,
    fetch_clip,
    keep_clip,
    list_clips,
    read_clip,
    tell_clip,
    tracks_of,
    want_clip,
    want_whole,
)
from tests.builders import Stage

SECOND = 1_000_000


def wanted(stage: Stage, survey: Survey, start: float, end: float) -> Clip:
    evidence = next(one for one in stage.evidence(survey.id) if (one.track or "").endswith(".video"))
    return want_clip(
        stage.office, stage.signer, stage.inspector, survey.case, evidence.id, int(start * SECOND), int(end * SECOND),
        stage.now, stage.new_id,
    )  # fmt: skip


def kept(stage: Stage, clip: Clip) -> Clip:
    data = b"a clip"
    digest = sha256(data).hexdigest()
    facts = {"start_us": clip.start, "end_us": clip.end, "tracks": []}
    return keep_clip(
        stage.office, stage.store, stage.signer, clip.id, digest, BytesIO(data), len(data), facts, stage.now
    )


def test_a_clip_has_the_picture_and_the_sound_of_the_same_participant() -> None:
    stage = Stage()
    clip = wanted(stage, stage.concluded(), 2, 5)
    with stage.office.read() as work:
        tracks = tracks_of(work, clip)
        lists = {one.track: one.sha256 for one in work.evidence.of_survey(clip.survey)}
    assert [track.kind for track, _ in tracks] == ["video", "audio"]
    assert all(parent == lists[track.id] for track, parent in tracks)


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [(50, 60, "clip-outside"), (5, 5, "clip-outside"), (6, 2, "clip-outside"), (13.5, 15.5, "clip-in-gap")],
)
def test_a_range_outside_or_in_a_gap_is_refused(start: float, end: float, code: str) -> None:
    stage = Stage()
    with pytest.raises(Invalid, match=code):
        wanted(stage, stage.concluded(), start, end)


def test_a_range_over_a_gap_is_taken_and_one_of_two_hours_is_not() -> None:
    stage = Stage()
    survey = stage.concluded()
    assert wanted(stage, survey, 10, 18).state is RenditionState.WANTED
    with pytest.raises(Invalid, match="clip-too-long"):
        wanted(stage, survey, 0, 7200)


def test_who_may_not_see_the_case_cuts_nothing_of_it() -> None:
    stage = Stage()
    survey = stage.concluded()
    evidence = stage.evidence(survey.id)[0].id
    for actor, kind in ((stage.stranger, NotFound), (stage.administrator, NotFound)):
        with pytest.raises(kind):
            want_clip(stage.office, stage.signer, actor, survey.case, evidence, 0, 1, stage.now, stage.new_id)
    with pytest.raises(NotFound, match="evidence-unknown"):
        want_clip(stage.office, stage.signer, stage.inspector, survey.case, "none", 0, 1, stage.now, stage.new_id)


def test_a_kept_clip_is_told_once_and_who_took_it_too() -> None:
    stage = Stage()
    survey = stage.concluded()
    clip = wanted(stage, survey, 2, 5)
    with pytest.raises(NotFound, match="clip-not-ready"):
        fetch_clip(stage.office, stage.signer, stage.inspector, clip.id, stage.now)
    tell_clip(stage.office, clip.id, 1, 6)
    assert kept(stage, clip) == kept(stage, clip)
    assert fail_clip(stage.office, clip.id, "job-failed").state is RenditionState.READY
    for _ in range(2):
        fetch_clip(stage.office, stage.signer, stage.inspector, clip.id, stage.now)
    assert stage.events(survey.case)[-2:] == ["clip-derived", "clip-fetched"]
    assert read_clip(stage.office, stage.signer, stage.inspector, clip.id, stage.now).bytes == 6
    assert [one.id for one in list_clips(stage.office, stage.inspector, survey.case)] == [clip.id]


def test_all_of_a_survey_is_asked_for_once_and_only_when_it_is_evidence() -> None:
    stage = Stage()
    survey = stage.concluded()

    def whole(of: Survey) -> Clip:
        return want_whole(stage.office, stage.signer, stage.inspector, of.case, of.id, stage.now, stage.new_id)

    first = whole(survey)
    assert (first.kind, first.start) == (ClipKind.WHOLE, SECOND)
    assert whole(survey) == first
    fail_clip(stage.office, first.id, "job-failed")
    assert whole(survey).id != first.id
    stage = Stage()
    running, _ = stage.filmed()
    with pytest.raises(WrongMoment, match="evidence-pending"):
        whole(running)
