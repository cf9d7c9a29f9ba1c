"""Coming in by password and by link."""

from datetime import timedelta

import pytest

from inspection.model.errors import Forbidden, NotFound, TooMany, Unauthenticated, WrongMoment
from inspection.model.people import Link, Role
from inspection.services.enter_by_link import enter_by_link
from inspection.services.keep_people import set_active
from inspection.services.make_link import current_link, make_link
from inspection.services.read_survey import read_survey
from inspection.services.sign_in import ADDRESS_ATTEMPTS, NAME_ATTEMPTS, STAY, sign_in
from inspection.services.sign_out import sign_out
from inspection.services.who_is import IDLE_STAFF, digest_of_secret, who_is
from tests.builders import Stage


def come_in(
    stage: Stage, password: str = "correct horse", name: str = "", address: str = "10.0.0.1", secret: str = "new"
) -> None:
    name = name or f"inspector-{stage.inspector.id}"
    sign_in(stage.office, stage.passwords, name, password, address, secret, None, stage.now)


def test_the_cookie_opens_and_the_table_does_not() -> None:
    stage = Stage()
    come_in(stage, name=f" INSPECTOR-{stage.inspector.id} ")
    assert who_is(stage.office, "new", stage.now) == stage.inspector
    assert who_is(stage.office, digest_of_secret("new"), stage.now) is None
    for secret in ("", "other", "x" * 600, "\ud800"):
        assert who_is(stage.office, secret, stage.now) is None


def test_each_sign_in_closes_what_the_browser_had_open() -> None:
    stage = Stage()
    come_in(stage, secret="first")
    name = f"inspector-{stage.inspector.id}"
    sign_in(stage.office, stage.passwords, name, "correct horse", "::1", "second", "first", stage.now)
    assert who_is(stage.office, "first", stage.now) is None
    assert who_is(stage.office, "second", stage.now) is not None
    sign_out(stage.office, "second")
    sign_out(stage.office, "second")
    assert who_is(stage.office, "second", stage.now) is None


@pytest.mark.parametrize("name", ["nobody", "", "x" * 500, "a\x00"])
def test_unknown_names_cost_and_say_the_same_as_a_wrong_password(name: str) -> None:
    stage = Stage()
    before = stage.passwords.worked
    with pytest.raises(Unauthenticated, match="sign-in-wrong"):
        come_in(stage, "wrong")
    known = stage.passwords.worked - before
    with pytest.raises(Unauthenticated, match="sign-in-wrong"):
        sign_in(stage.office, stage.passwords, name, "wrong", "::1", "s", None, stage.now)
    assert stage.passwords.worked - before - known == known == 1


def test_an_account_put_away_is_answered_like_a_wrong_password() -> None:
    stage = Stage()
    set_active(stage.office, stage.administrator, stage.inspector.id, False)
    with pytest.raises(Unauthenticated, match="sign-in-wrong"):
        come_in(stage)


def test_too_many_attempts_on_one_name_wait_even_with_the_right_password() -> None:
    stage = Stage()
    for number in range(NAME_ATTEMPTS):
        with pytest.raises(Unauthenticated):
            come_in(stage, "wrong", address=f"10.0.0.{number}")
    with pytest.raises(TooMany) as refusal:
        come_in(stage, address="10.0.1.1")
    assert refusal.value.facts["seconds"] == 900
    stage.later(minutes=16)
    come_in(stage)


def test_too_many_attempts_from_one_address_wait() -> None:
    stage = Stage()
    for number in range(ADDRESS_ATTEMPTS):
        with pytest.raises(Unauthenticated):
            come_in(stage, "wrong", name=f"guess-{number}")
    with pytest.raises(TooMany, match="too-many-attempts"):
        come_in(stage)
    come_in(stage, address="10.0.0.2")


def test_a_right_password_does_not_use_up_the_address() -> None:
    stage = Stage()
    for number in range(ADDRESS_ATTEMPTS + 5):
        stage.later(milliseconds=1)
        come_in(stage, secret=f"s{number}")


def test_idle_and_absolute_ends() -> None:
    stage = Stage()
    come_in(stage)
    start = stage.now
    assert who_is(stage.office, "new", start + IDLE_STAFF - timedelta(seconds=1)) is not None
    assert who_is(stage.office, "new", start + 2 * IDLE_STAFF) is None
    come_in(stage, secret="kept")
    at = start
    while at < start + STAY - timedelta(hours=1):
        at += timedelta(hours=1)
        assert who_is(stage.office, "kept", at) is not None
    assert who_is(stage.office, "kept", start + STAY) is None


def link(stage: Stage, survey: str, id: str = "l1", secret: str = "in the address") -> Link:
    return make_link(
        stage.office, stage.signer, stage.inspector, survey, id, secret, stage.now, stage.new_id
    )  # fmt: skip


def test_a_link_opens_one_survey_to_one_participant() -> None:
    stage = Stage()
    mine, other = stage.booked(), stage.booked()
    made = link(stage, mine.id)
    assert "in the address" not in repr(made)
    assert current_link(stage.office, stage.inspector, mine.id, stage.now) == made
    actor, _ = enter_by_link(stage.office, "in the address", "cookie", None, stage.now)
    assert who_is(stage.office, "cookie", stage.now) == actor
    assert (actor.role, actor.survey) == (Role.APPLICANT, mine.id)
    assert read_survey(stage.office, actor, mine.id).mine is not None
    with pytest.raises(NotFound):
        read_survey(stage.office, actor, other.id)


def test_a_renewed_link_shuts_the_old_one_and_those_it_let_in() -> None:
    stage = Stage()
    survey = stage.booked()
    link(stage, survey.id)
    enter_by_link(stage.office, "in the address", "cookie", None, stage.now)
    link(stage, survey.id, "l2", "another")
    with pytest.raises(Unauthenticated, match="link-revoked"):
        enter_by_link(stage.office, "in the address", "again", None, stage.now)
    assert who_is(stage.office, "cookie", stage.now) is None
    enter_by_link(stage.office, "another", "again", "cookie", stage.now)


@pytest.mark.parametrize("secret", ["", "guess", "x" * 600, "\ud800"])
def test_an_unknown_link_opens_nothing(secret: str) -> None:
    with pytest.raises(Unauthenticated, match="link-unknown"):
        enter_by_link(Stage().office, secret, "cookie", None, Stage().now)


def test_a_link_ends_a_day_after_the_appointment() -> None:
    stage = Stage()
    survey = stage.booked()
    link(stage, survey.id)
    enter_by_link(stage.office, "in the address", "cookie", None, stage.now + timedelta(hours=23))
    stage.later(hours=24)
    with pytest.raises(Unauthenticated, match="link-expired"):
        enter_by_link(stage.office, "in the address", "other", None, stage.now)
    assert who_is(stage.office, "cookie", stage.now) is None
    assert current_link(stage.office, stage.inspector, survey.id, stage.now) is None


def test_links_are_the_lead_inspectors_and_end_with_the_survey() -> None:
    stage = Stage()
    survey = stage.booked()
    for actor, wanted in ((stage.approver, Forbidden), (stage.stranger, NotFound), (stage.administrator, NotFound)):
        with pytest.raises(wanted):
            make_link(stage.office, stage.signer, actor, survey.id, "l", "s", stage.now, stage.new_id)
    stage.ended(survey, "cancelled", "改期")
    with pytest.raises(WrongMoment, match="survey-ended"):
        link(stage, survey.id)
