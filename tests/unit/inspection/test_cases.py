"""Taking cases in, giving them to an approver, finding one's own."""

from typing import Any

import pytest

from inspection.model.case import CaseState
from inspection.model.errors import Forbidden, Invalid, NotFound, WrongMoment
from inspection.services.access import Doing
from inspection.services.participants import invite
from inspection.services.read_case import list_cases, list_items, read_case
from inspection.services.sample_catalogue import SAMPLE, seed_catalogue
from inspection.services.take_in import name_approver
from tests.builders import Stage


def test_a_case_has_a_number_of_its_day_and_a_promised_day() -> None:
    stage = Stage()
    first, second = stage.case(), stage.case(item="venue")
    assert (first.number, second.number) == ("TK-20261124-0001", "TK-20261124-0002")
    assert (first.due_on, second.due_on) == ("2026-12-01", "2026-11-27")
    stage.later(hours=14)
    assert stage.case().number == "TK-20261125-0001"
    assert stage.events(first.id) == ["case-opened", "approver-named"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"item": "nothing"}, "item-unknown"), ({"item": "\x00"}, "item-unknown"), ({"applicant": " "}, "text-needed"),
        ({"applicant": "名" * 121}, "text-too-long"), ({"address": "a\x07"}, "text-unusable"),
        ({"address": ""}, "text-needed"), ({"phone": "1" * 41}, "text-too-long"),
        ({"latitude": 91.0}, "position-range"), ({"longitude": -180.5}, "position-range"),
        ({"latitude": float("nan")}, "position-range"), ({"latitude": None}, "position-range"),
        ({"approver": "nobody"}, "approver-unfit"), ({"approver": "../../x"}, "approver-unfit"),
    ],
)  # fmt: skip
def test_an_unfit_case_is_refused_and_nothing_written(change: dict[str, Any], code: str) -> None:
    stage = Stage()
    with pytest.raises(Invalid, match=code):
        stage.case(**change)
    assert list_cases(stage.office, stage.inspector, None, "", 0, 50, stage.now) == ([], 0)
    assert stage.case().number == "TK-20261124-0001"


SQUARE = ((30.0, 120.0), (30.0, 120.01), (30.01, 120.01), (30.01, 120.0))


def test_a_site_may_have_an_outline() -> None:
    """Given open or closed; it is in the ledger, and what is compared with the site is compared with it."""
    stage = Stage()
    case = stage.case(polygon=[*SQUARE, SQUARE[0]])
    assert case.site.polygon == case.site.outline == SQUARE
    with stage.office.read() as work:
        opened = work.ledger.entries(case.id)[0]
    assert opened.body["site"]["polygon_e7"][1] == [300_000_000, 1_200_100_000]
    alone = stage.case(latitude=None, longitude=None, polygon=SQUARE)
    assert alone.site.centre == pytest.approx((30.005, 120.005))
    point = stage.case()
    assert point.site.outline == ((point.site.latitude, point.site.longitude),)
    with stage.office.read() as work:
        assert "polygon_e7" not in work.ledger.entries(point.id)[0].body["site"]


@pytest.mark.parametrize(("corners", "code"), [(SQUARE[:2], "field-wrong"), ((*SQUARE, (91.0, 0.0)), "position-range")])
def test_an_outline_that_is_none_is_refused(corners: Any, code: str) -> None:
    with pytest.raises(Invalid, match=code):
        Stage().case(polygon=corners)


def test_four_byte_letters_pass_through() -> None:
    stage = Stage()
    assert stage.case(applicant="𠮷田 📷").applicant == "𠮷田 📷"


def test_only_an_inspector_takes_in_and_only_an_approver_is_given_a_case() -> None:
    stage = Stage()
    with pytest.raises(Invalid, match="approver-unfit"):
        stage.case(approver=stage.inspector.id)
    inspector, stage.inspector = stage.inspector, stage.approver
    with pytest.raises(Forbidden, match="not-allowed"):
        stage.case()
    stage.inspector = inspector


def test_everybody_finds_his_own_cases_only() -> None:
    stage = Stage()
    survey = stage.booked()
    other = stage.case()

    def ids(actor: Any, state: str | None = None, text: str = "") -> list[str]:
        return [row.case.id for row in list_cases(stage.office, actor, state, text, 0, 50, stage.now)[0]]

    assert ids(stage.inspector) == [other.id, survey.case]
    assert ids(stage.approver) == [other.id, survey.case]
    assert ids(stage.stranger) == ids(stage.second) == []
    invite(stage.office, stage.signer, stage.inspector, survey.id, stage.second.id, stage.now, stage.new_id)
    assert ids(stage.second) == [survey.case]
    assert ids(stage.inspector, "review") == []
    assert ids(stage.inspector, "open", "0002") == [other.id]
    with pytest.raises(Invalid, match="state-unknown"):
        ids(stage.inspector, "lost")
    with pytest.raises(Forbidden):
        ids(stage.administrator)


def test_somebody_elses_case_is_not_there_and_the_asking_is_entered_once() -> None:
    stage = Stage()
    case = stage.case()
    for actor in (stage.stranger, stage.stranger, stage.administrator):
        with pytest.raises(NotFound, match="case-unknown"):
            read_case(stage.office, stage.signer, actor, case.id, stage.now)
    assert stage.events(case.id).count("access-refused") == 2
    for id in ("nothing", "\x00", "A" * 40):
        with pytest.raises(NotFound, match="case-unknown"):
            read_case(stage.office, stage.signer, stage.inspector, id, stage.now)


def test_a_view_of_a_case_says_what_its_reader_may_do() -> None:
    stage = Stage()
    survey = stage.concluded()
    view = read_case(stage.office, stage.signer, stage.approver, survey.case, stage.now)
    assert (view.case.state, view.due_in, len(view.evidence)) == (CaseState.REVIEW, 5, 2)
    assert Doing.DECIDE in view.may
    assert Doing.BOOK not in view.may
    assert view.head is not None
    assert view.head.hash == view.entries[-1].hash
    assert view.surveys[0].findings
    assert Doing.BOOK in read_case(stage.office, stage.signer, stage.inspector, survey.case, stage.now).may


def test_an_undecided_case_can_be_given_to_another_approver() -> None:
    stage = Stage()
    case = stage.case()
    other = stage.staff(stage.approver.role, "孙立")
    with pytest.raises(Forbidden):
        name_approver(stage.office, stage.signer, stage.approver, case.id, other.id, stage.now)
    name_approver(stage.office, stage.signer, stage.inspector, case.id, other.id, stage.now)
    name_approver(stage.office, stage.signer, stage.inspector, case.id, other.id, stage.now)
    assert stage.events(case.id).count("approver-named") == 2
    with pytest.raises(NotFound):
        read_case(stage.office, stage.signer, stage.approver, case.id, stage.now)
    survey = stage.decided()
    with pytest.raises(WrongMoment, match="case-decided"):
        name_approver(stage.office, stage.signer, stage.inspector, survey.case, other.id, stage.now)


def test_the_sample_catalogue_is_put_once_and_speaks_two_languages() -> None:
    stage = Stage()
    assert seed_catalogue(stage.office) == 0
    assert list(list_items(stage.office, stage.inspector)) == sorted(SAMPLE, key=lambda item: item.code)
    for item in SAMPLE:
        assert 4 <= len(item.checklist.checks) <= 6
        texts = [item.title, item.department]
        texts += [words for check in item.checklist.checks for words in (check.title, check.guidance)]
        assert all(set(words) == {"zh-CN", "en"} and all(words.values()) for words in texts)
