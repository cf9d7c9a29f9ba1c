"""Uploads, the work on them and what came of it, in memory."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from inspection.model.errors import Conflict, NotFound
from inspection.model.upload import UNFINISHED, Job, Rendition, Upload, UploadState, upload_name


class FakeUploads:
    def __init__(self) -> None:
        self.rows: dict[str, Upload] = {}

    def get(self, id: str) -> Upload:
        if id not in self.rows:
            raise NotFound("upload-unknown")
        return self.rows[id]

    def add(self, upload: Upload) -> None:
        if upload.id in self.rows:
            raise Conflict("evidence-taken")
        self.rows[upload.id] = upload

    def put(self, upload: Upload) -> None:
        self.get(upload.id)
        self.rows[upload.id] = upload

    def claim(self, id: str, offset: int, holder: str) -> bool:
        return self._change(id, lambda row: replace(row, holder=holder) if row.received == offset else None)

    def advance(self, id: str, holder: str, received: int, expires_at: datetime) -> bool:
        changed = {"received": received, "expires_at": expires_at}
        return self._change(id, lambda row: replace(row, **changed) if row.holder == holder else None)  # type: ignore[arg-type]

    def _change(self, id: str, change: Callable[[Upload], Upload | None]) -> bool:
        row = self.rows.get(id)
        changed = change(row) if row is not None and row.state is UploadState.ARRIVING else None
        if changed is None:
            return False
        self.rows[id] = changed
        return True

    def move(self, id: str, before: UploadState, after: Upload) -> bool:
        if id not in self.rows or self.rows[id].state is not before:
            return False
        self.rows[id] = after
        return True

    def of_survey(self, survey: str) -> Sequence[Upload]:
        return self._all(lambda row: row.survey == survey)

    def of_case(self, case: str) -> Sequence[Upload]:
        return self._all(lambda row: row.case == case)

    def checking(self, before: datetime, limit: int) -> Sequence[Upload]:
        return self._all(lambda row: row.state is UploadState.CHECKING and row.created_at < before)[:limit]

    def expired(self, now: datetime, limit: int) -> Sequence[Upload]:
        return self._all(lambda row: row.state is UploadState.ARRIVING and row.expires_at < now)[:limit]

    def _all(self, wanted: Callable[[Upload], bool]) -> list[Upload]:
        return sorted(filter(wanted, self.rows.values()), key=lambda row: (row.created_at, row.id))


class FakeMediaJobs:
    def __init__(self) -> None:
        self.rows: dict[str, Job] = {}

    def get(self, id: str) -> Job | None:
        return self.rows.get(id)

    def add(self, job: Job) -> bool:
        if job.id in self.rows:
            return False
        self.rows[job.id] = job
        return True

    def put(self, job: Job) -> None:
        if job.id in self.rows:
            self.rows[job.id] = job

    def of_case(self, case: str) -> Sequence[Job]:
        return self._all(lambda job: job.case == case)

    def of_evidence(self, evidence: str) -> Sequence[Job]:
        return self._all(lambda job: job.evidence == evidence)

    def unfinished(self, before: datetime, limit: int) -> Sequence[Job]:
        return self._all(lambda job: job.state in UNFINISHED and job.updated_at < before)[:limit]

    def _all(self, wanted: Callable[[Job], bool]) -> list[Job]:
        return sorted(filter(wanted, self.rows.values()), key=lambda job: (job.priority, job.created_at, job.id))


class FakeRenditions:
    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Rendition] = {}

    def get(self, id: str) -> Rendition:
        for row in self.rows.values():
            if row.id == id:
                return row
        raise NotFound("rendition-unknown")

    def put(self, rendition: Rendition) -> None:
        self.rows[rendition.evidence, rendition.name] = rendition

    def of_evidence(self, evidence: str) -> Sequence[Rendition]:
        return [self.rows[key] for key in sorted(self.rows) if key[0] == evidence]


class FakeUploadStore:
    """Keeps what is whole in a `FakeObjects`; what arrives, beside it."""

    def __init__(self, objects: dict[str, bytes]) -> None:
        self.objects = objects
        self.arriving: dict[str, bytearray] = {}

    def begin(self, id: str, size: int) -> str:
        self.arriving[id] = bytearray()
        return "token"

    def resume(self, id: str, token: str, size: int, offset: int) -> "FakeWriter":
        return FakeWriter(self.arriving[id], offset)

    def finish(self, id: str, token: str, size: int) -> None:
        if id in self.arriving:
            self.objects[upload_name(id)] = bytes(self.arriving.pop(id)[:size])

    def path(self, id: str) -> str | None:
        return None

    def drop(self, id: str, token: str) -> None:
        self.arriving.pop(id, None)
        self.objects.pop(upload_name(id), None)


class FakeWriter:
    def __init__(self, kept: bytearray, offset: int) -> None:
        self._kept, self.held, self._fresh = kept, offset, bytearray()

    def write(self, data: bytes | memoryview) -> None:
        self._fresh += data

    def keep(self) -> int:
        self._kept[self.held :] = self._fresh
        self.held += len(self._fresh)
        self._fresh = bytearray()
        return self.held

    def close(self) -> None:
        self._fresh = bytearray()
