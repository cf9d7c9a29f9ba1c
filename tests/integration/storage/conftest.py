"""What tests of storage share: a database of each kind, and threads that start together."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from storage.database import Database, migrate

DATABASES = ["sqlite", "postgres"]


@pytest.fixture
def empty_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of each kind."""
    if database_kind == "sqlite":
        return f"sqlite:///{tmp_path / 'takan.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture(params=DATABASES)
def database_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def database(empty_url: str) -> Iterator[Database]:
    """A migrated database of each kind."""
    migrate(empty_url)
    database = Database(empty_url)
    yield database
    database.close()


@pytest.fixture
def together() -> Callable[[int, Callable[[int], object]], None]:
    """Call a function in so many threads at the same moment; raises what any of them raised."""

    def run(threads: int, act: Callable[[int], object]) -> None:
        start = threading.Barrier(threads, timeout=30)

        def one(number: int) -> None:
            start.wait()
            act(number)

        with ThreadPoolExecutor(threads) as pool:
            for done in [pool.submit(one, number) for number in range(threads)]:
                done.result(60)

    return run
