"""Files on their way in; the work on evidence, and what came of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from inspection.model.errors import Conflict, NotFound
from inspection.model.people import Role
from inspection.model.upload import UNFINISHED, Job, JobState, Rendition, Upload, UploadState
from storage.shelves.rows import columns_of, insert_once, insert_or_replace, update, value_of
from storage.tables.uploads import media_jobs, renditions, uploads


class SqlUploads:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, id: str) -> Upload:
        row = self._connection.execute(select(uploads).where(uploads.c.id == id)).one_or_none()
        if row is None:
            raise NotFound("upload-unknown")
        return _upload(row)

    def add(self, upload: Upload) -> None:
        if not insert_once(self._connection, uploads, columns_of(upload), ["id"]):
            raise Conflict("evidence-taken")

    def put(self, upload: Upload) -> None:
        if not update(self._connection, uploads, columns_of(upload), ["id"]):
            raise NotFound("upload-unknown")

    def claim(self, id: str, offset: int, holder: str) -> bool:
        return self._change(id, {"holder": holder}, uploads.c.received == offset)

    def advance(self, id: str, holder: str, received: int, expires_at: datetime) -> bool:
        return self._change(id, {"received": received, "expires_at": expires_at}, uploads.c.holder == holder)

    def _change(self, id: str, columns: dict[str, Any], condition: Any) -> bool:
        arriving = uploads.c.state == UploadState.ARRIVING.value
        statement = uploads.update().where(uploads.c.id == id, arriving, condition).values(columns)
        return self._connection.execute(statement.returning(uploads.c.id)).first() is not None

    def move(self, id: str, before: UploadState, after: Upload) -> bool:
        return update(self._connection, uploads, columns_of(after), ["id"], uploads.c.state == before.value)

    def of_survey(self, survey: str) -> Sequence[Upload]:
        return self._all(uploads.c.survey == survey)

    def of_case(self, case: str) -> Sequence[Upload]:
        return self._all(uploads.c.case == case)

    def checking(self, before: datetime, limit: int) -> Sequence[Upload]:
        waits = (uploads.c.state == UploadState.CHECKING.value, uploads.c.created_at < before)
        return self._all(*waits, limit=limit)

    def expired(self, now: datetime, limit: int) -> Sequence[Upload]:
        return self._all(uploads.c.state == UploadState.ARRIVING.value, uploads.c.expires_at < now, limit=limit)

    def _all(self, *conditions: Any, limit: int | None = None) -> Sequence[Upload]:
        query = select(uploads).where(*conditions).order_by(uploads.c.created_at, uploads.c.id).limit(limit)
        return [_upload(row) for row in self._connection.execute(query)]


def _upload(row: Any) -> Upload:
    return value_of(Upload, row, state=UploadState, by_role=Role)


class SqlMediaJobs:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, id: str) -> Job | None:
        found = self._all(media_jobs.c.id == id)
        return found[0] if found else None

    def add(self, job: Job) -> bool:
        return insert_once(self._connection, media_jobs, columns_of(job), ["id"])

    def put(self, job: Job) -> None:
        update(self._connection, media_jobs, columns_of(job), ["id"])

    def of_case(self, case: str) -> Sequence[Job]:
        return self._all(media_jobs.c.case == case)

    def of_evidence(self, evidence: str) -> Sequence[Job]:
        return self._all(media_jobs.c.evidence == evidence)

    def unfinished(self, before: datetime, limit: int) -> Sequence[Job]:
        states = media_jobs.c.state.in_(sorted(state.value for state in UNFINISHED))
        return self._all(states, media_jobs.c.updated_at < before, limit=limit)

    def _all(self, *conditions: Any, limit: int | None = None) -> Sequence[Job]:
        query = select(media_jobs).where(*conditions)
        query = query.order_by(media_jobs.c.priority, media_jobs.c.created_at, media_jobs.c.id).limit(limit)
        return [value_of(Job, row, state=JobState) for row in self._connection.execute(query)]


class SqlRenditions:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, id: str) -> Rendition:
        row = self._connection.execute(select(renditions).where(renditions.c.id == id)).one_or_none()
        if row is None:
            raise NotFound("rendition-unknown")
        return value_of(Rendition, row)

    def put(self, rendition: Rendition) -> None:
        insert_or_replace(self._connection, renditions, columns_of(rendition), ["evidence", "name"])

    def of_evidence(self, evidence: str) -> Sequence[Rendition]:
        query = select(renditions).where(renditions.c.evidence == evidence).order_by(renditions.c.name)
        return [value_of(Rendition, row) for row in self._connection.execute(query)]
