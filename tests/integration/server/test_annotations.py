"""Marks over the API: made once whatever is sent how often, answered, closed with open eyes, withdrawn, still there."""

from typing import Any

import pytest

from tests.integration.server.world import NOW, World

BOX = {"shape": "box", "points": [[500_000, 400_000], [100_000, 200_000]], "label": "A", "text": "A crack"}


def marks(world: World) -> str:
    return f"/api/v1/surveys/{world.facts['own.survey']}/annotations"


def make(world: World, id: str = "mark0001", who: str = "inspector", **changes: Any) -> Any:
    body = {"track": world.facts["own.track"], "time_us": 33_366} | BOX | changes
    return world.browser(who).ask("PUT", f"{marks(world)}/{id}", body)


def test_a_mark_lies_on_the_tick_of_its_picture_and_names_its_segment(world: World) -> None:
    told = make(world).get_json()
    assert (told["time"], told["base"], told["time_us"]) == (3003, [1, 90_000], 33_367)
    assert told["parent"] == told["source"]["sha256"] == world.facts["own.stored"]
    assert told["points"] == [[100_000, 200_000], [500_000, 400_000]]
    assert (told["state"], told["by"]["role"], told["mine"]) == ("open", "inspector", True)
    assert told["may"] == ["reply", "close", "withdraw"]


def test_the_same_mark_again_is_the_one_that_is_there(world: World) -> None:
    first, again = make(world), make(world)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.get_json() == again.get_json()
    listed = world.browser("approver").get(marks(world)).get_json()
    assert [one["number"] for one in listed["annotations"]] == [1, 2]


def test_an_id_belongs_to_one_person_and_one_mark(world: World) -> None:
    make(world)
    for refused in (make(world, who="approver"), make(world, text="Another crack")):
        assert (refused.status_code, refused.get_json()["code"]) == (409, "annotation-taken")


def test_whoever_asks_since_gets_what_has_changed(world: World) -> None:
    reader = world.browser("approver")
    before = reader.get(marks(world)).get_json()
    assert reader.get(f"{marks(world)}?since={before['revision']}").get_json()["annotations"] == []
    make(world)
    after = reader.get(f"{marks(world)}?since={before['revision']}").get_json()
    assert [one["id"] for one in after["annotations"]] == ["mark0001"]
    assert after["annotations"][0]["mine"] is False
    assert after["revision"] > before["revision"]


def test_an_answer_is_kept_once_and_nothing_unread_is_closed(world: World) -> None:
    made, path = make(world).get_json(), f"{marks(world)}/mark0001"
    reader = world.browser("approver")
    for _ in range(2):
        answered = reader.ask("POST", f"{path}/replies", {"id": "reply001", "text": "Seen"}).get_json()
    assert [one["text"] for one in answered["replies"]] == ["Seen"]
    inspector = world.browser("inspector")
    late = inspector.ask("POST", f"{path}/close", {"revision": made["revision"]})
    assert (late.status_code, late.get_json()["code"]) == (409, "annotation-moved")
    closed = inspector.ask("POST", f"{path}/close", {"revision": answered["revision"]}).get_json()
    assert (closed["state"], closed["state_by"]["name"]) == ("closed", "Inspector")
    again = inspector.ask("POST", f"{path}/close", {"revision": 0})
    assert again.get_json() == closed
    opened = reader.ask("POST", f"{path}/reopen", {"revision": closed["revision"]}).get_json()
    assert (opened["state"], opened["may"]) == ("open", ["reply", "close"])


def test_only_its_author_withdraws_and_it_stays_to_be_read(world: World) -> None:
    made, path = make(world).get_json(), f"{marks(world)}/mark0001"
    other = world.browser("approver").ask("POST", f"{path}/withdraw", {"revision": made["revision"]})
    assert other.status_code == 403
    inspector = world.browser("inspector")
    gone = inspector.ask("POST", f"{path}/withdraw", {"revision": made["revision"]}).get_json()
    assert (gone["state"], gone["text"], gone["may"]) == ("withdrawn", "A crack", [])
    late = inspector.ask("POST", f"{path}/replies", {"id": "reply001", "text": "But"})
    assert (late.status_code, late.get_json()["code"]) == (409, "annotation-withdrawn")


