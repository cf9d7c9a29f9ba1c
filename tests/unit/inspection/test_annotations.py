"""Marks in a package and in the ledger: what was marked, by whom and when, is proven; nobody's is lost."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from inspection.model.annotation import Annotation, AnnotationState
from inspection.model.errors import Conflict, Forbidden, NotFound, WrongMoment
from inspection.model.event import Event
from inspection.model.evidence import ReceivedTrack
from inspection.model.ledger import canonical, microseconds
from inspection.model.people import Actor
from inspection.model.survey import Survey
from inspection.model.verdict import Overall, Part
from inspection.ports import Alone
from inspection.services.annotate import Drawn, annotate, close, reply, withdraw
from inspection.services.decide import decide
from inspection.services.fsck import fsck
from inspection.services.read_annotations import list_annotations
from inspection.services.record_finding import record_finding
from inspection.services.spot import Sight
from tests.builders import Stage
from tests.fakes import FakeFolder
from tests.unit.inspection.test_verify import codes, entries, rechained, sealed, verify

FILE = "data/annotations.jsonld"


def a_mark(
    stage: Stage, survey: Survey, track: ReceivedTrack, id: str = "mark0001", by: Actor | None = None
) -> Annotation:
    time_us = track.segments[0].start * 1_000_000 // track.timescale + 40_000
    sight = Sight(None, track.id, time_us=time_us)
    drawn = Drawn("box", ((100, 100), (900_000, 500_000)), "A", "裂缝")
    actor = by or stage.inspector
    return annotate(
        stage.office, stage.store, stage.signer, actor, survey.id, id, sight, drawn, stage.later(seconds=1)
    )[0]


def a_marked_package() -> tuple[Stage, FakeFolder]:
    stage = Stage()
    survey, track = stage.filmed()
    for id in ("mark0001", "mark0002", "mark0003"):
        a_mark(stage, survey, track, id)
    given = (stage.office, stage.signer, stage.approver, survey.id)
    answered, _ = reply(*given, "mark0001", "reply001", "看到了", stage.later(seconds=1))
    close(*given, "mark0001", answered.revision, stage.later(seconds=1))
    mine = a_mark(stage, survey, track, "mark0003")
    withdraw(stage.office, stage.signer, stage.inspector, survey.id, "mark0003", mine.revision, stage.later(seconds=1))
    record_finding(
        stage.office, stage.signer, stage.inspector, survey.id, "washing", "fail", "N", (), stage.now, ("mark0002",)
    )
    stage.ended(survey)
    return stage, stage.exported(survey)


STAGE, PACKAGE = a_marked_package()


def items(folder: FakeFolder) -> tuple[Any, list[Any]]:
    document = json.loads(folder[FILE])
    return document, document["first"]["items"]


def test_a_package_holds_every_mark_and_is_intact() -> None:
    verdict = verify(PACKAGE, STAGE.signer.public_key())
    assert (verdict.overall, verdict.faults) == (Overall.INTACT, ())
    _, found = items(PACKAGE)
    assert [one["id"] for one in found] == [
        "urn:takan:annotation:mark0001",
        "urn:takan:annotation:mark0001#reply-reply001",
        "urn:takan:annotation:mark0002",
        "urn:takan:annotation:mark0003",
    ]
    assert [one.get("takan:state") for one in found] == ["closed", None, "open", "withdrawn"]
    assert list(fsck(STAGE.office, STAGE.store, Alone())) == []


def test_a_row_that_was_changed_behind_the_offices_back_is_named() -> None:
    stage = Stage()
    survey, track = stage.filmed()
    made = a_mark(stage, survey, track)
    with stage.office.write() as work:
        work.annotations.rows[survey.case, "mark0001"] = replace(made, mark=replace(made.mark, text="no crack"))
    with stage.office.read() as work:
        number = work.cases.get(survey.case).number
    assert f"{number} annotation mark0001" in [one.where for one in fsck(stage.office, stage.store, Alone())]


SPOILED: dict[str, Callable[[list[Any]], object]] = {
    "words": lambda found: found[2]["body"][0].update(value="no crack"),
    "author": lambda found: found[2]["creator"].update(name="Somebody"),
    "time": lambda found: found[2].update(created="2026-11-24T02:00:00.000000Z"),
    "region": lambda found: found[2]["target"]["selector"].update(value="t=0,1&xywh=percent:0,0,1,1"),
    "state": lambda found: found[2].update({"takan:state": "closed"}),
    "dropped": lambda found: found.pop(2),
}


@pytest.mark.parametrize("what", SPOILED)
def test_an_altered_mark_is_found_and_named_even_by_one_who_has_the_key(what: str) -> None:
    folder = FakeFolder(PACKAGE)
    document, found = items(folder)
    SPOILED[what](found)
    folder[FILE] = canonical(document)
    verdict = verify(sealed(folder, STAGE.signer), STAGE.signer.public_key())
    assert [(one.part, one.where, one.code) for one in verdict.faults] == [
        (Part.PAPERS, f"{FILE}#urn:takan:annotation:mark0002", "ledger-other")
    ]


def test_an_added_answer_is_found_and_named() -> None:
    folder = FakeFolder(PACKAGE)
    document, found = items(folder)
    found.append(found[1] | {"id": "urn:takan:annotation:mark0002#reply-forged01"})
    folder[FILE] = canonical(document)
    verdict = verify(sealed(folder, STAGE.signer), STAGE.signer.public_key())
    assert [one.where for one in verdict.faults] == [f"{FILE}#urn:takan:annotation:mark0002#reply-forged01"]


def spoil_mark(body: dict[str, Any]) -> None:
    body["mark"]["text"] = "no crack"


LEDGER: dict[str, tuple[str, Callable[[dict[str, Any]], object], str]] = {
    "words": (Event.ANNOTATION_MADE, spoil_mark, "malformed"),
    "points": (Event.ANNOTATION_MADE, lambda body: body["mark"].update(points=[[5, 5]]), "malformed"),
    "parent": (Event.ANNOTATION_MADE, lambda body: body["mark"].update(parent="zz"), "malformed"),
    "whose": (Event.ANNOTATION_REPLIED, lambda body: body.update(annotation="nobody"), "annotation-unknown"),
    "where": (Event.ANNOTATION_CLOSED, lambda body: body.update(survey="elsewhere"), "survey-unknown"),
    "reply": (Event.ANNOTATION_REPLIED, lambda body: body.update(reply=[]), "malformed"),
}


@pytest.mark.parametrize("what", LEDGER)
def test_a_ledger_that_tells_of_what_cannot_be_is_found(what: str) -> None:
    event, spoil, code = LEDGER[what]
    lines = entries(PACKAGE)
    spoil(next(line["body"] for line in lines if line["event"] == event))
    verdict = verify(rechained(FakeFolder(PACKAGE), lines, STAGE.signer), STAGE.signer.public_key())
    assert (Part.LEDGER, code) in codes(verdict)


def test_a_mark_on_bytes_that_are_not_there_is_found() -> None:
    lines = entries(PACKAGE)
    body = next(line["body"] for line in lines if line["event"] == Event.ANNOTATION_MADE)
    body["track"] = "nobody.video"
    verdict = verify(rechained(FakeFolder(PACKAGE), lines, STAGE.signer), STAGE.signer.public_key())
    assert (Part.PAPERS, "parent-unknown") in codes(verdict)


@pytest.mark.parametrize("what", ["annotations", "evidence"])
def test_a_finding_that_cites_what_is_not_there_is_found(what: str) -> None:
    lines = entries(PACKAGE)
    body = next(line["body"] for line in lines if line["event"] == Event.FINDING_RECORDED)
    body[what] = ["nothing1"]
    folder = FakeFolder(PACKAGE)
    folder["data/surveys/1/findings.json"] = canonical([body])
    verdict = verify(rechained(folder, lines, STAGE.signer), STAGE.signer.public_key())
    assert codes(verdict) == {(Part.PAPERS, "citation-unknown")}


def test_the_ledger_tells_each_step_with_the_digest_of_the_mark() -> None:
    told = [(line["event"], line["digest"]) for line in entries(PACKAGE) if line["event"].startswith("annotation-")]
    assert [event for event, _ in told] == [
        "annotation-made", "annotation-made", "annotation-made", "annotation-replied", "annotation-closed",
        "annotation-withdrawn",
    ]  # fmt: skip
    assert told[0][1] == told[3][1] == told[4][1] != told[5][1]


def test_one_who_has_marked_himself_may_decide_and_one_who_has_not_seen_it_may_not() -> None:
    stage = Stage()
    survey, track = stage.filmed()
    stage.ended(survey, "pass", "")
    with stage.office.read() as work:
        head = work.ledger.entries(survey.case)[-1].hash
    a_mark(stage, survey, track, by=stage.approver)
    a_mark(stage, survey, track, "mark0002")
    with pytest.raises(Conflict, match="evidence-newer"):
        decide(stage.office, stage.signer, stage.approver, survey.case, "approved", "", head, stage.now)
    with stage.office.read() as work:
        head = work.ledger.entries(survey.case)[-1].hash
    a_mark(stage, survey, track, "mark0003", by=stage.approver)
    decide(stage.office, stage.signer, stage.approver, survey.case, "approved", "", head, stage.now)
    with pytest.raises(WrongMoment, match="case-decided"):
        a_mark(stage, survey, track, "mark0004")


def test_who_is_not_of_the_case_neither_reads_nor_marks() -> None:
    stage = Stage()
    survey, track = stage.filmed()
    guest = stage.applicant(survey.id)
    for who, refusal in ((stage.stranger, NotFound), (guest, Forbidden)):
        with pytest.raises(refusal):
            a_mark(stage, survey, track, by=who)
        with pytest.raises(refusal):
            list_annotations(stage.office, stage.signer, who, survey.id, 0, None, stage.now)
    assert "access-refused" in stage.events(survey.case)


def test_the_picture_that_was_just_recorded_is_waited_for() -> None:
    stage = Stage()
    survey, track = stage.filmed()
    end_us = track.end * 1_000_000 // track.timescale
    ahead = stage.now + timedelta(microseconds=end_us) - (stage.now - track.epoch)
    sight, drawn = Sight(None, track.id, time_us=end_us + 40_000), Drawn("text", ((1, 1),), "", "Here")
    given = (stage.office, stage.store, stage.signer, stage.inspector, survey.id, "mark0001", sight, drawn)
    assert microseconds(ahead) > 0
    with pytest.raises(WrongMoment, match="frames-pending"):
        annotate(*given, ahead)
    stage.ended(survey, "pass", "")
    with pytest.raises(Exception, match="annotation-outside"):
        annotate(*given, ahead)


def test_an_answer_that_came_between_is_not_lost() -> None:
    stage = Stage()
    survey, track = stage.filmed()
    made = a_mark(stage, survey, track)
    given = (stage.office, stage.signer, stage.approver, survey.id)
    reply(*given, "mark0001", "reply001", "One", stage.now)
    with pytest.raises(Conflict, match="annotation-moved"):
        close(*given, "mark0001", made.revision, stage.now)
    found, _ = reply(*given, "mark0001", "reply002", "Two", stage.now)
    closed = close(*given, "mark0001", found.revision, stage.now)
    assert ([one.text for one in closed.replies], closed.state) == (["One", "Two"], AnnotationState.CLOSED)
