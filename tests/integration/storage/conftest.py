"""What tests of storage share: a database of each kind, and threads that start together."""

import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from storage.database import Database, migrate
from tests.fixtures.postgres import Postgres

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


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database, to be copied: migrating for each test would take most of its time."""
    path = tmp_path_factory.mktemp("migrated") / "takan.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_template(postgres: Postgres) -> str:
    """The name of a migrated PostgreSQL database, to be copied."""
    name = postgres.new_database()
    migrate(postgres.url(name))
    return name


@pytest.fixture
def url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated database of each kind."""
    if database_kind == "sqlite":
        copy = tmp_path / "takan.db"
        shutil.copy(request.getfixturevalue("migrated_file"), copy)
        yield f"sqlite:///{copy}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = server.new_database(template=request.getfixturevalue("migrated_template"))
    yield server.url(name)
    server.drop_database(name)


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """A migrated database of each kind."""
    database = Database(url)
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
