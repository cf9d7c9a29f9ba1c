"""One world for all tests of the app in a session; who changes it gets a fresh copy."""

from collections.abc import Iterator

import pytest

from tests.integration.server.world import NOW, World, make_world


@pytest.fixture(scope="session")
def day(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def world(day: World) -> Iterator[World]:
    """As the day began."""
    day.fresh()
    day.clock[0] = NOW
    day.nodes.away = False
    day.nodes.told.clear()
    day.nodes.closed.clear()
    day.nodes.passed.clear()
    for wished in vars(day.jobs).values():
        wished.clear()
    yield day
    day.base.close()
