"""Cases."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, false, func, or_, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from inspection.model.case import Case, CaseState, Site
from inspection.model.errors import Conflict, NotFound
from storage.shelves.rows import Columns, columns_of, insert_once, update
from storage.tables.cases import case_numbers, cases
from storage.tables.participants import participants
from storage.tables.surveys import surveys

LONGEST = 1000  # letters; nothing that long is in a case, and SQLite refuses very long patterns


class SqlCases:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, id: str) -> Case:
        return self._one(cases.c.id == id)

    def by_number(self, number: str) -> Case:
        return self._one(cases.c.number == number)

    def add(self, case: Case) -> None:
        if not insert_once(self._connection, cases, _columns(case), ["number"]):
            raise Conflict("case-number-taken", number=case.number)

    def put(self, case: Case) -> None:
        if not update(self._connection, cases, _columns(case), ["id"]):
            raise NotFound("case-unknown")

    def list(
        self,
        inspector: str | None,
        approver: str | None,
        state: CaseState | None,
        text: str,
        offset: int,
        limit: int,
    ) -> Sequence[Case]:
        query = select(cases).where(*_narrowed(inspector, approver, state, text))
        query = query.order_by(cases.c.created_at.desc(), cases.c.id.desc()).offset(offset).limit(limit)
        return [_case(row) for row in self._connection.execute(query)]

    def count(self, inspector: str | None, approver: str | None, state: CaseState | None, text: str) -> int:
        query = select(func.count()).select_from(cases).where(*_narrowed(inspector, approver, state, text))
        return self._connection.execute(query).scalar_one()

    def next_number(self, day: str) -> int:
        insert = sqlite_insert if self._connection.dialect.name == "sqlite" else postgres_insert
        counted = (
            insert(case_numbers)
            .values(day=day, last=1)
            .on_conflict_do_update(index_elements=["day"], set_={"last": case_numbers.c.last + 1})
            .returning(case_numbers.c.last)
        )
        return int(self._connection.execute(counted).scalar_one())

    def _one(self, condition: ColumnElement[bool]) -> Case:
        row = self._connection.execute(select(cases).where(condition)).one_or_none()
        if row is None:
            raise NotFound("case-unknown")
        return _case(row)


def _narrowed(
    inspector: str | None, approver: str | None, state: CaseState | None, text: str
) -> Sequence[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if inspector is not None:
        leads = select(surveys.c.case).where(surveys.c.inspector == inspector)
        part = select(surveys.c.case).join(participants, participants.c.survey == surveys.c.id)
        part = part.where(participants.c.person == inspector)
        conditions.append(or_(cases.c.inspector == inspector, cases.c.id.in_(leads), cases.c.id.in_(part)))
    if approver is not None:
        conditions.append(cases.c.approver == approver)
    if state is not None:
        conditions.append(cases.c.state == state.value)
    if len(text) > LONGEST:
        conditions.append(false())
    elif text:
        places = (cases.c.number, cases.c.applicant, cases.c.address)
        conditions.append(or_(*(place.icontains(text, autoescape=True) for place in places)))
    return conditions


def _columns(case: Case) -> Columns:
    columns = columns_of(case)
    del columns["site"]
    return columns | columns_of(case.site) | {"polygon": [list(corner) for corner in case.site.polygon] or None}


def _case(row: Row[*tuple[Any, ...]]) -> Case:
    facts = dict(row._mapping)
    polygon = tuple((corner[0], corner[1]) for corner in facts.pop("polygon") or ())
    site = Site(facts.pop("address"), facts.pop("latitude"), facts.pop("longitude"), polygon)
    return Case(**facts | {"state": CaseState(facts["state"]), "site": site})
