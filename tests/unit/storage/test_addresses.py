"""Which databases may be named, and how."""

import pytest

from storage.database import engine_url


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "mysql://localhost/takan", "postgresql+asyncpg://host/takan"]
)
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ValueError):
        engine_url(url)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_every_way_to_write_postgresql_uses_our_driver(scheme: str) -> None:
    assert engine_url(f"{scheme}://takan@host/takan").drivername == "postgresql+psycopg"


def test_a_file_keeps_its_path() -> None:
    assert engine_url("sqlite:////data/takan.db").database == "/data/takan.db"
