"""That a recording has begun stands in the ledger while the survey runs; what began and never came in is missed."""

from dataclasses import replace

import pytest

from inspection.model.errors import NotFound
from inspection.model.ledger import entry_document
from inspection.model.shape import Malformed
from inspection.services.note_recordings import note_begun
from inspection.services.recount import recount
from tests.builders import Stage, a_track


def bodies(stage: Stage, case: str, event: str) -> list[dict[str, object]]:
    with stage.office.read() as work:
        return [entry.body for entry in work.ledger.entries(case) if entry.event == event]


def test_each_track_is_told_of_once_and_at_once() -> None:
    stage = Stage()
    survey, _ = stage.filmed()
    assert note_begun(stage.office, stage.signer, survey.id, stage.now) == 2
    assert note_begun(stage.office, stage.signer, survey.id, stage.now) == 0
    later = stage.received(a_track(survey.id, stage.rows(survey.id)[0].id, "audio", id="late.audio"))
    assert note_begun(stage.office, stage.signer, survey.id, stage.now) == 1
    told = bodies(stage, survey.case, "recording-begun")
    assert told[-1] == {
        "codec": later.codec, "kind": "audio", "participant": later.participant, "survey": survey.id,
        "track": "late.audio",
    }  # fmt: skip
    stage.ended(survey)
    assert len(bodies(stage, survey.case, "recording-begun")) == 3  # not again at the end


def test_the_end_says_what_there_is_of_each_also_where_it_is_nothing() -> None:
    stage = Stage()
    survey, track = stage.filmed()
    silent = replace(a_track(survey.id, track.participant, "audio"), id="x.audio", segments=(), gaps=())
    with stage.office.write() as work:
        work.receptions.rows[silent.id] = silent
    stage.ended(survey)
    ended = {one["track"]: (one["segments"], one["gaps"]) for one in bodies(stage, survey.case, "recording-ended")}
    assert ended[track.id] == (3, 1)
    assert ended["x.audio"] == (0, 0)
    assert len(bodies(stage, survey.case, "recording-admitted")) == 2


def test_a_survey_that_is_not_there_is_unknown() -> None:
    stage = Stage()
    with pytest.raises(NotFound):
        note_begun(stage.office, stage.signer, "none", stage.now)


@pytest.mark.parametrize("left_out", [{"recording-admitted"}, {"recording-ended", "recording-admitted"}])
def test_a_decision_while_a_recording_is_missing_cannot_be(left_out: set[str]) -> None:
    stage = Stage()
    survey = stage.decided()
    with stage.office.read() as work:
        lines = [entry_document(one) | {"hash": one.hash} for one in work.ledger.entries(survey.case)]
    for line in lines:
        if line["event"] == "decided":
            line["body"] = line["body"] | {"head": lines[0]["hash"]}
    assert recount(lines).decision is not None
    with pytest.raises(Malformed, match="recording-missing"):
        recount([line for line in lines if line["event"] not in left_out])


def test_what_never_began_does_not_end() -> None:
    stage = Stage()
    survey = stage.concluded()
    with stage.office.read() as work:
        lines = [entry_document(one) | {"hash": one.hash} for one in work.ledger.entries(survey.case)]
    with pytest.raises(Malformed, match="track-unknown"):
        recount([line for line in lines if line["event"] != "recording-begun"])
    begun = next(line for line in lines if line["event"] == "recording-begun")
    with pytest.raises(Malformed, match="twice"):
        recount([*lines, begun])