def test_a_cited_mark_stands(world: World) -> None:
    made = make(world).get_json()
    inspector, survey = world.browser("inspector"), world.facts["own.survey"]
    body = {"result": "fail", "note": "N", "annotations": ["mark0001"]}
    found = inspector.ask("PUT", f"/api/v1/surveys/{survey}/findings/address", body)
    assert found.get_json()["annotations"] == ["mark0001"]
    assert inspector.get(marks(world)).get_json()["annotations"][1]["cited"] == ["address"]
    refused = inspector.ask("POST", f"{marks(world)}/mark0001/withdraw", {"revision": made["revision"]})
    assert refused.get_json()["code"] == "annotation-cited"
    strange = inspector.ask("PUT", f"/api/v1/surveys/{survey}/findings/address", body | {"annotations": ["nobody01"]})
    assert strange.get_json()["code"] == "annotation-unfit"


def test_a_finding_cites_a_whole_piece_of_evidence_of_its_survey(world: World) -> None:
    inspector, path = world.browser("inspector"), f"/api/v1/surveys/{world.facts['own.survey']}/findings/address"
    body = {"result": "pass", "evidence": [world.facts["own.evidence"]]}
    assert inspector.ask("PUT", path, body).get_json()["evidence"] == [world.facts["own.evidence"]]
    strange = inspector.ask("PUT", path, body | {"evidence": [world.facts["other.evidence"]]})
    assert (strange.status_code, strange.get_json()["code"]) == (404, "evidence-unknown")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"time_us": 9_000_000}, "frames-pending"),  # nobody has written it down yet
        ({"time_us": 8_100_000}, "annotation-outside"),  # in a gap
        ({"time_us": None}, "field-needed"),
        ({"points": [[1, 1], [1, 5]]}, "annotation-shape"),
        ({"points": [[1, 1], [1, 1_000_001]]}, "field-wrong"),
        ({"shape": "freehand", "points": [[1, 1]]}, "annotation-shape"),
        ({"shape": "freehand", "points": [[1, 1]] * 501}, "field-wrong"),
        ({"shape": "text", "points": [[1, 1]], "text": ""}, "text-needed"),
        ({"shape": "cloud"}, "annotation-shape"),
        ({"source": "360p.mp4"}, "rendition-unknown"),
        ({"track": "nobody.video"}, "track-unknown"),
        ({"evidence": "other", "track": None}, "evidence-unknown"),
        ({"label": "x" * 41}, "field-too-long"),
        ({"text": "x" * 5001}, "field-too-long"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_reason(world: World, changes: dict[str, Any], code: str) -> None:
    world.clock[0] = NOW if changes.get("time_us") != 9_000_000 else world.clock[0].replace(minute=1)
    told = make(world, **changes)
    assert (400 <= told.status_code < 500, told.get_json()["code"]) == (True, code)


def test_another_cases_evidence_and_marks_are_unknown(world: World) -> None:
    told = make(world, track=world.facts["other.track"])
    assert told.get_json()["code"] == "track-unknown"
    told = make(world, track=None, evidence=world.facts["other.evidence"])
    assert told.get_json()["code"] == "evidence-unknown"
    path = f"{marks(world)}/{world.facts['other.annotation']}"
    assert world.browser("inspector").ask("POST", f"{path}/close", {"revision": 0}).status_code == 404


def test_the_room_is_told(world: World) -> None:
    make(world)
    assert world.nodes.told[-1][1]["kind"] == "annotation"
    assert world.nodes.told[-1][1]["body"]["id"] == "mark0001"


def test_a_film_whose_table_is_not_made_yet_asks_to_wait(world: World) -> None:
    told = make(world, track=None, evidence=world.facts["own.evidence"])
    assert (told.status_code, told.get_json()["code"]) == (409, "frames-pending")
