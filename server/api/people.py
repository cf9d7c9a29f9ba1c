"""Staff: an administrator adds and lists them; an inspector sees whom a case can be given to."""

from flask import Blueprint, Response, jsonify, request

from inspection.model.people import Person
from inspection.services.keep_people import create_person, list_approvers, list_inspectors, list_people
from server import one_time, visitors
from server.schema import body, paging, text
from server.services import services

blueprint = Blueprint("api-people", __name__, url_prefix="/api/v1")


def person_document(person: Person) -> dict[str, object]:
    return {
        "id": person.id,
        "name": person.name,
        "sign_in": person.sign_in,
        "role": person.role.value,
        "active": person.active,
        "must_change": person.must_change,
    }


@blueprint.get("/people")
def listed() -> Response:
    """`?role=approver` or `inspector`: names alone, for those who choose one; else the administrator's list."""
    given, actor = services(), visitors.actor()
    role = request.args.get("role")
    if actor.role.value == "inspector" and role in ("approver", "inspector"):
        found = (list_approvers if role == "approver" else list_inspectors)(given.office, actor)
        return jsonify(people=[{"id": person.id, "name": person.name} for person in found], total=len(found))
    people, total = list_people(given.office, actor, role, *paging())
    return jsonify(people=[person_document(person) for person in people], total=total)


@blueprint.post("/people")
def added() -> tuple[Response, int]:
    """Answers with the one-time password, which is shown this once."""
    given, actor = services(), visitors.actor()
    sent = body({"name": text(100), "sign_in": text(64), "role": text(20)})
    password = one_time.new_password()
    person = create_person(
        given.office,
        given.passwords,
        actor,
        sent["name"],
        sent["sign_in"],
        sent["role"],
        password,
        given.now(),
        given.new_id,
    )
    return jsonify(**person_document(person), one_time_password=password), 201
