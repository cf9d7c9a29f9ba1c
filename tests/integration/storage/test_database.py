"""How units of work behave together: turns, snapshots, what may never change, a database that is away."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from inspection.model.errors import Unavailable
from inspection.model.ledger import GENESIS, chain, entry_hash
from inspection.model.people import SYSTEM
from storage.database import Database, DatabaseAway, migrate
from storage.shelves.reception_index import SqlReceptionIndex
from storage.work import SqlOffice
from tests.builders import a_head
from tests.fixtures.postgres import Postgres
from tests.fixtures.processes import free_port
from tests.integration.storage.values import NOON, a_participant, a_person, a_track, an_evidence, furnish, later


@pytest.fixture
def office(database: Database) -> SqlOffice:
    office = SqlOffice(database)
    with office.write() as work:
        furnish(work)
    return office


def test_a_unit_of_work_is_written_whole_or_not_at_all(office: SqlOffice) -> None:
    def fail() -> None:
        with office.write() as work:
            work.people.put(a_person(name="changed"))
            work.settings.put("half", "written")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with office.read() as work:
        assert work.people.get("inspector1") == a_person()
        assert work.settings.get("half") is None


def test_reading_cannot_write(office: SqlOffice) -> None:
    with pytest.raises(DBAPIError), office.read() as work:
        work.settings.put("name", "value")
    with office.write() as work:
        assert work.settings.get("name") is None
        work.settings.put("name", "value")


def test_a_reader_sees_one_state_while_others_write(office: SqlOffice) -> None:
    with office.read() as reading:
        assert reading.people.count() == 2
        with office.write() as work:
            work.people.add(a_person("third"))
        assert reading.people.count() == 2
    with office.read() as reading:
        assert reading.people.count() == 3


def test_what_a_writer_read_still_holds_when_it_writes(office: SqlOffice) -> None:
    entered, done = threading.Event(), threading.Event()

    def second() -> None:
        entered.wait(10)
        with office.write() as work:
            work.settings.put("order", f"{work.settings.get('order')} second")
        done.set()

    thread = threading.Thread(target=second)
    thread.start()
    with office.write() as work:
        entered.set()
        assert not done.wait(0.3)  # it waits for its turn
        assert work.settings.get("order") is None
        work.settings.put("order", "first")
    thread.join(10)
    with office.read() as work:
        assert work.settings.get("order") == "first second"


def test_eight_at_once_append_to_one_ledger_and_the_chain_holds(
    office: SqlOffice, together: Callable[..., None]
) -> None:
    def append(thread: int) -> None:
        for number in range(10):
            with office.write() as work:
                last = work.ledger.tip("case1")
                entry = chain(last, "case1", "viewed", SYSTEM, later(number), None, {"thread": thread})
                work.ledger.append(entry, a_head(entry))

    together(8, append)
    with office.read() as work:
        entries = work.ledger.entries("case1")
    assert [entry.number for entry in entries] == list(range(1, 81))
    assert [entry.previous for entry in entries] == [GENESIS, *(entry.hash for entry in entries[:-1])]
    assert all(entry.hash == entry_hash(entry) for entry in entries)


def test_case_numbers_are_given_once(office: SqlOffice, together: Callable[..., None]) -> None:
    given: list[int] = []

    def take(_: int) -> None:
        with office.write() as work:
            given.append(work.cases.next_number("20261124"))

    together(8, take)
    assert sorted(given) == list(range(1, 9))


CHANGES = [
    "UPDATE ledger_entries SET event = 'other'",
    "DELETE FROM ledger_entries",
    "UPDATE evidence SET name = 'other'",
    "DELETE FROM evidence",
]


@pytest.mark.parametrize("change", CHANGES)
def test_ledger_and_evidence_are_only_added_to(office: SqlOffice, database: Database, change: str) -> None:
    SqlReceptionIndex(database).add_track(a_track())
    first = chain(None, "case1", "case-opened", SYSTEM, NOON, None, {})
    with office.write() as work:
        work.ledger.append(first, a_head(first))
        work.evidence.add(an_evidence())
    with pytest.raises(DBAPIError, match="append-only"), database.writing() as connection:
        connection.execute(text(change))
    with office.read() as work:
        assert work.ledger.entries("case1") == [first]
        assert work.evidence.get("evidence1") == an_evidence()


def test_rows_that_replace_or_empty_a_table_are_refused_too(office: SqlOffice, database: Database) -> None:
    first = chain(None, "case1", "case-opened", SYSTEM, NOON, None, {})
    with office.write() as work:
        work.ledger.append(first, a_head(first))
    change = "TRUNCATE ledger_entries"
    if database.engine.dialect.name == "sqlite":
        change = "REPLACE INTO ledger_entries SELECT * FROM ledger_entries"
    with pytest.raises(DBAPIError, match="append-only"), database.writing() as connection:
        connection.execute(text(change))


def test_a_row_that_points_at_nothing_is_refused(office: SqlOffice) -> None:
    with pytest.raises(IntegrityError), office.write() as work:
        work.participants.add(a_participant("part2", survey="none"))


def test_errors_do_not_tell_what_was_to_be_written(office: SqlOffice) -> None:
    with pytest.raises(IntegrityError) as error, office.write() as work:
        work.participants.add(a_participant("part2", survey="none", name="a person's name"))
    assert "a person's name" not in str(error.value)


def test_commits_are_synced_in_a_file(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'takan.db'}")
    with database.reading() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 2
        assert connection.execute(text("PRAGMA foreign_keys")).scalar_one() == 1
    database.close()


def test_a_writer_that_never_ends_makes_the_others_unavailable_in_time(url: str, database: Database) -> None:
    hurried = Database(url, wait=0.2)
    with database.writing():
        with pytest.raises(Unavailable) as away, SqlOffice(hurried).write():
            pytest.fail("it got its turn")
        assert away.value.code == "database-away"
        with SqlOffice(hurried).read() as work:
            assert work.people.count() == 0
    with SqlOffice(hurried).write() as work:
        work.settings.put("now", "it can")
    hurried.close()


def test_a_full_disk_is_a_database_that_is_away_and_harms_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'takan.db'}"
    migrate(url)
    database = Database(url, connections=1)
    office = SqlOffice(database)
    with database.writing() as connection:  # the connection goes back to the pool with its limit
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        connection.execute(text(f"PRAGMA max_page_count = {pages + 1}"))
    with pytest.raises(Unavailable), office.write() as work:
        work.settings.put("long", "x" * 100_000)
    with office.write() as work:
        assert work.settings.get("long") is None
        work.settings.put("short", "x")
    database.close()


def absent(kind: str, tmp_path: Path) -> str:
    if kind == "sqlite":
        return f"sqlite:///{tmp_path / 'no-such-folder' / 'takan.db'}"
    return f"postgresql://takan@127.0.0.1:{free_port()}/takan"


def test_a_database_that_is_away_is_said_to_be(database_kind: str, tmp_path: Path) -> None:
    url = absent(database_kind, tmp_path)
    with pytest.raises(DatabaseAway):
        migrate(url)
    database = Database(url)
    for unit in (SqlOffice(database).read, SqlOffice(database).write):
        with pytest.raises(Unavailable) as away, unit():
            pytest.fail("there is no database")
        assert away.value.code == "database-away"
    with pytest.raises(OSError, match="the database is away"):
        SqlReceptionIndex(database).add_track(a_track())


def test_a_server_that_was_started_again_is_used_again(postgres: Postgres, postgres_url: str) -> None:
    database = Database(postgres_url)
    with database.reading() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    with postgres._admin() as admin:  # what a restart does to the connections in the pool
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'takan'")
    with database.reading() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    database.close()


def test_a_bug_is_not_taken_for_a_database_that_is_away(office: SqlOffice, database: Database) -> None:
    with pytest.raises(DBAPIError), database.reading() as connection:
        connection.execute(text("SELECT nothing FROM nowhere"))
