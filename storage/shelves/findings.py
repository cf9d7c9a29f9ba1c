"""The last result for each check."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select

from inspection.model.finding import Finding, Result
from storage.shelves.rows import columns_of, insert_or_replace, value_of
from storage.tables.findings import findings


class SqlFindings:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, finding: Finding) -> None:
        insert_or_replace(self._connection, findings, columns_of(finding), ["survey", "check"])

    def of_survey(self, survey: str) -> Sequence[Finding]:
        query = select(findings).where(findings.c.survey == survey).order_by(findings.c.at, findings.c.check)
        rows = self._connection.execute(query)
        lists: Any = dict.fromkeys(("snapshots", "annotations", "evidence"), tuple)
        found = [value_of(Finding, row, result=Result, **lists) for row in rows]
        return [replace(one, annotations=one.annotations or (), evidence=one.evidence or ()) for one in found]
