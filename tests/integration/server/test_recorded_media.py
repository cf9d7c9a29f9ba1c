"""Segments and pictures over HTTP: ranges, entity tags, and the way from the node while the store has none yet."""

import zipfile
from io import BytesIO
from typing import Any

import pytest

from inspection.model.ledger import Entry
from media.ports import InitSegment, Segment
from storage.shelves.reception_index import SqlReceptionIndex
from tests.integration.server.world import FIRST, INIT, PICTURE, SECOND, World, digest, later

STORED, PENDING = b"own" + FIRST, b"own" + SECOND


def segment(world: World, which: str, **headers: str) -> Any:
    path = f"/surveys/{world.facts['own.survey']}/segments/{world.facts[f'own.{which}']}"
    return world.browser("approver").get(path, headers=headers)


@pytest.mark.parametrize(("which", "data"), [("stored", STORED), ("pending", PENDING)])
def test_a_segment_is_read_whole(world: World, which: str, data: bytes) -> None:
    answer = segment(world, which)
    assert (answer.status_code, answer.data) == (200, data)
    assert answer.headers["ETag"] == f'"{world.facts[f"own.{which}"]}"'
    assert "immutable" in answer.headers["Cache-Control"]
    assert "private" in answer.headers["Cache-Control"]
    assert answer.mimetype == "video/mp4"


@pytest.mark.parametrize("which", ["stored", "pending"])
@pytest.mark.parametrize(
    ("asked", "start", "end"), [("bytes=0-9", 0, 10), ("bytes=5-", 5, None), ("bytes=-7", -7, None)]
)
def test_a_part_is_read(world: World, which: str, asked: str, start: int, end: int | None) -> None:
    data = STORED if which == "stored" else PENDING
    answer = segment(world, which, Range=asked)
    assert (answer.status_code, answer.data) == (206, data[start:end])
    assert answer.headers["Content-Range"].endswith(f"/{len(data)}")


def test_vp8_is_called_webm_and_so_is_its_init_segment(world: World) -> None:
    """Whatever codec its track began with."""
    own, index = world.facts["own.survey"], SqlReceptionIndex(world.base)
    with world.services.office.read() as work:
        (track,) = work.receptions.tracks(own)
    for name, data in (("vp8.init", b"webm init"), ("vp8.segment", b"webm clusters")):
        world.services.objects.put(digest(data), BytesIO(data), len(data))
        world.facts[f"own.{name}"] = digest(data)
    index.add_init(InitSegment(track.id, digest(b"webm init"), 9, "vp8", 640, 360))
    row = Segment(track.id, digest(b"webm init"), digest(b"webm clusters"), 13, 900_000, 360_000, True)
    index.add_segment(row)
    for name in ("vp8.init", "vp8.segment"):
        index.mark_stored(world.facts[f"own.{name}"])
        assert segment(world, name).mimetype == "video/webm"


def test_a_part_beyond_the_end_is_a_416(world: World) -> None:
    answer = segment(world, "stored", Range="bytes=999999-")
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{len(STORED)}"


@pytest.mark.parametrize("asked", ["items=0-1", "bytes=a-b", "bytes=5-2", "bytes=0-1,4-5"])
def test_a_range_that_is_not_understood_is_ignored(world: World, asked: str) -> None:
    assert segment(world, "stored", Range=asked).status_code == 200


def test_a_browser_that_has_it_is_told_so(world: World) -> None:
    answer = segment(world, "stored", **{"If-None-Match": f'"{world.facts["own.stored"]}"'})
    assert (answer.status_code, answer.data) == (304, b"")


def test_a_pending_segment_of_a_node_that_is_away_is_a_503(world: World) -> None:
    world.nodes.away = True
    assert segment(world, "pending").status_code == 503
    assert segment(world, "stored").status_code == 200


def test_a_segment_of_another_survey_is_unknown_here(world: World) -> None:
    path = f"/surveys/{world.facts['own.survey']}/segments/{world.facts['other.stored']}"
    assert world.browser("approver").get(path).status_code == 404


def test_a_picture_is_read(world: World) -> None:
    answer = world.browser("inspector").get(f"/renditions/{world.facts['own.snapshot']}")
    assert (answer.status_code, answer.data, answer.mimetype) == (200, PICTURE, "image/jpeg")


def test_the_timeline_lists_what_is_stored_and_what_is_pending(world: World) -> None:
    timeline = world.browser("approver").get(f"/api/v1/surveys/{world.facts['own.survey']}/timeline").get_json()
    track = timeline["tracks"][0]
    assert [one["state"] for one in track["segments"]] == ["stored", "pending"]
    assert track["gaps"] == [{"start": 720_000, "end": 800_000, "reason": "loss"}]
    assert timeline["snapshots"][0]["url"] == f"/renditions/{world.facts['own.snapshot']}"
    assert timeline["ended"] is False


