"""Who waits for whom: those who write in one case take turns, those in different cases write beside one another, and
whoever may touch anything is alone. What a service read before it wrote still holds, however many call it at once."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from inspection.model.errors import Conflict, Refusal, Unavailable, WrongMoment
from inspection.model.event import Event
from inspection.model.ledger import GENESIS, entry_hash
from inspection.model.people import SYSTEM, Role
from inspection.model.survey import SurveyState
from inspection.ports import LOG
from inspection.services.audit_log import audit_log
from inspection.services.book import book
from inspection.services.conclude import conclude
from inspection.services.custody import enter
from inspection.services.decide import decide
from inspection.services.guard import viewed
from inspection.services.participants import join, report_device
from inspection.services.rotate_key import begin_history
from inspection.services.sequence import sequence, sequence_all
from inspection.services.want_export import want_export
from storage.database import Database
from storage.work import SqlOffice
from tests.fakes import FakeSigner
from tests.integration.storage.test_whole_visit import RealStage
from tests.integration.storage.values import NOON, a_case, furnish

SIGNER = FakeSigner()
ORIGIN = "takan.example/log"
Together = Callable[[int, Callable[[int], object]], None]
postgres_only = pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)


@pytest.fixture
def office(database: Database) -> SqlOffice:
    office = SqlOffice(database)
    with office.write() as work:
        furnish(work)
        for number in range(8):
            work.cases.add(a_case(f"more{number}", number=f"TK-M{number}"))
    begin_history(office, SIGNER, NOON)
    return office


@pytest.fixture
def stage(database: Database, tmp_path: Path) -> RealStage:
    return RealStage(database, tmp_path / "objects")


def view(office: SqlOffice, case: str, number: int = 0) -> None:
    with office.write(case) as work:
        enter(work, SIGNER, case, Event.VIEWED, SYSTEM, NOON, {"n": number})


def beside(act: Callable[[], object]) -> threading.Event:
    """Set when `act`, in a thread of its own, has come back."""
    done = threading.Event()

    def run() -> None:
        act()
        done.set()

    threading.Thread(target=run, daemon=True).start()
    return done


@postgres_only
def test_who_writes_in_one_case_keeps_nobody_in_another_waiting(office: SqlOffice) -> None:
    with office.write("more1"):
        assert beside(lambda: view(office, "more2")).wait(10)
        with office.write(LOG):
            pass


@pytest.mark.parametrize(("first", "second"), [("more1", "more1"), ("more1", None), (None, "more1"), (LOG, LOG)])
def test_who_writes_in_the_same_case_or_anywhere_waits(
    office: SqlOffice, first: str | None, second: str | None
) -> None:
    def other() -> None:
        with office.write(second) as work:
            work.settings.put("order", f"{work.settings.get('order')} second")

    with office.write(first) as work:
        done = beside(other)
        assert not done.wait(0.3)
        work.settings.put("order", "first")
    assert done.wait(10)
    with office.read() as work:
        assert work.settings.get("order") == "first second"


def test_writers_in_another_process_wait_too(office: SqlOffice, url: str) -> None:
    elsewhere = Database(url, wait=0.2)
    with office.write("more1"), pytest.raises(Unavailable), SqlOffice(elsewhere).write("more1"):
        pytest.fail("it got its turn")
    with office.write("more1"), pytest.raises(Unavailable), SqlOffice(elsewhere).write():
        pytest.fail("it got its turn")
    with SqlOffice(elsewhere).write("more1") as work:
        work.settings.put("now", "it can")
    elsewhere.close()


def test_a_unit_about_one_case_cannot_write_to_another_s_ledger(office: SqlOffice) -> None:
    with pytest.raises(ValueError, match="only"), office.write("more1") as work:
        enter(work, SIGNER, "more2", Event.VIEWED, SYSTEM, NOON, {})


def test_every_chain_holds_however_many_write_where(office: SqlOffice, together: Together) -> None:
    cases = [f"more{number}" for number in range(4)]

    def append(thread: int) -> None:
        for number in range(20):
            if number % 7 == 3:
                with office.write() as work:  # now and then one that may touch anything
                    for case in cases:
                        enter(work, SIGNER, case, Event.VIEWED, SYSTEM, NOON, {"n": number})
            view(office, cases[(thread + number) % 4], number)

    together(8, append)
    for case in cases:
        with office.read() as work:
            entries, head = work.ledger.entries(case), work.ledger.head(case)
        assert [entry.number for entry in entries] == list(range(1, 8 * 20 // 4 + 8 * 3 + 1))
        assert [entry.previous for entry in entries] == [GENESIS, *(entry.hash for entry in entries[:-1])]
        assert all(entry.hash == entry_hash(entry) for entry in entries)
        assert head is not None
        assert (head.count, head.hash) == (len(entries), entries[-1].hash)


@postgres_only
def test_an_entry_that_is_committed_late_is_taken_in_late(office: SqlOffice) -> None:
    """Numbers and times say nothing of the order of commits: what was not seen is seen the next time."""
    with office.write("more1") as work:
        enter(work, SIGNER, "more1", Event.VIEWED, SYSTEM, NOON, {})
        view(office, "more2")
        assert sequence(office, SIGNER, ORIGIN, "one", NOON) == 1
    view(office, "more2")
    assert sequence(office, SIGNER, ORIGIN, "one", NOON) == 2
    with office.read() as work:
        placed = [(leaf.case, leaf.number) for leaf in work.log.leaves(0, 10)]
    assert placed[0] == ("more2", 1)
    assert sorted(placed[1:]) == [("more1", 1), ("more2", 2)]
    assert list(audit_log(office)) == []


def test_the_sequencer_misses_nothing_of_what_is_committed_beside_it(office: SqlOffice, together: Together) -> None:
    ending = threading.Event()
    writers, each = 6, 40

    def run(thread: int) -> None:
        if thread == writers:
            while not ending.is_set():
                sequence(office, SIGNER, ORIGIN, "one", NOON, batch=11)
            return
        try:
            for number in range(each):
                view(office, f"more{(thread * 3 + number) % 8}", number)
        finally:
            if thread == 0:
                ending.set()

    together(writers + 1, run)
    sequence_all(office, SIGNER, ORIGIN, "one", NOON)
    with office.read() as work:
        assert not work.log.unlogged(1)
        placed = [(leaf.case, leaf.number) for leaf in work.log.leaves(0, 10_000)]
    assert len(set(placed)) == len(placed) == writers * each
    for case in {case for case, _ in placed}:
        mine = [number for one, number in placed if one == case]
        assert mine == list(range(1, len(mine) + 1))
    assert list(audit_log(office)) == []


def once(together: Together, act: Callable[[], object], threads: int = 6) -> list[object]:
    """What came of calling a service so often at once: results, and refusals."""
    came: list[object] = []

    def call(_: int) -> None:
        try:
            came.append(act())
        except Refusal as refusal:
            came.append(refusal)

    together(threads, call)
    return came


def test_a_case_is_decided_once(stage: RealStage, together: Together) -> None:
    survey = stage.concluded()
    came = once(
        together,
        lambda: decide(stage.office, stage.signer, stage.approver, survey.case, "approved", "", None, stage.now),
    )
    assert sum(isinstance(one, Conflict | WrongMoment) for one in came) == len(came) - 1
    assert stage.events(survey.case).count("decided") == 1


def test_a_survey_is_concluded_once(stage: RealStage, together: Together) -> None:
    survey, _ = stage.opened()
    came = once(
        together,
        lambda: conclude(
            stage.office, stage.store, stage.signer, stage.inspector, survey.id, "no-show", "nobody came", False,
            stage.now, stage.new_id,
        ),
    )  # fmt: skip
    assert sum(not isinstance(one, Refusal) for one in came) == 1, came
    with stage.office.read() as work:
        assert work.surveys.get(survey.id).state is not SurveyState.LIVE


def test_a_case_has_one_survey_at_a_time(stage: RealStage, together: Together) -> None:
    case = stage.case()
    came = once(
        together,
        lambda: book(stage.office, stage.signer, stage.inspector, case.id, "live", stage.now, stage.now, stage.new_id),
    )
    assert sum(not isinstance(one, Refusal) for one in came) == 1
    with stage.office.read() as work:
        assert len(work.surveys.of_case(case.id)) == 1


def test_one_wish_for_a_package_is_under_way(stage: RealStage, together: Together) -> None:
    survey = stage.concluded()
    once(
        together,
        lambda: want_export(stage.office, stage.signer, stage.inspector, survey.case, stage.now, stage.new_id),
    )
    with stage.office.read() as work:
        assert len(work.exports.of_case(survey.case)) == 1


def test_a_person_has_one_place_and_keeps_all_that_was_said_of_his_device(stage: RealStage, together: Together) -> None:
    survey, _ = stage.opened()
    once(together, lambda: join(stage.office, stage.signer, stage.inspector, survey.id, stage.now, stage.new_id))
    with stage.office.read() as work:
        mine = [row for row in work.participants.of_survey(survey.id) if row.person == stage.inspector.id]
    assert len(mine) == 1

    def say(number: int) -> None:
        report_device(stage.office, stage.inspector, survey.id, {f"fact{number}": "x"}, stage.now)

    together(6, say)
    with stage.office.read() as work:
        assert set(work.participants.get(mine[0].id).device) == {f"fact{number}" for number in range(6)}


def test_one_entry_a_sitting_however_many_pages_are_open(stage: RealStage, together: Together) -> None:
    survey = stage.concluded()
    later = stage.later(hours=5)
    once(together, lambda: viewed(stage.office, stage.signer, stage.inspector, survey.case, survey.id, later))
    assert stage.events(survey.case).count("viewed") == 1


def test_what_keeps_the_log_is_durable_before_anybody_sees_it(tmp_path: Path, database: Database) -> None:
    asked = "PRAGMA synchronous" if database.engine.dialect.name == "sqlite" else "SHOW synchronous_commit"
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        usual = connection.execute(text(asked)).scalar_one()
    with database.writing() as connection:
        assert connection.execute(text(asked)).scalar_one() in (1, "off")  # the flush is ours, after the turn
    with database.writing(LOG, at_once=True) as connection:
        assert connection.execute(text(asked)).scalar_one() == usual


@postgres_only
def test_what_failed_before_is_not_taken_for_committed(database: Database) -> None:
    def fail() -> None:
        with database.writing() as connection:
            connection.execute(text("INSERT INTO settings (name, value) VALUES ('a', 'b')"))
            with pytest.raises(DBAPIError):
                connection.execute(text("SELECT nothing FROM nowhere"))

    with pytest.raises(DBAPIError, match="failed"):
        fail()
    with database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM settings")).scalar_one() == 0


def test_more_at_once_than_connections_wait_for_one(url: str, together: Together) -> None:
    few = Database(url, wait=10, connections=1)
    office = SqlOffice(few)

    def look(_: int) -> None:
        for _ in range(20):
            with office.read() as work:
                work.people.count(Role.APPROVER)

    together(8, look)
    few.close()
    hurried = Database(url, wait=0.2, connections=1)
    with hurried.reading(), hurried.reading(), pytest.raises(Unavailable), SqlOffice(hurried).read():
        pytest.fail("there was a third")
    hurried.close()
