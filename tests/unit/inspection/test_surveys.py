"""Booking a survey, opening its room, and what its participants may say."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from inspection.model.errors import Conflict, Forbidden, Invalid, NotFound, Refusal, Unavailable, WrongMoment
from inspection.model.participant import CONSENT_VERSION
from inspection.model.people import Actor, Role
from inspection.model.survey import SurveyState
from inspection.services.book import book
from inspection.services.consent import give_consent, state_consent
from inspection.services.focus import focus
from inspection.services.give_position import give_position, refuse_position
from inspection.services.issue_ticket import issue_ticket
from inspection.services.open_room import open_room
from inspection.services.participants import HERE, invite, join, report_device, seen
from inspection.services.read_survey import list_surveys, read_survey, room_view
from tests.builders import NOW, Stage


def test_a_booked_survey_has_places_for_its_inspector_and_its_applicant() -> None:
    stage = Stage()
    survey = stage.booked()
    assert survey.number == "TK-20261124-0001-S1"
    assert [row.role for row in stage.rows(survey.id)] == [Role.INSPECTOR, Role.APPLICANT]
    with pytest.raises(WrongMoment, match="survey-running"):
        book(stage.office, stage.signer, stage.inspector, survey.case, "live", stage.now, stage.now, stage.new_id)
    stage.ended(survey, "cancelled", "改期")
    again = book(
        stage.office, stage.signer, stage.inspector, survey.case, "guidance", stage.now, stage.now, stage.new_id
    )
    assert again.number == "TK-20261124-0001-S2"


@pytest.mark.parametrize(
    ("kind", "at", "code"),
    [
        ("panorama", NOW, "kind-unknown"), ("", NOW, "kind-unknown"),
        ("live", NOW + timedelta(days=400), "appointment-unfit"),
        ("live", datetime(2026, 11, 25), "appointment-unfit"),
    ],
)  # fmt: skip
def test_an_unfit_booking_is_refused(kind: str, at: datetime, code: str) -> None:
    stage = Stage()
    case = stage.case()
    with pytest.raises(Invalid, match=code):
        book(stage.office, stage.signer, stage.inspector, case.id, kind, at, stage.now, stage.new_id)


def test_a_decided_case_takes_no_more_surveys() -> None:
    stage = Stage()
    case = stage.decided().case
    with pytest.raises(WrongMoment, match="case-decided"):
        book(stage.office, stage.signer, stage.inspector, case, "live", stage.now, stage.now, stage.new_id)


def test_a_room_stays_on_its_node_and_moves_with_its_clock_when_that_is_gone() -> None:
    stage = Stage()
    survey, room = stage.opened()
    assert (survey.state, room.node, room.epoch) == (SurveyState.LIVE, "a", NOW)
    stage.later(minutes=5)
    assert open_room(stage.office, stage.signer, stage.inspector, survey.id, ["b", "a"], stage.now) == (survey, room)
    _, moved = open_room(stage.office, stage.signer, stage.inspector, survey.id, ["b"], stage.now)
    assert (moved.node, moved.epoch) == ("b", NOW)
    with pytest.raises(Unavailable, match="no-node"):
        open_room(stage.office, stage.signer, stage.inspector, survey.id, [], stage.now)
    assert stage.events(survey.case).count("survey-opened") == 2


def test_a_new_room_goes_where_the_fewest_are() -> None:
    stage = Stage()
    stage.opened()
    _, room = open_room(
        stage.office, stage.signer, stage.inspector, stage.booked().id, ["a", "b"], stage.now
    )  # fmt: skip
    assert room.node == "b"


def test_an_ended_survey_opens_no_more() -> None:
    stage = Stage()
    survey = stage.concluded()
    with pytest.raises(WrongMoment, match="survey-wrong-state"):
        stage.opened(survey)


def test_guests_join_once_and_administrators_never() -> None:
    stage = Stage()
    survey = stage.booked()
    with pytest.raises(NotFound):
        join(stage.office, stage.signer, stage.second, survey.id, stage.now, stage.new_id)
    row = invite(stage.office, stage.signer, stage.inspector, survey.id, stage.second.id, stage.now, stage.new_id)
    assert join(stage.office, stage.signer, stage.second, survey.id, stage.now, stage.new_id) == row
    assert invite(stage.office, stage.signer, stage.inspector, survey.id, stage.second.id, NOW, stage.new_id) == row
    with pytest.raises(Invalid, match="person-unfit"):
        invite(stage.office, stage.signer, stage.inspector, survey.id, stage.administrator.id, NOW, stage.new_id)
    with pytest.raises(NotFound, match="person-unknown"):
        invite(stage.office, stage.signer, stage.inspector, survey.id, "nobody", NOW, stage.new_id)
    with pytest.raises(Forbidden):
        invite(stage.office, stage.signer, stage.second, survey.id, stage.stranger.id, NOW, stage.new_id)
    assert [one.survey.id for one in list_surveys(stage.office, stage.second, 0, 10)[0]] == [survey.id]
    assert list_surveys(stage.office, stage.administrator, 0, 10) == ((), 0)


def test_consent_keeps_wording_time_and_a_refusal() -> None:
    stage = Stage()
    survey = stage.booked()
    guest = stage.consented(survey.id, agreed=False)
    view = read_survey(stage.office, guest, survey.id)
    answer = view.consents[guest.id]
    assert (answer.agreed, answer.version, answer.at) == (False, CONSENT_VERSION, stage.now)
    stage.consented(survey.id)
    assert stage.events(survey.case)[-2:] == ["consent-refused", "consent-given"]
    assert read_survey(stage.office, guest, survey.id).consents[guest.id].agreed


@pytest.mark.parametrize(
    ("name", "version", "language", "code"),
    [
        ("", CONSENT_VERSION, "en", "text-needed"), ("x", "1999", "en", "consent-version-unknown"),
        ("x", CONSENT_VERSION, "fr", "language-unknown"), ("x\n", "", "en", "consent-version-unknown"),
    ],
)  # fmt: skip
def test_an_unfit_consent_is_refused(name: str, version: str, language: str, code: str) -> None:
    stage = Stage()
    survey = stage.booked()
    guest = stage.applicant(survey.id)
    with pytest.raises(Invalid, match=code):
        give_consent(stage.office, stage.signer, guest, survey.id, name, version, language, True, stage.now)


def test_the_lead_inspector_can_state_consent_for_an_encoder() -> None:
    stage = Stage()
    survey, _ = stage.opened()
    guest = stage.applicant(survey.id)
    args = (survey.id, guest.id, CONSENT_VERSION, "zh-CN", stage.now)
    with pytest.raises(NotFound):
        state_consent(stage.office, stage.signer, stage.second, *args)
    with pytest.raises(Forbidden):
        state_consent(stage.office, stage.signer, guest, *args)
    stated = state_consent(stage.office, stage.signer, stage.inspector, *args)
    assert stated.stated_by == stage.inspector.id
    with pytest.raises(NotFound, match="participant-unknown"):
        state_consent(stage.office, stage.signer, stage.inspector, survey.id, "x", CONSENT_VERSION, "en", stage.now)
    claims = issue_ticket(stage.office, stage.inspector, survey.id, "publish", guest.id, stage.now, stage.new_id)
    assert (claims.participant, claims.role, claims.watched) == (guest.id, "applicant", guest.id)


@pytest.mark.parametrize(
    "told",
    [
        (90.1, 0.0, 5.0), (-91.0, 0.0, 5.0), (0.0, 180.1, 5.0), (float("nan"), 0.0, 5.0), (0.0, float("inf"), 5.0),
        (0.0, 0.0, -1.0), (0.0, 0.0, float("nan")), (0.0, 0.0, 2e6),
    ],
)  # fmt: skip
def test_a_position_that_is_no_place_on_earth_is_refused(told: tuple[float, float, float]) -> None:
    stage = Stage()
    survey = stage.booked()
    with pytest.raises(Invalid, match="position-range"):
        give_position(stage.office, stage.signer, stage.applicant(survey.id), survey.id, *told, "browser", stage.now)


def test_a_refused_position_is_kept_as_one() -> None:
    stage = Stage()
    survey = stage.booked()
    guest = stage.applicant(survey.id)
    refuse_position(stage.office, stage.signer, guest, survey.id, stage.now)
    give_position(stage.office, stage.signer, guest, survey.id, -90.0, 180.0, 0.0, "browser", stage.now)
    assert [place.refused for place in read_survey(stage.office, guest, survey.id).positions] == [True, False]
    with pytest.raises(Forbidden):
        refuse_position(stage.office, stage.signer, stage.inspector, survey.id, stage.now)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({f"k{number}": "v" for number in range(30)}, "device-too-much"), ({"bad key": "v"}, "device-unusable"),
        ({"k": "v\x00"}, "text-unusable"), ({"k": "v" * 301}, "text-too-long"), ({"钥": "v"}, "device-unusable"),
    ],
)  # fmt: skip
def test_an_unfit_device_is_refused(facts: dict[str, str], code: str) -> None:
    stage = Stage()
    survey = stage.booked()
    with pytest.raises(Invalid, match=code):
        report_device(stage.office, stage.applicant(survey.id), survey.id, facts, stage.now)


def test_a_page_that_asks_is_here_for_a_while() -> None:
    stage = Stage()
    survey = stage.booked()
    guest = stage.applicant(survey.id)

    def here() -> list[bool]:
        return [present for _, present in room_view(stage.office, stage.inspector, survey.id, stage.now).participants]

    assert here() == [False, False]
    seen(stage.office, guest, survey.id, stage.now)
    seen(stage.office, guest, survey.id, stage.later(seconds=1))
    assert here() == [False, True]
    stage.now += HERE
    assert here() == [False, False]


def test_the_focus_is_a_check_of_a_running_survey() -> None:
    stage = Stage()
    survey = stage.booked()
    with pytest.raises(WrongMoment, match="survey-not-live"):
        focus(stage.office, stage.inspector, survey.id, "cold", stage.now)
    stage.opened(survey)
    assert focus(stage.office, stage.inspector, survey.id, "cold", stage.now).focus == "cold"
    assert focus(stage.office, stage.inspector, survey.id, None, stage.now).focus is None
    with pytest.raises(Invalid, match="check-unknown"):
        focus(stage.office, stage.inspector, survey.id, "\x00", stage.now)
    with pytest.raises(Forbidden):
        focus(stage.office, stage.applicant(survey.id), survey.id, "cold", stage.now)


def ticket(stage: Stage, actor: Actor, survey: str, direction: str, participant: str, **more: Any) -> Any:
    return issue_ticket(stage.office, actor, survey, direction, participant, stage.now, stage.new_id, **more)


def test_without_consent_there_is_no_ticket_to_publish() -> None:
    stage = Stage()
    survey, room = stage.opened()
    guest = stage.applicant(survey.id)
    with pytest.raises(Forbidden, match="consent-missing"):
        ticket(stage, guest, survey.id, "publish", guest.id)
    stage.consented(survey.id)
    claims = ticket(stage, guest, survey.id, "publish", guest.id, sessions=9)
    assert (claims.node, claims.direction, claims.sessions, claims.role) == ("a", "publish", 1, "applicant")
    assert claims.expires_us - claims.epoch_us == 601 * 1_000_000
    stage.consented(survey.id, agreed=False)
    with pytest.raises(Forbidden, match="consent-missing"):
        ticket(stage, guest, survey.id, "publish", guest.id)
    assert room.node == claims.node


def test_nobody_publishes_into_anothers_place() -> None:
    stage = Stage()
    survey, _ = stage.opened()
    guest = stage.consented(survey.id)
    lead = next(row for row in stage.rows(survey.id) if row.person == stage.inspector.id)
    invite(stage.office, stage.signer, stage.inspector, survey.id, stage.second.id, stage.now, stage.new_id)
    cases = (
        (guest, lead.id, Forbidden), (stage.second, guest.id, Forbidden), (stage.second, lead.id, Forbidden),
        (stage.stranger, guest.id, NotFound), (stage.administrator, guest.id, NotFound), (guest, "x", NotFound),
    )  # fmt: skip
    for actor, place, refusal in cases:
        with pytest.raises(refusal):
            ticket(stage, actor, survey.id, "publish", place)
    assert ticket(stage, stage.inspector, survey.id, "publish", lead.id).role == "inspector"


def test_a_viewing_ticket_names_whom_one_watches() -> None:
    stage = Stage()
    survey, _ = stage.opened()
    guest = stage.applicant(survey.id)
    lead = next(row for row in stage.rows(survey.id) if row.person == stage.inspector.id)
    claims = ticket(stage, stage.inspector, survey.id, "view", guest.id, sessions=4, life=timedelta(days=3))
    assert (claims.participant, claims.watched, claims.sessions) == (lead.id, guest.id, 4)
    assert claims.expires_us - claims.epoch_us == 12 * 3600 * 1_000_000
    guest_row = invite(stage.office, stage.signer, stage.inspector, survey.id, stage.approver.id, NOW, stage.new_id)
    assert ticket(stage, stage.approver, survey.id, "view", guest.id).participant == guest_row.id
    assert ticket(stage, stage.approver, survey.id, "view", guest.id).role == "viewer"
    with pytest.raises(Invalid, match="direction-unknown"):
        ticket(stage, stage.inspector, survey.id, "control", guest.id)


def test_there_are_tickets_only_while_the_room_is_open() -> None:
    stage = Stage()
    survey = stage.booked()
    guest = stage.consented(survey.id)
    for actor, direction in ((guest, "publish"), (guest, "view")):
        with pytest.raises(WrongMoment, match="survey-not-live"):
            ticket(stage, actor, survey.id, direction, guest.id)
    stage.opened(survey)
    stage.ended(survey)
    with pytest.raises(WrongMoment, match="survey-not-live"):
        ticket(stage, guest, survey.id, "publish", guest.id)


def test_after_the_end_nobody_says_anything_more() -> None:
    stage = Stage()
    survey = stage.concluded()
    guest = stage.applicant(survey.id)
    attempts: list[Any] = [
        lambda: stage.consented(survey.id),
        lambda: refuse_position(stage.office, stage.signer, guest, survey.id, stage.now),
        lambda: invite(
            stage.office, stage.signer, stage.inspector, survey.id, stage.second.id, stage.now, stage.new_id
        ),
        lambda: focus(stage.office, stage.inspector, survey.id, "cold", stage.now),
        lambda: stage.found(survey, "cold"),
    ]
    before = stage.events(survey.case)
    for attempt in attempts:
        with pytest.raises(WrongMoment):
            attempt()
    assert stage.events(survey.case) == before


def test_what_one_by_link_is_shown_leaves_out_the_inspectors_work() -> None:
    stage = Stage()
    survey = stage.concluded()
    view = read_survey(stage.office, stage.applicant(survey.id), survey.id)
    assert (view.findings, view.snapshots) == ((), ())
    assert read_survey(stage.office, stage.approver, survey.id).findings


def test_a_survey_that_moved_meanwhile_is_a_conflict() -> None:
    stage = Stage()
    survey = stage.booked()
    with stage.office.write() as work:
        work.surveys.move = lambda id, before, after: False  # type: ignore[method-assign]
    with pytest.raises(Conflict, match="survey-moved"):
        stage.opened(survey)
    with pytest.raises(Refusal):
        read_survey(stage.office, stage.inspector, "x" * 50)
