"""The staff, for an administrator."""

from typing import Any

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from inspection.model.errors import Refusal
from inspection.model.people import Person
from inspection.services.keep_people import create_person, list_people, reset_password, set_active
from server import one_time, visitors
from server.pages.lists import pager
from server.pages.refusals import by_field, shown
from server.schema import choice, form, paging, text
from server.services import services

blueprint = Blueprint("people", __name__, url_prefix="/people")
SIZE = 50
FIELDS = ("name", "sign_in", "role")
Page = str | Response | tuple[str, int]


@blueprint.get("")
def listed() -> str:
    return _page()


@blueprint.post("")
def add() -> Page:
    given, actor, password = services(), visitors.actor(), one_time.new_password()
    typed = {name: request.form.get(name, "")[:100] for name in FIELDS}
    try:
        sent = form({"name": text(100), "sign_in": text(64), "role": text(20)})
        values = (sent["name"], sent["sign_in"], sent["role"], password, given.now(), given.new_id)
        person = create_person(given.office, given.passwords, actor, *values)
    except Refusal as error:
        problem, status = shown(error)
        return _page(typed=typed, errors=by_field(error), problem=problem), status
    return _page(created=_created(person, password))


@blueprint.post("/<person>/password")
def new_password(person: str) -> Page:
    form({})
    given, password = services(), one_time.new_password()
    found = reset_password(given.office, given.passwords, visitors.actor(), person, password)
    return _page(created=_created(found, password))


@blueprint.post("/<person>/active")
def active(person: str) -> Page:
    wanted = form({"active": choice(("0", "1"))})["active"]
    try:
        set_active(services().office, visitors.actor(), person, wanted == "1")
    except Refusal as error:
        if error.code != "own-account":
            raise
        problem, status = shown(error)
        return _page(problem=problem), status
    return visitors.back_to("/people", "notice.saved")


def _page(
    typed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    problem: dict[str, object] | None = None,
    created: dict[str, str] | None = None,
) -> str:
    people, total = list_people(services().office, visitors.actor(), None, *paging(SIZE))
    return render_template(
        "people.html",
        rows=[_row(person) for person in people],
        pager=pager(total, SIZE),
        form=typed or dict.fromkeys(FIELDS, ""),
        errors=errors or {},
        problem=problem,
        created=created,
    )


def _row(person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "name": person.name,
        "sign_in": person.sign_in,
        "role": person.role.value,
        "active": person.active,
        "last": None,
    }


def _created(person: Person, password: str) -> dict[str, str]:
    return {"name": person.name, "sign_in": person.sign_in, "password": password}
