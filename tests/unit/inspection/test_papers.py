"""A paper is made of what the tables tell, signed by each in turn on what he read, and sealed at the end."""

from dataclasses import replace

import pytest

from inspection.model.errors import Conflict, Forbidden, Invalid, NotFound, WrongMoment
from inspection.model.paper import Paper, PaperKind, PaperState
from inspection.model.people import Actor, Role
from inspection.model.survey import Survey
from inspection.services.paper_facts import facts_of, subject_digest
from inspection.services.papers import (
    fail_paper,
    fetch_paper,
    keep_paper,
    list_papers,
    paper_to_sign,
    read_paper,
    refuse_paper,
    sign_paper,
    want_paper,
)
from tests.builders import Stage
from tests.fakes import FakeSealer

ADDRESS = "https://takan.example"


def wanted(stage: Stage, survey: Survey, kind: str = "record", actor: Actor | None = None) -> Paper:
    of = None if kind == "decision" else survey.id
    return want_paper(
        stage.office, stage.signer, actor or stage.inspector, survey.case, kind, of, "zh-CN", ADDRESS, stage.now,
        stage.new_id,
    )  # fmt: skip


def made(stage: Stage, survey: Survey, kind: str = "record") -> Paper:
    wish = wanted(stage, survey, kind)
    with stage.office.read() as work:
        facts = facts_of(work, stage.signer, wish.kind, wish.case, wish.survey)
    subject = subject_digest(facts["subject"])
    return keep_paper(stage.office, stage.store, stage.signer, wish.id, subject, b"%PDF a paper", stage.now)


def guest(stage: Stage, survey: Survey) -> Actor:
    with stage.office.read() as work:
        row = next(row for row in work.participants.of_survey(survey.id) if row.person is None)
    return Actor(row.id, row.name, Role.APPLICANT, survey.id)


def signed(stage: Stage, paper: Paper, actor: Actor) -> Paper:
    return sign_paper(
        stage.office, stage.store, stage.signer, FakeSealer(), actor, paper.id, paper.sha256 or "", "", stage.now
    )


def refused(stage: Stage, paper: Paper, actor: Actor, of: str, reason: str) -> Paper:
    return refuse_paper(
        stage.office, stage.store, stage.signer, FakeSealer(), actor, paper.id, paper.sha256 or "", of, reason,
        stage.now,
    )  # fmt: skip


def test_a_record_asks_the_inspector_and_who_was_filmed() -> None:
    stage = Stage()
    paper = made(stage, stage.concluded())
    assert [one["role"] for one in paper.needed] == ["inspector", "applicant"]
    assert paper.state is PaperState.READY
    assert stage.events(paper.case)[-1] == "paper-made"


def test_all_sign_in_turn_and_the_office_seals() -> None:
    stage = Stage()
    survey = stage.concluded()
    paper = signed(stage, made(stage, survey), stage.inspector)
    assert paper.state is PaperState.READY
    paper = signed(stage, paper, guest(stage, survey))
    assert paper.state is PaperState.SEALED
    data = stage.store[paper.sha256 or ""]
    assert [line.split()[0] for line in data.decode().splitlines()[1:]] == ["signed", "signed", "sealed"]
    assert stage.events(paper.case)[-3:] == ["paper-signed", "paper-signed", "paper-sealed"]
    with pytest.raises(WrongMoment, match="paper-closed"):
        signed(stage, paper, stage.inspector)


def test_a_refusal_stands_in_the_seal_with_its_reason() -> None:
    stage = Stage()
    survey = stage.concluded()
    paper = signed(stage, made(stage, survey), stage.inspector)
    with pytest.raises(Invalid, match="text-needed"):
        refused(stage, paper, guest(stage, survey), guest(stage, survey).id, " ")
    paper = refused(stage, paper, guest(stage, survey), guest(stage, survey).id, "货架不是我的")
    assert paper.state is PaperState.SEALED
    assert "货架不是我的" in stage.store[paper.sha256 or ""].decode()


