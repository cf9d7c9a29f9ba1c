"""An approver's verdict."""

from typing import Any

import pytest

from inspection.model.case import CaseState
from inspection.model.errors import Conflict, Forbidden, Invalid, NotFound, WrongMoment
from inspection.services.decide import decide
from inspection.services.review import read_timeline
from tests.builders import Stage


def verdict(
    stage: Stage, case: str, outcome: str = "approved", reason: str = "", head: str | None = None, actor: Any = None
) -> Any:
    by = actor or stage.approver
    return decide(stage.office, stage.signer, by, case, outcome, reason, head, stage.later(seconds=1))


def head(stage: Stage, case: str) -> str:
    with stage.office.read() as work:
        return work.ledger.entries(case)[-1].hash


def test_a_case_is_decided_once() -> None:
    stage = Stage()
    case = stage.concluded().case
    before = head(stage, case)
    decision = verdict(stage, case, reason=" 齐全 ")
    assert (decision.reason, decision.by, decision.head) == ("齐全", stage.approver.id, before)
    with stage.office.read() as work:
        assert work.cases.get(case).state is CaseState.APPROVED
    with pytest.raises(Conflict, match="decision-taken"):
        verdict(stage, case, "refused", "说明")
    assert stage.events(case)[-1] == "decided"


def test_a_refusal_says_why() -> None:
    stage = Stage()
    case = stage.concluded().case
    for outcome, reason, code in (
        ("refused", " ", "reason-needed"), ("maybe", "", "outcome-unknown"), ("approved", "x\x00", "text-unusable"),
        ("refused", "x" * 4001, "text-too-long"),
    ):  # fmt: skip
        with pytest.raises(Invalid, match=code):
            verdict(stage, case, outcome, reason)
    verdict(stage, case, "refused", "货架离墙不足")
    with stage.office.read() as work:
        assert work.cases.get(case).state is CaseState.REFUSED


def test_only_the_approver_who_was_given_the_case_decides() -> None:
    stage = Stage()
    case = stage.concluded().case
    other = stage.staff(stage.approver.role, "孙立")
    for actor, refusal in (
        (stage.inspector, Forbidden), (other, NotFound), (stage.stranger, NotFound), (stage.administrator, NotFound),
    ):  # fmt: skip
        with pytest.raises(refusal):
            verdict(stage, case, actor=actor)


def test_without_a_concluded_survey_there_is_nothing_to_decide() -> None:
    stage = Stage()
    case = stage.case()
    with pytest.raises(WrongMoment, match="case-wrong-state"):
        verdict(stage, case.id)
    survey = stage.booked(case)
    stage.ended(survey, "cancelled", "改期")
    with pytest.raises(WrongMoment, match="case-wrong-state"):
        verdict(stage, case.id)


def test_a_verdict_waits_for_a_running_survey_and_for_evidence() -> None:
    stage = Stage()
    survey = stage.concluded()
    with stage.office.read() as work:
        case = work.cases.get(survey.case)
    stage.booked(case)
    with pytest.raises(WrongMoment, match="survey-running"):
        verdict(stage, survey.case)
    pending = stage.concluded(closed=False)
    with pytest.raises(WrongMoment, match="evidence-pending"):
        verdict(stage, pending.case)


def test_a_verdict_on_what_has_grown_since_is_refused() -> None:
    stage = Stage()
    survey = stage.concluded()
    seen = head(stage, survey.case)
    with stage.office.read() as work:
        case = work.cases.get(survey.case)
    more = stage.booked(case)
    stage.ended(more, "no-show", "")
    for stale in (seen, "0" * 64, "x"):
        with pytest.raises(Conflict, match="evidence-newer"):
            verdict(stage, survey.case, head=stale)
    verdict(stage, survey.case, head=head(stage, survey.case))


def test_that_somebody_looked_meanwhile_changes_nothing() -> None:
    stage = Stage()
    survey = stage.concluded()
    seen = head(stage, survey.case)
    read_timeline(stage.office, stage.signer, stage.approver, survey.id, stage.now)
    assert head(stage, survey.case) != seen
    assert verdict(stage, survey.case, head=seen).head == seen
