"""Two inspectors (双人踏勘): both named, both there, both sign; one is never two."""

import pytest

from inspection.model.errors import Conflict, Forbidden, Invalid, WrongMoment
from inspection.model.paper import PaperState
from inspection.model.survey import Survey
from inspection.services.ask_inspectors import ask_inspectors
from inspection.services.book import book
from inspection.services.conclude import conclude
from inspection.services.participants import invite, join, seen
from tests.builders import Stage
from tests.unit.inspection.test_papers import guest, made, refused, signed


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def survey(stage: Stage) -> Survey:
    return stage.booked(stage.case(item="venue"))


def asked(stage: Stage, survey: Survey) -> None:
    invite(stage.office, stage.signer, stage.inspector, survey.id, stage.second.id, stage.now, stage.new_id)


def ended(stage: Stage, survey: Survey, outcome: str = "pass") -> Survey:
    return conclude(
        stage.office, stage.store, stage.signer, stage.inspector, survey.id, outcome, "x", True, stage.later(minutes=9),
        stage.new_id,
    )  # fmt: skip


def together(stage: Stage, survey: Survey) -> Survey:
    """Both were there to the end."""
    asked(stage, survey)
    stage.opened(survey)
    stage.consented(survey.id)
    seen(stage.office, stage.second, survey.id, stage.later(minutes=1))
    return ended(stage, survey)


def test_the_survey_keeps_how_many_its_item_asks_for(stage: Stage, survey: Survey) -> None:
    assert survey.inspectors == 2
    assert stage.booked(stage.case()).inspectors == 1
    ask_inspectors(stage.office, stage.administrator, "venue", 1)
    with stage.office.read() as work:
        assert work.surveys.get(survey.id).inspectors == 2
        assert work.ledger.entries(survey.case)[-3].body["inspectors"] == 2


def test_guidance_needs_one(stage: Stage) -> None:
    case = stage.case(item="venue")
    made = book(stage.office, stage.signer, stage.inspector, case.id, "guidance", stage.now, stage.now, stage.new_id)
    assert made.inspectors == 1


def test_its_room_opens_when_both_are_named(stage: Stage, survey: Survey) -> None:
    with pytest.raises(WrongMoment, match="second-inspector-needed"):
        stage.opened(survey)
    invite(stage.office, stage.signer, stage.inspector, survey.id, stage.approver.id, stage.now, stage.new_id)
    join(stage.office, stage.signer, stage.inspector, survey.id, stage.now, stage.new_id)
    with pytest.raises(WrongMoment, match="second-inspector-needed"):
        stage.opened(survey)
    asked(stage, survey)
    assert stage.opened(survey)


@pytest.mark.parametrize("outcome", ["pass", "fail", "partial"])
def test_nobody_judges_alone(stage: Stage, survey: Survey, outcome: str) -> None:
    asked(stage, survey)
    stage.opened(survey)
    with pytest.raises(WrongMoment, match="second-inspector-absent"):
        ended(stage, survey, outcome)
    seen(stage.office, stage.second, survey.id, stage.later(minutes=1))
    assert ended(stage, survey, outcome).outcome == outcome


def test_what_came_before_the_room_opened_is_no_presence(stage: Stage, survey: Survey) -> None:
    asked(stage, survey)
    seen(stage.office, stage.second, survey.id, stage.now)
    stage.later(minutes=5)
    stage.opened(survey)
    with pytest.raises(WrongMoment, match="second-inspector-absent"):
        ended(stage, survey)


@pytest.mark.parametrize("outcome", ["insufficient", "no-show", "cancelled"])
def test_a_survey_that_judges_nothing_may_end_with_one(stage: Stage, survey: Survey, outcome: str) -> None:
    asked(stage, survey)
    stage.opened(survey)
    assert ended(stage, survey, outcome).outcome == outcome


def test_both_sign_before_the_office_seals(stage: Stage, survey: Survey) -> None:
    paper = made(stage, together(stage, survey))
    assert [one["role"] for one in paper.needed].count("inspector") == 2
    paper = signed(stage, paper, stage.inspector)
    with pytest.raises(Conflict, match="already-signed"):
        signed(stage, paper, stage.inspector)
    paper = signed(stage, paper, guest(stage, survey))
    assert paper.state is PaperState.READY
    assert [one["name"] for one in paper.needed if paper.open_for(one["id"])] == ["林涛"]
    assert signed(stage, paper, stage.second).state is PaperState.SEALED


def test_neither_may_leave_it_to_the_other(stage: Stage, survey: Survey) -> None:
    paper = made(stage, together(stage, survey))
    with pytest.raises(Conflict, match="signature-needed"):
        refused(stage, paper, stage.second, stage.second.id, "我不同意")
    with pytest.raises(Forbidden, match="not-asked"):
        refused(stage, paper, stage.inspector, stage.second.id, "他不在")
    paper = refused(stage, paper, guest(stage, survey), guest(stage, survey).id, "货架不是我的")
    with pytest.raises(Conflict, match="already-signed"):
        refused(stage, paper, guest(stage, survey), guest(stage, survey).id, "再说一次")
    paper = signed(stage, signed(stage, paper, stage.second), stage.inspector)
    assert paper.state is PaperState.SEALED


def test_a_third_inspector_may_say_no(stage: Stage, survey: Survey) -> None:
    invite(stage.office, stage.signer, stage.inspector, survey.id, stage.stranger.id, stage.now, stage.new_id)
    paper = made(stage, together(stage, survey))
    paper = refused(stage, paper, stage.stranger, stage.stranger.id, "我只看了一半")
    with pytest.raises(Conflict, match="signature-needed"):
        refused(stage, paper, stage.second, stage.second.id, "我也没看")
    for actor in (stage.inspector, guest(stage, survey), stage.second):
        paper = signed(stage, paper, actor)
    assert paper.state is PaperState.SEALED


def test_one_who_was_alone_signs_alone_that_it_could_not_be_judged(stage: Stage, survey: Survey) -> None:
    asked(stage, survey)
    stage.opened(survey)
    paper = made(stage, ended(stage, survey, "insufficient"))
    paper = refused(stage, paper, stage.second, stage.second.id, "我没有到场")
    assert signed(stage, paper, stage.inspector).state is PaperState.SEALED


def test_only_an_administrator_says_how_many(stage: Stage) -> None:
    assert ask_inspectors(stage.office, stage.administrator, "food", 2).inspectors == 2
    with pytest.raises(Invalid, match="inspectors-range"):
        ask_inspectors(stage.office, stage.administrator, "food", 0)
    with pytest.raises(Forbidden):
        ask_inspectors(stage.office, stage.inspector, "food", 1)
