"""The live side of a survey by its API, with a node that notes what it is told."""

import json
from base64 import urlsafe_b64decode
from typing import Any

import pytest

from server.services import Answer
from tests.integration.server.world import World


def at(world: World, rest: str) -> str:
    return f"/api/v1/surveys/{world.facts['own.survey']}/{rest}"


def ticket_in(token: str) -> dict[str, Any]:
    body = token.partition(".")[0]
    found: dict[str, Any] = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return found


def test_a_publishing_ticket_is_for_ones_own_place_and_ten_minutes(world: World) -> None:
    me = world.facts["own.applicant"]
    answer = world.browser("applicant").ask("POST", at(world, "tickets"), {"direction": "publish", "participant": me})
    assert answer.status_code == 201
    body = answer.get_json()
    ticket = ticket_in(body["token"])
    assert body["url"] == f"/live/n1/whip/{world.facts['own.survey']}/{me}"
    assert (ticket["participant"], ticket["direction"], ticket["sessions"]) == (me, "publish", 1)
    assert ticket["expires_us"] == int(world.clock[0].timestamp() * 1e6) + 600_000_000


def test_nobody_publishes_before_he_agreed(world: World) -> None:
    browser, me = world.browser("applicant"), world.facts["own.applicant"]
    browser.ask("POST", at(world, "consent"), {"name": "A", "version": "2026-11", "agreed": False})
    answer = browser.ask("POST", at(world, "tickets"), {"direction": "publish", "participant": me})
    assert (answer.status_code, answer.get_json()["code"]) == (403, "consent-missing")
    assert world.nodes.removed == [(world.facts["own.survey"], me)]


def test_another_persons_place_is_refused(world: World) -> None:
    room = world.browser("inspector").get(at(world, "room")).get_json()
    inspector = next(one["id"] for one in room["participants"] if one["role"] == "inspector")
    body = {"direction": "publish", "participant": inspector}
    assert world.browser("applicant").ask("POST", at(world, "tickets"), body).status_code == 403


def test_the_room_tells_who_is_here(world: World) -> None:
    world.browser("applicant").get(at(world, "room"))
    room = world.browser("inspector").get(at(world, "room")).get_json()
    applicant = next(one for one in room["participants"] if one["role"] == "applicant")
    assert applicant["here"]
    assert applicant["consented"]
    assert room["state"] == "live"
    assert room["node"] == "n1"


def test_the_room_can_be_asked_while_the_node_is_away(world: World) -> None:
    world.nodes.away = True
    answer = world.browser("inspector").get(at(world, "room"))
    assert answer.status_code == 200
    assert answer.get_json()["node_here"] is False


def test_what_happens_is_told_in_the_room(world: World) -> None:
    browser = world.browser("inspector")
    check = browser.get(at(world, "").rstrip("/")).get_json()["checks"][0]["id"]
    browser.ask("POST", at(world, "focus"), {"check": check})
    browser.ask("PUT", at(world, f"findings/{check}"), {"result": "pass", "note": "", "snapshots": []})
    wanted = browser.ask("POST", at(world, "snapshots"), {"track": world.facts["own.track"], "time": 100})
    assert wanted.status_code == 202
    assert world.jobs.snapshots.pop() == wanted.get_json()["id"]
    assert [message["kind"] for _, message in world.nodes.told] == ["focus", "finding", "snapshot"]


def test_concluding_closes_the_room_and_makes_evidence(world: World) -> None:
    browser = world.browser("inspector")
    answer = browser.ask("POST", at(world, "conclude"), {"outcome": "pass", "note": ""})
    assert answer.get_json()["admitted"] is True
    assert world.nodes.closed == [world.facts["own.survey"]]
    case = world.browser("approver").get(f"/api/v1/cases/{world.facts['own.case']}").get_json()
    assert [one["kind"] for one in case["evidence"]].count("recording") == 1
    assert case["state"] == "review"
    decided = world.browser("approver").ask(
        "POST", f"/api/v1/cases/{case['id']}/decision", {"outcome": "approved", "head": case["ledger"]["head"]}
    )
    assert decided.status_code == 201


def test_with_the_node_away_the_survey_ends_and_evidence_comes_later(world: World) -> None:
    world.nodes.away = True
    answer = world.browser("inspector").ask("POST", at(world, "conclude"), {"outcome": "insufficient", "note": "N"})
    assert (answer.status_code, answer.get_json()["admitted"]) == (200, False)
    again = world.browser("inspector").ask("POST", at(world, "conclude"), {"outcome": "pass"})
    assert again.status_code == 409


def test_an_outcome_without_its_note_closes_nothing(world: World) -> None:
    answer = world.browser("inspector").ask("POST", at(world, "conclude"), {"outcome": "fail", "note": " "})
    assert answer.status_code == 422
    assert world.nodes.closed == []


def test_an_offer_goes_to_the_node_as_it_came(world: World) -> None:
    path = f"/live/n1/whip/{world.facts['own.survey']}/{world.facts['own.applicant']}"
    client = world.browser("nobody").client
    answer = client.post(path, data=b"v=0", content_type="application/sdp", headers={"Authorization": "Bearer x"})
    assert (answer.status_code, answer.data) == (201, b"v=0")
    assert answer.headers["Location"] == "/live/n1/whip/s/p/x"
    assert answer.headers["ETag"] == '"e"'
    assert answer.headers.get("Server") != "node"
    assert world.nodes.passed == [("n1", "POST", path, b"v=0")]


def test_a_refusal_of_the_node_is_passed_back(world: World) -> None:
    kept, world.nodes.answer = world.nodes.answer, Answer(409, {"Retry-After": "1"}, b"{}")
    path = f"/live/n1/whep/{world.facts['own.survey']}/{world.facts['own.applicant']}"
    answer = world.browser("nobody").client.post(path, data=b"v=0", content_type="application/sdp")
    world.nodes.answer = kept
    assert (answer.status_code, answer.headers["Retry-After"]) == (409, "1")


@pytest.mark.parametrize(("node", "status"), [("n2", 404), ("n1", 503)])
def test_an_offer_to_a_node_that_is_not_there(world: World, node: str, status: int) -> None:
    world.nodes.away = True
    path = f"/live/{node}/whip/{world.facts['own.survey']}/{world.facts['own.applicant']}"
    answer = world.browser("nobody").client.post(path, data=b"v=0", content_type="application/sdp")
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"


def test_an_applicant_takes_pictures_of_what_he_films_and_of_nothing_else(world: World) -> None:
    browser = world.browser("applicant")
    wanted = browser.ask("POST", at(world, "snapshots"), {"track": world.facts["own.track"], "time": 100})
    assert wanted.status_code == 202
    room = browser.get(at(world, "room")).get_json()
    other = next(one["id"] for one in room["participants"] if one["role"] == "inspector")
    refused = browser.ask("POST", at(world, "snapshots"), {"track": f"{other}.video", "time": 100})
    assert refused.status_code in (403, 404)
