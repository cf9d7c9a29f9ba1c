"""Bad input gets a 4xx problem document with a sentence, and writes nothing."""

from typing import Any

import pytest
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Response

from tests.integration.server.world import Browser, World

DEEP = "[" * 100_000 + "]" * 100_000


def refusal(response: Any) -> str:
    """The code of a problem document that is whole (RFC 9457)."""
    assert 400 <= response.status_code < 500, response.get_data(as_text=True)[:300]
    assert response.mimetype == "application/problem+json"
    body = response.get_json()
    assert body["status"] == response.status_code
    assert body["type"] == f"/problems/{body['code']}"
    assert body["title"]
    assert not body["title"].startswith("problem.")
    return str(body["code"])


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"null", b"[]", b'"x"', b"NaN", DEEP.encode()])
def test_what_is_no_object_is_refused(world: World, data: bytes) -> None:
    browser = world.browser("inspector")
    headers = {"X-CSRF-Token": browser.csrf, "Content-Type": "application/json"}
    assert refusal(browser.client.post("/api/v1/cases", data=data, headers=headers)) in ("body-wrong", "bad-request")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "field-needed"),
        ({"item": "food", "applicant": "A", "address": "B", "approver": "x", "more": 1}, "field-unknown"),
        ({"item": 7, "applicant": "A", "address": "B", "approver": "x"}, "field-wrong"),
        ({"item": "food", "applicant": "A" * 101, "address": "B", "approver": "x"}, "field-too-long"),
        ({"item": "food", "applicant": "A\0", "address": "B", "approver": "x"}, "field-wrong"),
        ({"item": "food", "applicant": "\ud800", "address": "B", "approver": "x"}, "field-wrong"),
        ({"item": "food", "applicant": "A", "address": "B", "approver": "x", "\ud800": 1}, "field-unknown"),
        ({"item": "food", "applicant": "  ", "address": "B", "approver": "x"}, "field-needed"),
        ({"item": "food", "applicant": "A", "address": "B", "approver": "../x"}, "field-wrong"),
        ({"item": "food", "applicant": "A", "address": "B", "approver": "x", "latitude": 91}, "field-wrong"),
        ({"item": "food", "applicant": "A", "address": "B", "approver": "x", "latitude": True}, "field-wrong"),
        ({"item": "food", "applicant": "A", "address": "B", "approver": "x", "polygon": [[1, 2]]}, "field-wrong"),
        ({"item": "food", "applicant": "A", "address": "B", "approver": "x", "polygon": [[91, 2]] * 4}, "field-wrong"),
        ({"item": "food", "applicant": "A", "address": "B", "approver": "x", "polygon": "around"}, "field-wrong"),
        ({"item": "none", "applicant": "A", "address": "B", "approver": "x"}, "item-unknown"),
        ({"item": "food", "applicant": "A", "address": "B", "approver": "x"}, "approver-unfit"),
    ],
)
def test_a_field_that_does_not_fit_is_named(world: World, body: dict[str, Any], code: str) -> None:
    response = world.browser("inspector").ask("POST", "/api/v1/cases", body)
    assert refusal(response) == code
    if code.startswith("field"):
        assert response.get_json()["field"]


def test_a_body_of_a_gigabyte_is_refused_unread(world: World) -> None:
    browser = world.browser("inspector")
    headers = {"X-CSRF-Token": browser.csrf, "Content-Type": "application/json", "Content-Length": str(1 << 30)}
    builder = EnvironBuilder(path="/api/v1/cases", method="POST", headers=Headers(headers))
    environ = builder.get_environ() | {"wsgi.input": Unread(), "HTTP_COOKIE": cookies(browser)}
    environ["CONTENT_LENGTH"] = str(1 << 30)
    assert refusal(Response.from_app(world.app, environ)) == "too-large"


def test_an_offer_beyond_the_limit_is_refused(world: World) -> None:
    path = f"/live/n1/whip/{world.facts['own.survey']}/{world.facts['own.applicant']}"
    response = world.browser("nobody").client.post(path, data=b"v" * 65_537, content_type="application/sdp")
    assert refusal(response) == "too-large"
    assert world.nodes.passed == []


@pytest.mark.parametrize("path", ["cases/nothing", "surveys/nothing", "surveys/NOT-AN-ID", "surveys/" + "x" * 300])
def test_an_id_that_does_not_exist_is_a_404(world: World, path: str) -> None:
    response = world.browser("inspector").get(f"/api/v1/{path}")
    assert response.status_code == 404
    refusal(response)


@pytest.mark.parametrize(
    ("time", "code"),
    [(-1, "field-wrong"), (2**53, "field-wrong"), (750_000, "snapshot-in-gap"), (90_000_000_000, "snapshot-outside")],
)
def test_a_snapshot_outside_the_recording_is_refused(world: World, time: int, code: str) -> None:
    body = {"track": world.facts["own.track"], "time": time}
    response = world.browser("inspector").ask("POST", f"/api/v1/surveys/{world.facts['own.survey']}/snapshots", body)
    assert refusal(response) == code
    assert world.jobs.snapshots == []


def test_a_track_of_another_survey_is_unknown(world: World) -> None:
    body = {"track": world.facts["other.track"], "time": 1}
    response = world.browser("inspector").ask("POST", f"/api/v1/surveys/{world.facts['own.survey']}/snapshots", body)
    assert refusal(response) == "track-unknown"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/api/v1/nothing", 404), ("PATCH", "/api/v1/cases", 405), ("GET", "/live/n1/whip/a/b", 405)],
)
def test_what_the_framework_refuses_is_a_problem_document_too(
    world: World, method: str, path: str, status: int
) -> None:
    response = world.browser("inspector").ask(method, path)
    assert response.status_code == status
    refusal(response)
    if status == 405:
        assert response.headers["Allow"]


def test_a_page_that_is_not_there_is_a_page(world: World) -> None:
    response = world.browser("inspector").get("/nothing", headers={"Accept-Language": "en"})
    assert response.status_code == 404
    assert response.mimetype == "text/html"


def test_a_bug_is_a_500_with_an_id_and_no_traceback(world: World) -> None:
    world.app.testing = False
    kept = world.app.view_functions["health.health"]
    world.app.view_functions["health.health"] = lambda: str(1 // 0)
    try:
        response = world.browser("nobody").get("/health")
    finally:
        world.app.testing = True
        world.app.view_functions["health.health"] = kept
    assert response.status_code == 500
    assert response.mimetype == "application/problem+json"
    assert response.get_json()["instance"] == f"urn:takan:request:{response.headers['X-Request-Id']}"
    assert "ZeroDivision" not in response.get_data(as_text=True)


def cookies(browser: Browser) -> str:
    found = (browser.client.get_cookie(name) for name in ("takan", "takan-form"))
    return "; ".join(f"{one.key}={one.value}" for one in found if one)


class Unread:
    """A body that must not be read."""

    def read(self, size: int = -1) -> bytes:
        raise AssertionError("the body was read")

    readline = readinto = read
