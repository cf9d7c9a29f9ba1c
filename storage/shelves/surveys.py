"""Surveys."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, or_, select

from inspection.model.errors import Conflict, NotFound
from inspection.model.survey import ENDED, Outcome, Survey, SurveyKind, SurveyState
from storage.shelves.rows import columns_of, insert_once, update, value_of
from storage.tables.participants import participants
from storage.tables.surveys import surveys


class SqlSurveys:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, id: str) -> Survey:
        row = self._connection.execute(select(surveys).where(surveys.c.id == id)).one_or_none()
        if row is None:
            raise NotFound("survey-unknown")
        return _survey(row)

    def add(self, survey: Survey) -> None:
        if not insert_once(self._connection, surveys, columns_of(survey), ["number"]):
            raise Conflict("survey-number-taken", number=survey.number)

    def put(self, survey: Survey) -> None:
        if not update(self._connection, surveys, columns_of(survey), ["id"]):
            raise NotFound("survey-unknown")

    def of_case(self, case: str) -> Sequence[Survey]:
        query = select(surveys).where(surveys.c.case == case)
        return self._all(query.order_by(surveys.c.created_at, surveys.c.number))

    def of_person(self, person: str, offset: int, limit: int) -> Sequence[Survey]:
        query = select(surveys).where(_takes_part(person)).order_by(surveys.c.at.desc(), surveys.c.id.desc())
        return self._all(query.offset(offset).limit(limit))

    def count_of_person(self, person: str) -> int:
        query = select(func.count()).select_from(surveys).where(_takes_part(person))
        return self._connection.execute(query).scalar_one()

    def move(self, id: str, before: str, after: Survey) -> bool:
        return update(self._connection, surveys, columns_of(after) | {"id": id}, ["id"], surveys.c.state == before)

    def unadmitted(self, ended_before: datetime, limit: int) -> Sequence[Survey]:
        ended = surveys.c.state.in_([state.value for state in ENDED])
        query = select(surveys).where(ended, surveys.c.admitted.is_(False), surveys.c.ended_at < ended_before)
        return self._all(query.order_by(surveys.c.ended_at, surveys.c.id).limit(limit))

    def _all(self, query: Select[*tuple[Any, ...]]) -> Sequence[Survey]:
        return [_survey(row) for row in self._connection.execute(query)]


def _takes_part(person: str) -> ColumnElement[bool]:
    part = select(participants.c.survey).where(participants.c.person == person)
    return or_(surveys.c.inspector == person, surveys.c.id.in_(part))


def _survey(row: Row[*tuple[Any, ...]]) -> Survey:
    return value_of(Survey, row, kind=SurveyKind, state=SurveyState, outcome=Outcome)
