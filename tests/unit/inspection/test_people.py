"""Accounts of staff."""

from typing import Any

import pytest

from inspection.model.errors import Conflict, Forbidden, Invalid, NotFound
from inspection.model.people import Actor, Role
from inspection.services.keep_people import (
    change_password,
    create_person,
    first_administrator,
    list_approvers,
    list_people,
    reset_password,
    set_active,
)
from inspection.services.sign_in import sign_in
from inspection.services.who_is import who_is
from tests.builders import Stage
from tests.fakes import FakeOffice, FakePasswords


def create(stage: Stage, actor: Actor | None = None, **changes: Any) -> Actor:
    values: dict[str, Any] = {
        "name": "吴昊",
        "sign_in": "Wu.Hao",
        "role": "inspector",
        "one_time": "once-only-please",
    } | changes
    by = actor or stage.administrator
    person = create_person(stage.office, stage.passwords, by, **values, now=stage.now, new_id=stage.new_id)
    return Actor(person.id, person.name, person.role, None, person.must_change)


def test_a_new_account_has_a_one_time_password_and_a_folded_name() -> None:
    stage = Stage()
    made = create(stage)
    with stage.office.read() as work:
        person = work.people.get(made.id)
    assert (person.sign_in, person.must_change, person.active) == ("wu.hao", True, True)
    assert "once-only" not in person.password


def test_a_sign_in_name_is_taken_once() -> None:
    stage = Stage()
    create(stage)
    with pytest.raises(Conflict, match="sign-in-taken"):
        create(stage, sign_in=" wu.hao ")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": ""}, "text-needed"), ({"name": "x" * 121}, "text-too-long"), ({"sign_in": "a\x00"}, "text-unusable"),
        ({"role": "applicant"}, "role-unknown"), ({"role": "system"}, "role-unknown"),
        ({"one_time": "short"}, "password-short"), ({"one_time": "x" * 201}, "password-long"),
        ({"one_time": "\ud800" * 12}, "text-unusable"),
    ],
)  # fmt: skip
def test_an_unfit_account_is_refused_and_nothing_written(change: dict[str, Any], code: str) -> None:
    stage = Stage()
    with pytest.raises(Invalid, match=code):
        create(stage, **change)
    assert list_people(stage.office, stage.administrator, None, 0, 50)[1] == 5


def test_only_an_administrator_keeps_people() -> None:
    stage = Stage()
    for actor in (stage.inspector, stage.approver, Actor("x", "x", Role.APPLICANT, "s1")):
        with pytest.raises(Forbidden, match="not-allowed"):
            create(stage, actor)
        with pytest.raises(Forbidden):
            list_people(stage.office, actor, None, 0, 50)
        with pytest.raises(Forbidden):
            set_active(stage.office, actor, stage.second.id, False)
        with pytest.raises(Forbidden):
            reset_password(stage.office, stage.passwords, actor, stage.second.id, "once-only-please")


def test_until_the_one_time_password_is_replaced_nothing_else_is_allowed() -> None:
    stage = Stage()
    made = create(stage, role="administrator")
    with pytest.raises(Forbidden, match="password-must-change"):
        list_people(stage.office, made, None, 0, 50)
    change_password(stage.office, stage.passwords, made, "once-only-please", "a better password")
    with stage.office.read() as work:
        assert not work.people.get(made.id).must_change


def test_a_changed_password_signs_every_browser_out() -> None:
    stage = Stage()
    made = create(stage)
    sign_in(stage.office, stage.passwords, "wu.hao", "once-only-please", "::1", "secret", None, stage.now)
    with pytest.raises(Invalid, match="password-wrong"):
        change_password(stage.office, stage.passwords, made, "guess-guess", "a better password")
    with pytest.raises(Invalid, match="password-same"):
        change_password(stage.office, stage.passwords, made, "once-only-please", "once-only-please")
    with pytest.raises(Invalid, match="password-short"):
        change_password(stage.office, stage.passwords, made, "once-only-please", "short")
    assert who_is(stage.office, "secret", stage.now) is not None
    change_password(stage.office, stage.passwords, made, "once-only-please", "a better password")
    assert who_is(stage.office, "secret", stage.now) is None


def test_a_reset_gives_a_new_one_time_password() -> None:
    stage = Stage()
    person = reset_password(stage.office, stage.passwords, stage.administrator, stage.second.id, "another-once")
    assert person.must_change
    with pytest.raises(NotFound, match="person-unknown"):
        reset_password(stage.office, stage.passwords, stage.administrator, "nobody", "another-once")


def test_an_account_put_away_is_out_at_once_and_nobody_locks_himself_out() -> None:
    stage = Stage()
    create(stage, role="approver")
    sign_in(stage.office, stage.passwords, "wu.hao", "once-only-please", "::1", "secret", None, stage.now)
    actor = who_is(stage.office, "secret", stage.now)
    assert actor is not None
    set_active(stage.office, stage.administrator, actor.id, False)
    assert who_is(stage.office, "secret", stage.now) is None
    assert [person.id for person in list_approvers(stage.office, stage.inspector)] == [stage.approver.id]
    with pytest.raises(Forbidden, match="own-account"):
        set_active(stage.office, stage.administrator, stage.administrator.id, False)
    assert set_active(stage.office, stage.administrator, actor.id, True).active


def test_the_first_administrator_is_made_once() -> None:
    office, passwords, stage = FakeOffice(), FakePasswords(), Stage()
    made = first_administrator(office, passwords, "管理员", "admin", "once-only-please", stage.now, stage.new_id)
    assert made is not None
    assert made.role is Role.ADMINISTRATOR
    assert first_administrator(office, passwords, "x", "other", "once-only-please", stage.now, stage.new_id) is None
