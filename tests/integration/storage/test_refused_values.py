"""What a database cannot keep is refused by both in the same words, and moments are exact."""

from contextlib import suppress
from datetime import timedelta, timezone

import pytest
from sqlalchemy.exc import StatementError

from inspection.model.errors import Invalid
from inspection.ports import Office
from storage.database import Database
from storage.work import SqlOffice
from tests.integration.storage.values import NOON, a_person, a_snapshot, a_survey, furnish


@pytest.fixture
def office(database: Database) -> Office:
    office = SqlOffice(database)
    with office.write() as work:
        furnish(work)
    return office


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "\udfff tail"])
def test_text_that_a_database_cannot_keep_is_refused_by_both(office: Office, text: str) -> None:
    with pytest.raises(Invalid) as refusal, office.write() as work:
        work.people.put(a_person(name=text))
    assert refusal.value.facts == {"field": "name"}


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "%_\\'\"; --", "𠮷野家🚒", "x" * 100_000])
def test_whatever_is_looked_for_is_at_most_not_found(office: Office, text: str) -> None:
    with suppress(Invalid), office.read() as work:
        assert work.people.by_sign_in(text) is None
        assert work.cases.list(None, None, None, text, 0, 10) == []
        assert work.receptions.piece("survey1", text) is None


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**40])
def test_numbers_beyond_a_column_are_refused(office: Office, number: int) -> None:
    with pytest.raises(Invalid), office.write() as work:
        work.snapshots.add(a_snapshot(time=number))
    with office.read() as work:
        assert work.snapshots.of_survey("survey1") == []


def test_moments_keep_their_microseconds_whatever_their_zone(office: Office) -> None:
    noon = NOON.astimezone(timezone(timedelta(hours=8)))
    with office.write() as work:
        work.surveys.put(a_survey(at=noon))
        assert work.surveys.get("survey1").at.isoformat() == "2026-11-24T04:00:00.123457+00:00"
        with pytest.raises(StatementError):
            work.surveys.put(a_survey(at=noon.replace(tzinfo=None)))