def package_of(world: World, whose: str = "own") -> str:
    return f"/api/v1/cases/{world.facts[f'{whose}.case']}/exports/{world.facts[f'{whose}.export']}/package"


def test_a_package_is_one_zip_file(world: World) -> None:
    answer = world.browser("approver").get(package_of(world))
    assert answer.status_code == 200
    assert len(answer.data) == answer.content_length
    with zipfile.ZipFile(BytesIO(answer.data)) as archive:
        assert archive.testzip() is None
        top, names = archive.namelist()[0].partition("/")[0], archive.namelist()
        assert names == [f"{top}/bagit.txt", f"{top}/data/001.mp4"]
        assert archive.read(names[1]) == INIT + FIRST
    assert f'filename="{top}.zip"' in answer.headers["Content-Disposition"]


def test_a_download_that_broke_off_goes_on_where_it_was(world: World) -> None:
    browser, url = world.browser("approver"), package_of(world)
    whole = browser.get(url)
    tag, size = whole.headers["ETag"], len(whole.data)
    for start in (1, 29, 30, 120, size // 2, size - 5, size - 1):
        part = browser.get(url, headers={"Range": f"bytes={start}-", "If-Range": tag})
        assert (part.status_code, part.data) == (206, whole.data[start:])
        assert part.headers["Content-Range"] == f"bytes {start}-{size - 1}/{size}"
    other = browser.get(url, headers={"Range": "bytes=5-", "If-Range": '"another"'})
    assert (other.status_code, other.data) == (200, whole.data)
    assert browser.get(url, headers={"Range": f"bytes={size}-"}).status_code == 416


def ledger(world: World, whose: str = "own") -> list[Entry]:
    with world.services.office.read() as work:
        return list(work.ledger.entries(world.facts[f"{whose}.case"]))


def test_who_took_a_package_or_looked_at_a_picture_stands_in_the_ledger(world: World) -> None:
    approver = world.browser("approver")
    for _ in range(2):
        approver.get(package_of(world), headers={"Range": "bytes=3-"})
        approver.get(f"/renditions/{world.facts['own.snapshot']}")
    told = [(one.event, one.body["subject"]) for one in ledger(world) if "subject" in one.body]
    assert told == [("package-fetched", world.facts["own.export"]), ("viewed", world.facts["own.snapshot"])]


def test_an_address_is_of_no_use_to_another_person_or_after_its_time(world: World) -> None:
    facts, approver = world.facts, world.browser("approver")
    addresses = [
        package_of(world),
        f"/surveys/{facts['own.survey']}/segments/{facts['own.stored']}",
        f"/renditions/{facts['own.snapshot']}",
    ]
    assert [approver.get(url).status_code for url in addresses] == [200] * 3
    for who in ("other approver", "other inspector", "applicant"):
        other = world.browser(who)
        assert {other.get(url).status_code for url in addresses} <= {403, 404}, who
    refused = [one for one in ledger(world) if one.event == "access-refused"]
    assert {one.actor["id"] for one in refused} >= {
        world.people[who].id for who in ("other approver", "other inspector")
    }
    assert [world.app.test_client().get(url).status_code for url in addresses] == [401] * 3
    later(world, 40 * 86_400)
    assert [approver.get(url).status_code for url in addresses] == [401] * 3


def test_whoever_is_refused_by_any_route_stands_in_the_ledger(world: World) -> None:
    other = world.browser("other inspector")
    survey, case = world.facts["own.survey"], world.facts["own.case"]
    asked = (
        ("GET", f"/api/v1/surveys/{survey}/snapshots", None),
        ("GET", f"/surveys/{survey}/review", None),
        (
            "POST",
            f"/api/v1/surveys/{survey}/tickets",
            {"direction": "view", "participant": world.facts["own.applicant"]},
        ),
        ("POST", f"/api/v1/cases/{case}/decision", {"outcome": "approved", "reason": ""}),
    )
    assert {other.ask(method, path, body).status_code for method, path, body in asked} <= {403, 404}
    refused = [one for one in ledger(world) if one.event == "access-refused"]
    assert {one.actor["id"] for one in refused} == {world.people["other inspector"].id}
    assert {one.body["subject"] for one in refused} == {survey, case}
    before = len(ledger(world))
    assert other.get("/api/v1/surveys/nosuchthing/snapshots").status_code == 404
    assert len(ledger(world)) == before
