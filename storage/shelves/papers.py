"""Records, notices and drafts that were asked for."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from inspection.model.errors import NotFound
from inspection.model.paper import Paper, PaperKind, PaperState
from storage.shelves.rows import columns_of, update, value_of
from storage.tables.papers import papers


class SqlPapers:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, id: str) -> Paper:
        row = self._connection.execute(select(papers).where(papers.c.id == id)).one_or_none()
        if row is None:
            raise NotFound("paper-unknown")
        return value_of(Paper, row, kind=PaperKind, state=PaperState)

    def add(self, paper: Paper) -> None:
        self._connection.execute(papers.insert().values(columns_of(paper)))

    def put(self, paper: Paper) -> None:
        if not update(self._connection, papers, columns_of(paper), ["id"]):
            raise NotFound("paper-unknown")

    def of_case(self, case: str) -> Sequence[Paper]:
        query = select(papers).where(papers.c.case == case)
        query = query.order_by(papers.c.created_at.desc(), papers.c.id.desc())
        return [value_of(Paper, row, kind=PaperKind, state=PaperState) for row in self._connection.execute(query)]

    def wanted(self, before: datetime, limit: int) -> Sequence[Paper]:
        wanted = (papers.c.state == PaperState.WANTED.value, papers.c.created_at < before)
        query = select(papers).where(*wanted).order_by(papers.c.created_at, papers.c.id).limit(limit)
        return [value_of(Paper, row, kind=PaperKind, state=PaperState) for row in self._connection.execute(query)]
