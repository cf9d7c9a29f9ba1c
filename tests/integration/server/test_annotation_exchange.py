"""Marks leave as W3C Web Annotations and come back the same, in another case that holds the same bytes."""

import json
from copy import deepcopy
from io import BytesIO
from typing import Any

import pytest

from inspection.model.upload import JobState, Limits
from inspection.services.admit_upload import admit_upload
from inspection.services.media_jobs import end_job, keep_renditions, want_jobs
from inspection.services.receive_upload import begin_upload, claim_upload, note_received
from tests.integration.server.world import LASTS, NOW, World, actor_of, digest

PHOTO, PAPER, TONE = b"\xff\xd8 a photo", b"%PDF-1.7 a plan", b"ID3 a tone"
TABLE = {"base": [1001, 30_000], "origin": 0, "first": 0, "runs": [[1, 299]], "count": 300, "end": 300}
CONTEXT = "http://www.w3.org/ns/anno.jsonld"


def sent(world: World, word: str, name: str, data: bytes, kind: str, format: str) -> str:
    given, survey = world.services, world.facts[f"{word}.survey"]
    sender = actor_of(world.people["inspector" if word == "own" else "other inspector"])
    limits = Limits(1000, 10, frozenset({kind}))
    began = begin_upload(
        given.office, given.uploads, sender, survey, name, len(data), {}, limits, LASTS, NOW, given.new_id
    )
    claimed = claim_upload(given.office, sender, began.id, 0, "pen")
    writer = given.uploads.resume(claimed.id, claimed.token, len(data), 0)
    writer.write(data)
    note_received(given.office, claimed, writer.keep(), NOW + LASTS)
    writer.close()
    given.uploads.finish(claimed.id, claimed.token, len(data))
    return admit_upload(given.office, given.signer, claimed.id, digest(data), kind, format, NOW).id


@pytest.fixture
def exchanging(world: World) -> World:
    """Both cases hold the same film with its table, the same photo and the same paper of three pages."""
    given, table = world.services, json.dumps(TABLE).encode()
    given.objects.put(digest(table), BytesIO(table), len(table))
    for word in ("own", "other"):
        film = world.facts[f"{word}.evidence"]
        keep_renditions(
            given.office, film, {"stamps.json": (digest(table), len(table), "application/json")}, NOW, given.new_id
        )
        world.facts[f"{word}.photo"] = sent(world, word, "p.jpg", PHOTO, "photo", "jpeg")
        tone = world.facts[f"{word}.tone"] = sent(world, word, "t.mp3", TONE, "audio", "mp3")
        job = want_jobs(given.office, tone, ("examine",), 10, NOW)[0]
        end_job(given.office, job.id, JobState.DONE, NOW, None, {"seconds": 2.5})
        paper = world.facts[f"{word}.paper-of-three"] = sent(world, word, "plan.pdf", PAPER, "document", "pdf")
        job = want_jobs(given.office, paper, ("pages",), 10, NOW)[0]
        end_job(given.office, job.id, JobState.DONE, NOW, None, {"pages": 3})
    return world


