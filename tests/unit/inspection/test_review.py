"""Looking at evidence, and who is told of it."""

from dataclasses import replace

import pytest

from inspection.model.errors import Forbidden, NotFound
from inspection.services.review import list_snapshots, read_segment, read_snapshot, read_timeline
from inspection.services.snapshots import want_snapshot
from tests.builders import Stage


def test_looking_is_told_once_a_sitting_for_each_thing() -> None:
    stage = Stage()
    survey = stage.concluded()
    with stage.office.read() as work:
        track = next(one for one in work.receptions.tracks(survey.id) if one.kind == "video")
    for _ in range(3):
        stage.later(minutes=1)
        read_timeline(stage.office, stage.signer, stage.approver, survey.id, stage.now)
        for segment in track.segments:
            piece, room = read_segment(stage.office, stage.signer, stage.approver, survey.id, segment.digest, stage.now)
            assert (piece.track, piece.bytes, piece.stored) == (track.id, segment.bytes, True)
            assert room is not None
    assert stage.events(survey.case).count("viewed") == 2
    stage.later(hours=2)
    read_segment(stage.office, stage.signer, stage.approver, survey.id, track.inits[0].digest, stage.now)
    read_segment(stage.office, stage.signer, stage.inspector, survey.id, track.inits[0].digest, stage.now)
    assert stage.events(survey.case).count("viewed") == 4
    with stage.office.read() as work:
        last = work.ledger.entries(survey.case)[-1]
        evidence = next(one for one in work.evidence.of_survey(survey.id) if one.track == track.id)
    assert (last.digest, last.body) == (evidence.sha256, {"subject": track.id})


def test_recordings_are_played_before_the_survey_has_ended() -> None:
    stage = Stage()
    survey, track = stage.filmed()
    stage.received(replace(track, segments=tuple(replace(one, stored=False) for one in track.segments)))
    timeline = read_timeline(stage.office, stage.signer, stage.inspector, survey.id, stage.now)
    assert timeline.room is not None
    assert len(timeline.tracks) == 2
    piece, room = read_segment(
        stage.office, stage.signer, stage.inspector, survey.id, track.segments[0].digest, stage.now
    )
    assert not piece.stored
    assert room == timeline.room


def test_who_is_turned_away_is_told_too() -> None:
    stage = Stage()
    survey = stage.concluded()
    digest = stage.evidence(survey.id)[0].sha256
    guest = stage.applicant(survey.id)
    for actor, refusal in (
        (stage.stranger, NotFound), (guest, Forbidden), (stage.administrator, NotFound), (stage.stranger, NotFound),
    ):  # fmt: skip
        with pytest.raises(refusal):
            read_segment(stage.office, stage.signer, actor, survey.id, digest, stage.now)
        with pytest.raises(refusal):
            read_timeline(stage.office, stage.signer, actor, survey.id, stage.now)
    assert stage.events(survey.case).count("access-refused") == 3


@pytest.mark.parametrize("digest", ["", "x", "A" * 64, "f" * 64, "../" * 21 + "x", "\x00"])
def test_a_digest_of_no_segment_is_unknown(digest: str) -> None:
    stage = Stage()
    survey = stage.concluded()
    with pytest.raises(NotFound, match="segment-unknown"):
        read_segment(stage.office, stage.signer, stage.inspector, survey.id, digest, stage.now)
    assert "access-refused" not in stage.events(survey.case)


def test_a_segment_of_another_survey_is_unknown_here() -> None:
    stage = Stage()
    survey, other = stage.concluded(), stage.concluded()
    with stage.office.read() as work:
        foreign = work.receptions.tracks(other.id)[0].segments[0].digest
    with pytest.raises(NotFound, match="segment-unknown"):
        read_segment(stage.office, stage.signer, stage.inspector, survey.id, foreign, stage.now)


def test_a_picture_is_shown_to_those_who_judge_once_it_is_ready() -> None:
    stage = Stage()
    survey, track = stage.filmed()
    kept = stage.snapshot(survey, track)
    wish = want_snapshot(
        stage.office, stage.inspector, survey.id, track.id, track.start, None, stage.now, stage.new_id
    )  # fmt: skip
    assert read_snapshot(stage.office, stage.signer, stage.approver, kept.id, stage.now) == kept
    with pytest.raises(NotFound, match="snapshot-not-ready"):
        read_snapshot(stage.office, stage.signer, stage.approver, wish.id, stage.now)
    for id in ("nothing", "\x00"):
        with pytest.raises(NotFound, match="snapshot-unknown"):
            read_snapshot(stage.office, stage.signer, stage.approver, id, stage.now)
    with pytest.raises(NotFound, match="snapshot-unknown"):
        read_snapshot(stage.office, stage.signer, stage.stranger, kept.id, stage.now)
    assert len(list_snapshots(stage.office, stage.inspector, survey.id)) == 2
    assert "access-refused" in stage.events(survey.case)
