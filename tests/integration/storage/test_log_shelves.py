"""One contract for the log's shelves: in memory, on SQLite and on PostgreSQL."""

from collections.abc import Callable

import pytest

from inspection.model.errors import Conflict
from inspection.model.key_history import KeyStatement
from inspection.model.ledger import Entry, chain
from inspection.model.log import Cosignature, Leaf, Published, Stamp
from inspection.model.people import SYSTEM
from inspection.ports import Office, Work
from storage.database import Database
from storage.work import SqlOffice
from tests.builders import a_head
from tests.fakes import FakeOffice
from tests.integration.storage.values import NOON, furnish

ROOT = "ab" * 32


@pytest.fixture(params=["fake", "sqlite", "postgres"])
def database_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def office(database_kind: str, request: pytest.FixtureRequest) -> Office:
    if database_kind == "fake":
        office: Office = FakeOffice()
    else:
        database: Database = request.getfixturevalue("database")
        office = SqlOffice(database)
    with office.write() as work:
        furnish(work)
    return office


def enter(work: Work, count: int, case: str = "case1") -> list[Entry]:
    entries = []
    for _ in range(count):
        entry = chain(work.ledger.tip(case), case, "viewed", SYSTEM, NOON, None, {})
        work.ledger.append(entry, a_head(entry))
        entries.append(entry)
    return entries


def test_one_holds_the_turn_until_it_runs_out(office: Office) -> None:
    with office.write() as work:
        assert work.log.claim("one", 100, 200)
        assert not work.log.claim("two", 150, 250)
        assert work.log.claim("one", 150, 300)
        assert not work.log.claim("two", 299, 400)
        assert work.log.claim("two", 300, 400)
        assert work.log.claim("one", 100, 200)  # the clock was set back


def test_entries_wait_for_the_log_and_do_so_once(office: Office) -> None:
    with office.write() as work:
        entries = enter(work, 5)
        assert [entry.hash for entry in work.log.unlogged(10)] == [entry.hash for entry in entries]
        assert [entry.number for entry in work.log.unlogged(2)] == [1, 2]
        work.log.claim("one", 0, 10)
        work.log.extend("one", [Leaf(0, "case1", 1), Leaf(1, "case1", 2)], {(0, 0): b"t" * 64})
    with office.write() as work:
        assert work.log.size() == 2
        assert work.log.tile(0, 0) == b"t" * 64
        assert work.log.tile(0, 1) == b""
        assert [entry.number for entry in work.log.unlogged(10)] == [3, 4, 5]
        enter(work, 1)  # a new head does not send them round again
        assert [entry.number for entry in work.log.unlogged(10)] == [3, 4, 5, 6]
        assert work.log.leaves(1, 5) == [Leaf(1, "case1", 2)]
        assert work.log.taken(1, 5) == [(Leaf(1, "case1", 2), entries[1])]
        assert work.log.of_case("case1") == [Leaf(0, "case1", 1), Leaf(1, "case1", 2)]


@pytest.mark.parametrize(
    ("holder", "leaf"),
    [
        ("two", Leaf(1, "case1", 2)),
        ("one", Leaf(0, "case1", 2)),
        ("one", Leaf(2, "case1", 2)),
        ("one", Leaf(1, "case1", 1)),
    ],
)
def test_nothing_is_taken_in_twice_or_out_of_turn(office: Office, holder: str, leaf: Leaf) -> None:
    with office.write() as work:
        enter(work, 2)
        work.log.claim("one", 0, 10)
        work.log.extend("one", [Leaf(0, "case1", 1)], {(0, 0): b"t" * 32})
    with pytest.raises(Conflict, match="log-moved"), office.write() as work:
        work.log.extend(holder, [leaf], {(0, 0): b"u" * 64})
    with office.read() as work:
        assert (work.log.size(), work.log.tile(0, 0)) == (1, b"t" * 32)


def test_checkpoints_and_cosignatures_are_only_added_to(office: Office) -> None:
    first, second = Published(3, 10, ROOT, "note 3"), Published(5, 11, ROOT, "note 5")
    with office.write() as work:
        assert work.checkpoints.newest() is None
        work.checkpoints.add(first)
        work.checkpoints.add(second)
        work.checkpoints.cosign(Cosignature(3, "w", "00ff00ff", 20, "line"))
        work.checkpoints.cosign(Cosignature(3, "w", "00ff00ff", 30, "again"))
        work.checkpoints.cosign(Cosignature(5, "w", "00ff00ff", 40, "later"))
    with pytest.raises(Conflict, match="log-moved"), office.write() as work:
        work.checkpoints.add(Published(5, 12, ROOT, "another"))
    with office.read() as work:
        assert work.checkpoints.newest() == second
        assert work.checkpoints.get(3) == first
        assert work.checkpoints.get(4) is None
        assert work.checkpoints.after(0, 1) == [first]
        assert work.checkpoints.after(3, 9) == [second]
        assert work.checkpoints.cosignatures(3) == [Cosignature(3, "w", "00ff00ff", 20, "line")]
        assert work.checkpoints.last_of("w", "00ff00ff") == Cosignature(5, "w", "00ff00ff", 40, "later")
        assert work.checkpoints.last_of("w", "11111111") is None


def test_stamps_are_found_by_their_end(office: Office) -> None:
    with office.write() as work:
        for size in (3, 5):
            work.checkpoints.add(Published(size, 10, ROOT, "note"))
        work.checkpoints.stamp(Stamp(3, 1, 10, 100, "A", b"one"))
        work.checkpoints.stamp(Stamp(3, 2, 90, 500, "B", b"two"))
        work.checkpoints.stamp(Stamp(5, 1, 20, 200, "A", b"three"))
    with pytest.raises(Conflict, match="stamp-taken"), office.write() as work:
        work.checkpoints.stamp(Stamp(5, 1, 20, 200, "A", b"other"))
    with office.read() as work:
        assert [stamp.token for stamp in work.checkpoints.stamps(3)] == [b"one", b"two"]
        assert [stamp.token for stamp in work.checkpoints.ending(300, 9)] == [b"three"]
        assert [stamp.token for stamp in work.checkpoints.ending(600, 9)] == [b"three", b"two"]
        assert work.checkpoints.newest_stamped(4) == 3
        assert work.checkpoints.newest_stamped(2) is None


def test_keys_come_in_order(office: Office) -> None:
    first = KeyStatement(1, "aa" * 32, 1, False, "00" * 32, "s1", "")
    second = KeyStatement(2, "bb" * 32, 2, True, "cc" * 32, "s2", "h2")
    with office.write() as work:
        assert work.ledger_keys.history() == []
        work.ledger_keys.add(first)
        work.ledger_keys.add(second)
    with pytest.raises(Conflict, match="key-taken"), office.write() as work:
        work.ledger_keys.add(KeyStatement(2, "dd" * 32, 3, False, "cc" * 32, "s3", ""))
    with office.read() as work:
        assert work.ledger_keys.history() == [first, second]


@pytest.mark.parametrize("database_kind", ["sqlite", "postgres"], indirect=True)
def test_two_take_in_the_same_batch_and_one_of_them_wins(
    database: Database, together: Callable[[int, Callable[[int], object]], None]
) -> None:
    office = SqlOffice(database)
    with office.write() as work:
        furnish(work)
        enter(work, 1)
        work.log.claim("one", 0, 10)
    won: list[int] = []

    def extend(number: int) -> None:
        try:
            with office.write() as work:
                work.log.extend("one", [Leaf(0, "case1", 1)], {(0, 0): b"t" * 32})
            won.append(number)
        except Conflict:
            pass

    together(4, extend)
    assert len(won) == 1