def mark_all(world: World) -> None:
    """Every shape on every kind, one of them answered and closed, one withdrawn."""
    browser, facts = world.browser("inspector"), world.facts
    marks = f"/api/v1/surveys/{facts['own.survey']}/annotations"
    bodies: dict[str, dict[str, Any]] = {
        "box00001": {"evidence": facts["own.evidence"], "time_us": 3_336_667, "shape": "box", "label": "A"},
        "arrow001": {"evidence": facts["own.evidence"], "time_us": 0, "shape": "arrow", "text": '裂缝 "<&" 。'},
        "photo001": {"evidence": facts["own.photo"], "shape": "freehand", "text": "Rust"},
        "photo002": {"evidence": facts["own.photo"], "shape": "box"},
        "paper001": {"evidence": facts["own.paper-of-three"], "page": 2, "shape": "text", "text": "Sign here"},
        "paper002": {"evidence": facts["own.paper-of-three"], "page": 3, "shape": "box", "text": "Plan"},
    }
    tone = {"evidence": facts["own.tone"], "time_us": 1_500_000, "shape": "text", "text": "A grinding noise"}
    made = browser.ask("PUT", f"{marks}/tone0001", tone | {"points": []})
    assert made.status_code == 200, made.get_json()
    late = browser.ask("PUT", f"{marks}/tone0002", tone | {"points": [], "time_us": 2_600_000})
    assert late.get_json()["code"] == "annotation-outside"
    drawn = browser.ask("PUT", f"{marks}/tone0002", tone | {"points": [[1, 1]]})
    assert drawn.get_json()["code"] == "annotation-shape"
    points = {"text": [[333_333, 1_000_000]], "box": [[1, 2], [1_000_000, 777_777]]}
    for id, body in bodies.items():
        made = browser.ask("PUT", f"{marks}/{id}", {"points": points.get(body["shape"], [[0, 5], [999_999, 3]])} | body)
        assert made.status_code == 200, made.get_json()
    world.browser("approver").ask("POST", f"{marks}/box00001/replies", {"id": "reply001", "text": "Seen\ntwice"})
    now = {one["id"]: one["revision"] for one in browser.get(marks).get_json()["annotations"]}
    browser.ask("POST", f"{marks}/box00001/close", {"revision": now["box00001"]})
    browser.ask("POST", f"{marks}/photo002/withdraw", {"revision": now["photo002"]})
    recorded = facts["own.annotation"]  # on a recording, which the other case does not hold
    browser.ask("POST", f"{marks}/{recorded}/withdraw", {"revision": now[recorded]})


def taken_along(world: World, word: str) -> Any:
    who = "inspector" if word == "own" else "other inspector"
    answer = world.browser(who).get(f"/api/v1/cases/{world.facts[f'{word}.case']}/annotations")
    assert answer.content_type.startswith("application/ld+json; profile=")
    return json.loads(answer.data)


def items(document: Any) -> list[Any]:
    found: list[Any] = document["first"]["items"]
    return found


def take_in(world: World, document: Any, who: str = "other inspector", word: str = "other") -> Any:
    path = f"/api/v1/cases/{world.facts[f'{word}.case']}/annotations"
    browser = world.browser(who)
    return browser.client.post(
        path, data=json.dumps(document), content_type="application/ld+json", headers={"X-CSRF-Token": browser.csrf}
    )


def test_what_is_taken_along_is_read_back_the_same(exchanging: World) -> None:
    mark_all(exchanging)
    along = taken_along(exchanging, "own")
    own = [one for one in items(along) if exchanging.facts["own.annotation"] not in one["id"]]
    answer = take_in(exchanging, along).get_json()
    assert (answer["taken"], answer["known"]) == (8, 0)
    assert [(one["code"], one["id"].rpartition(":")[2]) for one in answer["refused"]] == [
        ("annotation-foreign-target", exchanging.facts["own.annotation"])
    ]
    other = items(taken_along(exchanging, "other"))
    assert [one for one in other if exchanging.facts["other.annotation"] not in one["id"]] == own
    again = take_in(exchanging, along).get_json()
    assert (again["taken"], again["known"]) == (0, 8)


def test_who_made_it_stays_as_stated_and_who_took_it_in_is_told(exchanging: World) -> None:
    mark_all(exchanging)
    take_in(exchanging, taken_along(exchanging, "own"))
    marks = f"/api/v1/surveys/{exchanging.facts['other.survey']}/annotations"
    listed = exchanging.browser("other inspector").get(marks).get_json()["annotations"]
    told = next(one for one in listed if one["id"] == "box00001")
    assert (told["by"]["name"], told["imported"]["by"]["name"]) == ("Inspector", "Other Inspector")
    assert (told["state"], told["state_by"]["name"]) == ("closed", "Inspector")
    assert [one["by"]["name"] for one in told["replies"]] == ["Approver"]
    assert (told["frame"], told["base"], told["time"]) == (100, [1001, 30_000], 100)


