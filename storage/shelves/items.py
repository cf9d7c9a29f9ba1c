"""The catalogue."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from inspection.model.catalogue import Check, Checklist, Item
from inspection.model.errors import Conflict, NotFound
from storage.shelves.rows import Columns, columns_of, insert_once, insert_or_replace
from storage.tables.catalogue import checklists, items

WITH_CHECKS = select(items, checklists.c.checks).join(
    checklists, (checklists.c.id == items.c.checklist) & (checklists.c.version == items.c.checklist_version)
)


class SqlItems:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, id: str) -> Item:
        row = self._connection.execute(WITH_CHECKS.where(items.c.id == id)).one_or_none()
        if row is None:
            raise NotFound("item-unknown")
        return _item(row)

    def list(self) -> Sequence[Item]:
        return [_item(row) for row in self._connection.execute(WITH_CHECKS.order_by(items.c.code))]

    def put(self, item: Item) -> None:
        """Raises `Conflict("checklist-taken")`: surveys rely on a version, so one that is there stays as it is."""
        self._keep(item.checklist)
        columns = columns_of(item) | {"checklist": item.checklist.id, "checklist_version": item.checklist.version}
        insert_or_replace(self._connection, items, columns, ["id"])

    def checklist(self, id: str, version: int) -> Checklist:
        query = select(checklists).where(checklists.c.id == id, checklists.c.version == version)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            raise NotFound("checklist-unknown")
        return Checklist(row.id, row.version, _checks(row.checks))

    def _keep(self, checklist: Checklist) -> None:
        columns: Columns = {"id": checklist.id, "version": checklist.version}
        columns["checks"] = [columns_of(check) for check in checklist.checks]
        added = insert_once(self._connection, checklists, columns, ["id", "version"])
        if not added and self.checklist(checklist.id, checklist.version) != checklist:
            raise Conflict("checklist-taken", checklist=checklist.id, version=checklist.version)


def _item(row: Row[*tuple[Any, ...]]) -> Item:
    facts = dict(row._mapping)
    checklist = Checklist(facts.pop("checklist"), facts.pop("checklist_version"), _checks(facts.pop("checks")))
    return Item(**facts, checklist=checklist)


def _checks(checks: Sequence[dict[str, Any]]) -> tuple[Check, ...]:
    return tuple(Check(**check) for check in checks)
