"""The table of who may do what, seen from each standing."""

import pytest

from inspection.model.errors import Forbidden, NotFound
from inspection.model.people import Actor, Role
from inspection.services.access import ALLOWED, Doing, Standing, on_case, on_survey
from inspection.services.participants import invite
from tests.builders import Stage

WHO = {
    "lead": {Standing.LEAD},
    "second": {Standing.SECOND},
    "viewer": {Standing.VIEWER},
    "approver": {Standing.APPROVER},
    "invited approver": {Standing.APPROVER, Standing.VIEWER},
    "applicant": {Standing.APPLICANT},
    "stranger": set(),
    "administrator": set(),
    "other approver": set(),
    "other applicant": set(),
    "forged applicant": set(),
    "supervisor": set(),
}


def actor(stage: Stage, who: str, survey: str, other: str) -> Actor:
    def invited(role: Role) -> Actor:
        person = stage.staff(role, "客人")
        invite(stage.office, stage.signer, stage.inspector, survey, person.id, stage.now, stage.new_id)
        return person

    if who == "invited approver":
        invite(stage.office, stage.signer, stage.inspector, survey, stage.approver.id, stage.now, stage.new_id)
        return stage.approver
    if who == "other applicant":
        return stage.applicant(other)
    if who == "forged applicant":  # the place of staff, taken by link
        lead = next(row for row in stage.rows(survey) if row.role is Role.INSPECTOR)
        return Actor(lead.id, lead.name, Role.APPLICANT, survey)
    made = {
        "lead": lambda: stage.inspector,
        "second": lambda: invited(Role.INSPECTOR),
        "viewer": lambda: invited(Role.SUPERVISOR),
        "approver": lambda: stage.approver,
        "applicant": lambda: stage.applicant(survey),
        "stranger": lambda: stage.stranger,
        "administrator": lambda: stage.administrator,
        "other approver": lambda: stage.staff(Role.APPROVER, "孙立"),
        "supervisor": lambda: stage.staff(Role.SUPERVISOR, "何清"),
    }
    return made[who]()


@pytest.mark.parametrize("who", WHO)
def test_each_standing_reaches_as_far_as_the_table_says(who: str) -> None:
    stage = Stage()
    survey, other = stage.booked(), stage.booked()
    asking, standings = actor(stage, who, survey.id, other.id), WHO[who]
    for doing in Doing:
        with stage.office.read() as work:
            if not standings:
                with pytest.raises(NotFound, match="survey-unknown"):
                    on_survey(work, asking, survey.id, doing)
            elif not standings & ALLOWED[doing]:
                with pytest.raises(Forbidden, match="not-allowed"):
                    on_survey(work, asking, survey.id, doing)
            else:
                assert on_survey(work, asking, survey.id, doing).standings == standings


@pytest.mark.parametrize("who", WHO)
def test_a_case_is_there_for_those_who_may_read_it(who: str) -> None:
    stage = Stage()
    survey, other = stage.booked(), stage.booked()
    asking, standings = actor(stage, who, survey.id, other.id), WHO[who]
    with stage.office.read() as work:
        if standings & ALLOWED[Doing.READ_CASE]:
            assert on_case(work, asking, survey.case, Doing.READ_CASE).id == survey.case
        else:
            with pytest.raises(NotFound, match="case-unknown"):
                on_case(work, asking, survey.case, Doing.READ_CASE)


def test_every_doing_has_its_line() -> None:
    assert set(ALLOWED) == set(Doing)


def test_a_one_time_password_opens_no_case() -> None:
    stage = Stage()
    survey = stage.booked()
    fresh = Actor(stage.inspector.id, stage.inspector.name, Role.INSPECTOR, None, must_change=True)
    with stage.office.read() as work:
        with pytest.raises(Forbidden, match="password-must-change"):
            on_survey(work, fresh, survey.id, Doing.READ_SURVEY)
        with pytest.raises(Forbidden, match="password-must-change"):
            on_case(work, fresh, survey.case, Doing.READ_CASE)
