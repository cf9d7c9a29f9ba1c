"""What a crash left between store and rows is adopted or reported at the worker's start, never silently dropped."""

import threading
from hashlib import sha256
from io import BytesIO

import pytest

from inspection.ports import ObjectStore
from server.roles import storekeeper
from server.roles.storekeeper import look, start
from storage.shelves.reception_index import SqlReceptionIndex
from tests.integration.server.world import SECOND, World

PENDING = b"own" + SECOND


def put(store: ObjectStore, data: bytes) -> str:
    digest = sha256(data).hexdigest()
    store.put(digest, BytesIO(data), len(data))
    return digest


def states(world: World) -> dict[str, bool]:
    with world.services.office.read() as work:
        return {one.digest: one.stored for one in work.receptions.track(world.facts["own.track"]).segments}


def test_a_row_whose_object_came_is_told_so(world: World) -> None:
    """The recorder was killed between the put and the row."""
    digest = put(world.services.objects, PENDING)
    assert not states(world)[digest]
    seen = look(world.services)
    assert seen["adopted"] == 1
    assert states(world)[digest]
    assert look(world.services)["adopted"] == 0


def test_objects_without_rows_and_rows_without_objects_are_shown_to_the_administrator(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storekeeper, "NAMED", 1000)  # the tests before have left objects of their own
    stray = put(world.services.objects, b"nobody asked for this")
    gone = world.facts["other.pending"]
    SqlReceptionIndex(world.base).mark_stored(gone)
    seen = look(world.services)
    page = world.browser("administrator").get("/settings").get_data(as_text=True)
    assert f"{stray}: object-unknown" in page
    assert gone in page
    assert seen["differences"] == len(seen["first"])  # type: ignore[arg-type]
    with world.services.office.read() as work:
        piece = work.receptions.piece(world.facts["other.survey"], gone)
    assert piece is not None
    assert piece.stored


def test_it_looks_once_at_the_start(world: World) -> None:
    thread = start(world.services, threading.Event())
    thread.join(30)
    assert not thread.is_alive()
    with world.services.office.read() as work:
        assert work.settings.get("store.seen")


def test_pages_say_that_a_folder_has_no_lock(world: World) -> None:
    page = world.browser("administrator").get("/settings").get_data(as_text=True)
    assert "folder; no object lock" in page
