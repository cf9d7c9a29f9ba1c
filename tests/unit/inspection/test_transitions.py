"""A survey's and a case's states move as the tables say, and in no other way."""

from itertools import product

import pytest

from inspection.model import case, survey
from inspection.model.case import CaseState
from inspection.model.errors import Invalid, WrongMoment
from inspection.model.survey import NEEDS_NOTE, Outcome, SurveyState, require_note

SURVEY_EVENTS = sorted({event for _, event in survey.MOVES} | {"reopen"})
CASE_EVENTS = sorted({event for _, event in case.MOVES} | {"reopen"})


@pytest.mark.parametrize(("state", "event"), list(product(SurveyState, SURVEY_EVENTS)))
def test_a_survey_moves_only_as_listed(state: SurveyState, event: str) -> None:
    if (state, event) in survey.MOVES:
        assert survey.move(state, event) is survey.MOVES[state, event]
        return
    with pytest.raises(WrongMoment) as refusal:
        survey.move(state, event)
    assert refusal.value.code == "survey-wrong-state"
    assert refusal.value.facts == {"state": state.value, "event": event}


@pytest.mark.parametrize(("state", "event"), list(product(CaseState, CASE_EVENTS)))
def test_a_case_moves_only_as_listed(state: CaseState, event: str) -> None:
    if (state, event) in case.MOVES:
        assert case.move(state, event) is case.MOVES[state, event]
        return
    with pytest.raises(WrongMoment, match="case-wrong-state"):
        case.move(state, event)


@pytest.mark.parametrize("outcome", Outcome)
def test_an_outcome_that_needs_words_is_refused_without(outcome: Outcome) -> None:
    assert require_note(outcome, "  说明  ") == "说明"
    if outcome not in NEEDS_NOTE:
        assert require_note(outcome, " ") == ""
        return
    with pytest.raises(Invalid, match="note-needed"):
        require_note(outcome, " \n ")
