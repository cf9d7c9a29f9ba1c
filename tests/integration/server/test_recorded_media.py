"""Segments and pictures over HTTP: ranges, entity tags, and the way from the node while the store has none yet."""

from typing import Any

import pytest

from tests.integration.server.world import FIRST, PICTURE, SECOND, World

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


def test_a_package_is_one_tar_file(world: World) -> None:
    case, export = world.facts["own.case"], world.facts["own.export"]
    answer = world.browser("approver").get(f"/api/v1/cases/{case}/exports/{export}/package")
    assert answer.status_code == 200
    assert len(answer.data) == answer.content_length == 4 * 512
    assert b"bagit.txt" in answer.data[:100]
