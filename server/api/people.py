"""Staff: an administrator adds and lists them; an inspector sees whom a case can be given to."""

from typing import Any

from flask import Blueprint

from inspection.model.people import Person, Role
from inspection.services.keep_people import create_person, list_approvers, list_inspectors, list_people
from server import documents, one_time, visitors
from server.operation import operation
from server.schema import PAGE, page, text, word
from server.services import services

blueprint = Blueprint("api-people", __name__, url_prefix="/api/v1")


def person_document(person: Person) -> documents.Person:
    return {
        "id": person.id,
        "name": person.name,
        "sign_in": person.sign_in,
        "role": person.role.value,
        "active": person.active,
        "must_change": person.must_change,
    }


@blueprint.get("/people")
@operation(asks={**PAGE, "role": text(20, needed=False, empty=True)})
def listed(asked: dict[str, Any]) -> documents.People:
    """Staff: for an administrator all, for an inspector the names with `role` approver or inspector."""
    given, actor = services(), visitors.actor()
    role = asked["role"] or None
    if actor.role.value == "inspector" and role in ("approver", "inspector"):
        found = (list_approvers if role == "approver" else list_inspectors)(given.office, actor)
        return {"people": [documents.Name(id=person.id, name=person.name) for person in found], "total": len(found)}
    people, total = list_people(given.office, actor, role, *page(asked))
    return {"people": [person_document(person) for person in people], "total": total}


@blueprint.post("/people")
@operation({"name": text(100), "sign_in": text(64), "role": word(Role)}, status=201)
def added(sent: dict[str, Any]) -> documents.NewPerson:
    """Add a member of staff; answers with the one-time password, which is shown this once."""
    given, actor = services(), visitors.actor()
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
    return {**person_document(person), "one_time_password": password}
