"""The API's own description holds: whatever is sent, signed in as anybody, the answer is one that it tells of."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from server import tus
from server.openapi import MARK
from server.operation import Operation
from tests.integration.server.test_permissions import ROWS, facts_of, filled
from tests.integration.server.world import World

WHO = ("nobody", "administrator", "inspector", "approver", "supervisor", "auditor", "applicant")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
schemathesis.serializer.alias(tus.CHUNK, "application/octet-stream")
TRIES = 6  # of each kind of data, for each operation and reader
PARTS = {"participant": "applicant", "check": "address", "name": "poster.jpg", "number": 1, "digest": "stored"}
PARTS |= {"rendition": "snapshot"}
FIELDS = {name: name for name in ("approver", "evidence", "survey", "track")}
FIELDS |= {"person": "auditor", "participant": "applicant"}


@pytest.fixture
def described(world: World) -> Any:
    raw = world.app.test_client().get("/api/v1/openapi.json").get_json()
    raw["paths"] = {path: place for path, place in raw["paths"].items() if not path.startswith("/live/")}
    schema = schemathesis.openapi.from_dict(raw)
    schema.config.generation.update(with_security_parameters=False)
    schema.config.checks.negative_data_rejection.expected_statuses = ["4XX"]
    schema.app = world.app
    return schema


def test_every_route_of_the_api_is_described(world: World) -> None:
    for rule in world.app.url_map.iter_rules():
        if rule.rule.startswith("/api/") and rule.methods != {"OPTIONS"}:
            view = world.app.view_functions[rule.endpoint]
            assert isinstance(view, Operation), rule.rule
            assert view.__doc__, rule.rule


@pytest.mark.parametrize("who", WHO)
def test_every_answer_is_as_described(world: World, described: Any, who: str) -> None:
    known, carried = facts_of(world), credentials(world, who)
    for operation in (result.ok() for result in described.get_all_operations()):
        ask_plainly(world, operation, carried, known)
        ask(world, operation, GenerationMode.POSITIVE, carried, known)
        if any((operation.path_parameters, operation.headers, operation.query, operation.body)):
            ask(world, operation, GenerationMode.NEGATIVE, carried, known)


def ask_plainly(world: World, operation: Any, carried: dict[str, Any], known: dict[str, str]) -> None:
    """What a client that knows what it wants would send: chance finds few of the answers that are no refusal."""
    found = [(rule, row) for (method, rule), row in ROWS.items() if method == operation.method.upper()]
    rule, row = next((rule, row) for rule, row in found if MARK.sub(r"{\g<name>}", rule) == operation.path)
    headers = carried["headers"] | {name: value.format(**known) for name, value in row.headers.items()}
    case = operation.Case(path_parameters={mark["name"]: "" for mark in MARK.finditer(rule)})
    point_at_what_is_there(case, known)
    if row.body is not None:
        case.body, case.media_type = filled(row.body, known), "application/json"
    case.validate_response(case.call(headers=headers, cookies=carried["cookies"]), checks=CHECKS[:5])
    world.fresh()


def ask(world: World, operation: Any, mode: GenerationMode, carried: dict[str, Any], known: dict[str, str]) -> None:
    @settings(
        max_examples=TRIES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy(generation_mode=mode), real=st.booleans())
    def tried(case: Any, real: bool) -> None:
        if real and mode is GenerationMode.POSITIVE:
            point_at_what_is_there(case, known)
        answer = case.call(**carried)
        case.validate_response(answer, checks=CHECKS)
        if operation.method.upper() != "GET":
            world.fresh()

    tried()


def point_at_what_is_there(case: Any, known: dict[str, str]) -> None:
    """The reader's own case instead of one that nobody has: random ids would only ever be unknown."""
    for name in case.path_parameters or {}:
        word = PARTS.get(name, name)
        case.path_parameters[name] = known.get(str(word), word)
    if isinstance(case.body, dict):
        case.body |= {name: known[FIELDS[name]] for name in case.body if name in FIELDS}


def credentials(world: World, who: str) -> dict[str, Any]:
    browser = world.browser(who)
    form = browser.client.get_cookie("takan-form")
    cookies = {"takan-form": form.value if form else ""}
    if who in world.secrets:
        cookies["takan"] = world.secrets[who]
    return {"headers": {"X-CSRF-Token": browser.csrf}, "cookies": cookies}
