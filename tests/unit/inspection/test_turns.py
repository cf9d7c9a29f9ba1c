"""The fake office finds whoever writes to a case that his unit of work is not about: so every test of a service is a
test that others may write beside it."""

import pytest

from inspection.model.event import Event
from inspection.model.people import SYSTEM
from inspection.ports import LOG
from inspection.services.custody import enter
from tests.builders import NOW, Stage, a_person
from tests.fakes import FakeSigner


def test_a_unit_about_a_case_may_write_to_it() -> None:
    stage = Stage()
    survey = stage.booked()
    with stage.office.write(survey.case) as work:
        enter(work, FakeSigner(), survey.case, Event.VIEWED, SYSTEM, NOW, {"subject": survey.id})
        work.surveys.put(survey)


def test_another_case_s_ledger_is_out_of_bounds() -> None:
    stage = Stage()
    mine, other = stage.case(), stage.case()
    with pytest.raises(AssertionError, match="FakeLedger"), stage.office.write(mine.id) as work:
        enter(work, FakeSigner(), other.id, Event.VIEWED, SYSTEM, NOW, {"subject": other.id})


def test_what_is_nobody_s_is_out_of_bounds() -> None:
    stage = Stage()
    mine = stage.case()
    with pytest.raises(AssertionError, match="FakePeople"), stage.office.write(mine.id) as work:
        work.people.add(a_person(id="p9", sign_in="nine"))
    with pytest.raises(AssertionError, match="FakeCases"), stage.office.write(mine.id) as work:
        work.cases.next_number("20261124")


def test_the_log_writes_to_no_case() -> None:
    stage = Stage()
    mine = stage.case()
    with stage.office.write(LOG) as work:
        work.settings.put("log.alarm", "")
    with pytest.raises(AssertionError, match="FakeLedger"), stage.office.write(LOG) as work:
        enter(work, FakeSigner(), mine.id, Event.VIEWED, SYSTEM, NOW, {"subject": mine.id})
