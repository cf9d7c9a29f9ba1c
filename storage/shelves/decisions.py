"""The approver's outcome: one a case."""

from sqlalchemy import Connection, select

from inspection.model.decision import Decision, DecisionOutcome
from inspection.model.errors import Conflict
from storage.shelves.rows import columns_of, insert_once, value_of
from storage.tables.decisions import decisions


class SqlDecisions:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, case: str) -> Decision | None:
        row = self._connection.execute(select(decisions).where(decisions.c.case == case)).one_or_none()
        return None if row is None else value_of(Decision, row, outcome=DecisionOutcome)

    def add(self, decision: Decision) -> None:
        if not insert_once(self._connection, decisions, columns_of(decision), ["case"]):
            raise Conflict("decision-taken")