def test_selectors_are_those_of_the_model(exchanging: World) -> None:
    mark_all(exchanging)
    found = {
        one["id"].rpartition(":")[2]: one["target"]
        for one in items(taken_along(exchanging, "own"))[1:]
        if isinstance(one["target"], dict)
    }
    assert found["box00001"]["selector"] == {
        "type": "FragmentSelector",
        "conformsTo": "http://www.w3.org/TR/media-frags/",
        "value": "t=3.336666667,3.370033333&xywh=percent:0.0001,0.0002,99.9999,77.7775",
    }
    arrow = found["arrow001"]["selector"]
    assert arrow["value"] == "t=0,0.033366667"
    assert arrow["refinedBy"]["type"] == "SvgSelector"
    assert '<line x1="0" y1="5" x2="999999" y2="3"/>' in arrow["refinedBy"]["value"]
    assert found["paper001"]["selector"]["value"] == "page=2"
    assert found["photo001"]["selector"]["type"] == "SvgSelector"
    assert found["tone0001"]["selector"]["value"] == "t=1.5,1.500001"
    assert [found[id]["source"]["type"] for id in ("box00001", "photo001", "paper001", "tone0001")] == [
        "Video", "Image", "Text", "Sound",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda one: one["body"][0].update(value="Another word"), "annotation-inconsistent"),
        (lambda one: one["creator"].update(name="Somebody else"), "annotation-inconsistent"),
        (lambda one: one["target"].update({"takan:time": 99}), "annotation-inconsistent"),
        (lambda one: one["target"]["selector"].update(value="t=0,1"), "annotation-inconsistent"),
        (lambda one: one["target"]["source"].update(id="ni:///sha-256;" + "A" * 43), "annotation-foreign-target"),
        (
            lambda one: one["target"]["source"].update(id="https://elsewhere.example/film.mp4"),
            "annotation-foreign-target",
        ),
        (lambda one: one.update(type="Bookmark"), "annotation-unreadable"),
        (lambda one: one.pop("id"), "annotation-unreadable"),
        (lambda one: one.update({"takan:state": "burnt"}), "annotation-unreadable"),
        (lambda one: one["target"].update(selector={"type": "XPathSelector", "value": "/"}), "annotation-unreadable"),
    ],
)
def test_what_contradicts_itself_is_refused_with_its_reason(exchanging: World, spoil: Any, code: str) -> None:
    mark_all(exchanging)
    along = deepcopy(taken_along(exchanging, "own"))
    one = next(one for one in items(along) if one["id"].endswith("arrow001"))
    spoil(one)
    refused = take_in(exchanging, [one]).get_json()["refused"]
    assert [row["code"] for row in refused] == [code]


def test_another_systems_marks_are_taken_in_by_their_selectors(exchanging: World) -> None:
    film = {"id": f"ni:///sha-256;{ni(exchanging)}", "type": "Video"}
    foreign = {
        "@context": CONTEXT,
        "id": "https://elsewhere.example/anno/7",
        "type": "Annotation",
        "bodyValue": "Too close to the fence",
        "creator": "https://elsewhere.example/people/ada",
        "created": "2026-11-23T08:00:00+08:00",
        "target": {
            "source": film,
            "selector": {"type": "FragmentSelector", "value": "t=npt:3.34,5&xywh=percent:10,20,30,40"},
        },
    }
    answer = take_in(exchanging, foreign).get_json()
    assert answer == {"taken": 1, "known": 0, "refused": []}
    assert take_in(exchanging, foreign).get_json()["known"] == 1
    marks = f"/api/v1/surveys/{exchanging.facts['other.survey']}/annotations"
    told = exchanging.browser("other inspector").get(marks).get_json()["annotations"][-1]
    assert (told["frame"], told["points"]) == (100, [[100_000, 200_000], [400_000, 600_000]])
    assert told["by"] == {"id": "https://elsewhere.example/people/ada", "name": "", "role": ""}
    back = items(taken_along(exchanging, "other"))[-1]
    assert (back["id"], back["creator"]["id"]) == ("https://elsewhere.example/anno/7", told["by"]["id"])
    assert back["created"] == "2026-11-23T00:00:00.000000Z"


def ni(world: World) -> str:
    from inspection.model.web_annotation import digest_iri
    from tests.integration.server.world import FILM

    return digest_iri(digest(FILM)).rpartition(";")[2]


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b'{"type": "Person"}', b'"x"', b"7"])
def test_what_is_no_annotation_is_refused(exchanging: World, body: bytes) -> None:
    browser = exchanging.browser("other inspector")
    path = f"/api/v1/cases/{exchanging.facts['other.case']}/annotations"
    headers = {"X-CSRF-Token": browser.csrf}
    answer = browser.client.post(path, data=body, content_type="application/ld+json", headers=headers)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "annotation-unreadable")