def test_the_lead_may_tell_the_refusal_of_the_applicant_but_of_nobody_else() -> None:
    stage = Stage()
    survey = stage.concluded()
    paper = made(stage, survey)
    with pytest.raises(Forbidden, match="not-asked"):
        refused(stage, paper, stage.approver, stage.inspector.id, "x")
    told = refused(stage, paper, stage.inspector, guest(stage, survey).id, "他不接电话")
    assert told.refusals[0]["stated_by"] == stage.inspector.id


def test_nobody_signs_what_he_has_not_read() -> None:
    stage = Stage()
    survey = stage.concluded()
    paper = made(stage, survey)
    signed(stage, paper, stage.inspector)
    with pytest.raises(Conflict, match="paper-moved"):
        signed(stage, paper, guest(stage, survey))


def test_a_change_after_the_first_signature_makes_everyone_start_anew() -> None:
    stage = Stage()
    survey = stage.concluded()
    paper = signed(stage, made(stage, survey), stage.inspector)
    with stage.office.write() as work:
        finding = work.findings.of_survey(survey.id)[0]
        work.findings.put(replace(finding, note="其实没有看清楚"))
    with pytest.raises(Conflict, match="paper-outdated"):
        signed(stage, paper, guest(stage, survey))
    anew = made(stage, survey)
    assert anew.signatures == []
    assert read_paper(stage.office, stage.signer, stage.inspector, paper.id, stage.now).state is PaperState.SUPERSEDED


def test_facts_that_moved_while_it_was_drawn_are_not_kept() -> None:
    stage = Stage()
    wish = wanted(stage, stage.concluded())
    with pytest.raises(Conflict, match="paper-outdated"):
        keep_paper(stage.office, stage.store, stage.signer, wish.id, "0" * 64, b"%PDF", stage.now)
    with pytest.raises(Invalid, match="paper-unfit"):
        keep_paper(stage.office, stage.store, stage.signer, wish.id, "0" * 64, b"", stage.now)
    assert fail_paper(stage.office, wish.id, "paper-outdated").state is PaperState.FAILED


def test_only_those_who_are_asked_sign() -> None:
    stage = Stage()
    paper = made(stage, stage.concluded())
    with pytest.raises(Forbidden, match="not-asked"):
        signed(stage, paper, stage.approver)
    with pytest.raises(NotFound, match="case-unknown"):
        signed(stage, paper, stage.stranger)


def test_there_is_no_record_before_the_survey_ended_and_no_notice_before_the_decision() -> None:
    stage = Stage()
    survey, _ = stage.opened()
    with pytest.raises(WrongMoment, match="survey-not-ended"):
        wanted(stage, survey)
    stage = Stage()
    with pytest.raises(WrongMoment, match="case-undecided"):
        wanted(stage, stage.concluded(), "decision")
    with pytest.raises(Invalid, match="paper-kind-unknown"):
        wanted(stage, stage.concluded(), "poem")


def test_the_notice_is_signed_by_the_approver_alone_and_read_by_the_applicant() -> None:
    stage = Stage()
    survey = stage.decided()
    paper = signed(stage, made(stage, survey, "decision"), stage.approver)
    assert paper.state is PaperState.SEALED
    fetched = fetch_paper(stage.office, stage.signer, guest(stage, survey), paper.id, stage.now)
    assert fetched.kind is PaperKind.DECISION
    assert stage.events(survey.case)[-1] == "paper-fetched"


def test_the_applicant_is_shown_the_record_of_his_visit_and_no_draft() -> None:
    stage = Stage()
    survey = stage.concluded()
    draft = made(stage, survey, "certificate")
    assert paper_to_sign(stage.office, guest(stage, survey), survey.id) is None
    with pytest.raises(NotFound, match="paper-unknown"):
        read_paper(stage.office, stage.signer, guest(stage, survey), draft.id, stage.now)
    record = made(stage, survey)
    assert paper_to_sign(stage.office, guest(stage, survey), survey.id) == record
    assert [one.id for one in list_papers(stage.office, stage.inspector, survey.case)] == [record.id, draft.id]
