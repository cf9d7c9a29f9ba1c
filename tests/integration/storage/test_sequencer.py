"""The sequencer on both databases: batches, many at once, and killed in the middle; the tree is always the ledger's."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from inspection.model.errors import Conflict
from inspection.model.event import Event
from inspection.model.people import SYSTEM
from inspection.services.audit_log import audit_log
from inspection.services.custody import enter
from inspection.services.rotate_key import begin_history
from inspection.services.sequence import sequence, sequence_all
from storage.database import Database
from storage.work import SqlOffice
from tests.fakes import FakeSigner
from tests.integration.storage.values import NOON, a_case, furnish

ROOT = Path(__file__).resolve().parents[3]
SIGNER = FakeSigner()
ORIGIN = "takan.example/log"
# A sequencer in small batches, until it is killed; it tells when it has begun.
CHILD = """
import sys
from inspection.services.sequence import sequence
from storage.database import Database
from storage.work import SqlOffice
from tests.fakes import FakeSigner
from tests.integration.storage.values import NOON
office = SqlOffice(Database(sys.argv[1]))
for number in range(10_000):
    sequence(office, FakeSigner(), "takan.example/log", "one", NOON, batch=3)
    if number == 2:
        print("going", flush=True)
"""


@pytest.fixture
def office(database: Database) -> SqlOffice:
    office = SqlOffice(database)
    with office.write() as work:
        furnish(work)
        for number in range(4):
            work.cases.add(a_case(f"more{number}", number=f"TK-M{number}"))
    begin_history(office, SIGNER, NOON)
    return office


def add(office: SqlOffice, count: int) -> None:
    with office.write() as work:
        for number in range(count):
            enter(work, SIGNER, f"more{number % 4}", Event.VIEWED, SYSTEM, NOON, {"n": number})


def placed(office: SqlOffice) -> list[tuple[str, int]]:
    with office.read() as work:
        assert not work.log.unlogged(1)
        return [(leaf.case, leaf.number) for leaf in work.log.leaves(0, 10_000)]


def test_a_log_of_many_batches_is_the_one_of_the_ledger(office: SqlOffice) -> None:
    add(office, 700)
    assert sequence(office, SIGNER, ORIGIN, "one", NOON, batch=300) == 300
    add(office, 37)
    assert sequence_all(office, SIGNER, ORIGIN, "one", NOON) == 437
    assert len(set(placed(office))) == 737
    assert list(audit_log(office)) == []


def test_many_at_once_take_each_entry_in_once(
    office: SqlOffice, together: Callable[[int, Callable[[int], object]], None]
) -> None:
    add(office, 200)

    def run(number: int) -> None:
        for _ in range(40):
            try:
                sequence(office, SIGNER, ORIGIN, "one", NOON, batch=7)  # the same holder: the claim does not help
            except Conflict:
                continue

    together(4, run)
    sequence_all(office, SIGNER, ORIGIN, "one", NOON)
    assert len(set(placed(office))) == len(placed(office)) == 200
    assert list(audit_log(office)) == []


def test_killed_in_the_middle_it_has_lost_and_doubled_nothing(office: SqlOffice, url: str) -> None:
    add(office, 400)
    for _ in range(3):
        command = [sys.executable, "-c", CHILD, url]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == "going\n"
            os.kill(child.pid, signal.SIGKILL)
        assert list(audit_log(office)) == []
    sequence_all(office, SIGNER, ORIGIN, "one", NOON)
    assert len(set(placed(office))) == len(placed(office)) == 400
    assert list(audit_log(office)) == []


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_row_changed_by_other_hands_is_named(office: SqlOffice, url: str) -> None:
    add(office, 9)
    sequence_all(office, SIGNER, ORIGIN, "one", NOON)
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        connection.executescript(
            "DROP TRIGGER ledger_entries_no_update; "
            "UPDATE ledger_entries SET body = '{\"n\": 99}' WHERE \"case\" = 'more1' AND number = 2"
        )
    assert ("more1:2", "entry-altered") in [(fault.where, fault.code) for fault in audit_log(office)]
