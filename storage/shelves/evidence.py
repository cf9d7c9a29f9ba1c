"""Evidence: added once, then only read."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, select

from inspection.model.errors import Conflict, NotFound
from inspection.model.evidence import Evidence, EvidenceKind
from storage.shelves.rows import columns_of, insert_once, value_of
from storage.tables.evidence import evidence


class SqlEvidence:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, id: str) -> Evidence:
        row = self._connection.execute(select(evidence).where(evidence.c.id == id)).one_or_none()
        if row is None:
            raise NotFound("evidence-unknown")
        return value_of(Evidence, row, kind=EvidenceKind)

    def add(self, evidence_: Evidence) -> None:
        if not insert_once(self._connection, evidence, columns_of(evidence_), ["id"]):
            raise Conflict("evidence-taken")

    def of_case(self, case: str) -> Sequence[Evidence]:
        return self._all(evidence.c.case == case)

    def of_survey(self, survey: str) -> Sequence[Evidence]:
        return self._all(evidence.c.survey == survey)

    def _all(self, condition: ColumnElement[bool]) -> Sequence[Evidence]:
        query = select(evidence).where(condition).order_by(evidence.c.created_at, evidence.c.id)
        return [value_of(Evidence, row, kind=EvidenceKind) for row in self._connection.execute(query)]
