"""Packages that were asked for."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from inspection.model.decision import Export, ExportFile
from inspection.model.errors import NotFound
from storage.shelves.rows import columns_of, insert_or_replace, update, value_of
from storage.tables.exports import export_files, exports

UNFINISHED = ("wanted", "running")  # a worker may have died over a running one


class SqlExports:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, id: str) -> Export:
        row = self._connection.execute(select(exports).where(exports.c.id == id)).one_or_none()
        if row is None:
            raise NotFound("export-unknown")
        return value_of(Export, row)

    def add(self, export: Export) -> None:
        self._connection.execute(exports.insert().values(columns_of(export)))

    def put(self, export: Export) -> None:
        if not update(self._connection, exports, columns_of(export), ["id"]):
            raise NotFound("export-unknown")

    def of_case(self, case: str) -> Sequence[Export]:
        query = select(exports).where(exports.c.case == case)
        query = query.order_by(exports.c.created_at.desc(), exports.c.id.desc())
        return [value_of(Export, row) for row in self._connection.execute(query)]

    def wanted(self, before: datetime, limit: int) -> Sequence[Export]:
        unfinished = (exports.c.state.in_(UNFINISHED), exports.c.created_at < before)
        query = select(exports).where(*unfinished).order_by(exports.c.created_at, exports.c.id).limit(limit)
        return [value_of(Export, row) for row in self._connection.execute(query)]

    def files(self, export: str) -> Sequence[ExportFile]:
        query = select(export_files).where(export_files.c.export == export).order_by(export_files.c.path)
        return [value_of(ExportFile, row) for row in self._connection.execute(query)]

    def add_file(self, file: ExportFile) -> None:
        insert_or_replace(self._connection, export_files, columns_of(file), ["export", "path"])
