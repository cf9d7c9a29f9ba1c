"""Jobs on uploaded evidence: one row and one workflow each, so that a killed worker goes on at the job that ran.

What a job makes goes into the store under its own digest before a row names it; every job may be repeated.
"""

import logging
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inspection.model.errors import Refusal
from inspection.model.evidence import Evidence
from inspection.model.upload import Job, JobState, Rendition, Upload
from inspection.services.media_jobs import end_job, keep_renditions, retry_later, start_job, tell_job
from media.files.errors import Cancelled, FileRefused
from media.files.recover import FILE as RECOVERED
from media.files.source import Source
from server.roles.check_upload import start
from server.roles.stored import Ranges, copied, keep_file, local_path, source_of
from server.services import Services

log = logging.getLogger("takan.worker")
MOST_ATTEMPTS = 40
TELL = 1.0  # seconds between two looks at whether it was cancelled, and at the bar


@dataclass(slots=True)
class Desk:
    """What one job works with: its evidence, a folder of its own, a bar."""

    given: Services
    job: Job
    upload: Upload
    evidence: Evidence
    source: Source
    folder: Path
    stopped: bool = False
    told: float = field(default_factory=time.monotonic)

    def progress(self, share: float) -> None:
        now = time.monotonic()
        if now - self.told >= TELL:
            self.told = now
            self.stopped = not tell_job(self.given.office, self.job.id, round(share * 1000), self.given.now())

    def cancelled(self) -> bool:
        if time.monotonic() - self.told >= TELL:
            self.told = time.monotonic()
            with self.given.office.read() as work:
                found = work.media_jobs.get(self.job.id)
            self.stopped = found is None or found.state is not JobState.RUNNING
        return self.stopped

    def keep(self, *names: str | None) -> None:
        """Files of the folder become renditions."""
        files = {name: keep_file(self.given, self.folder / name) for name in names if name}
        keep_renditions(self.given.office, self.evidence.id, files, self.given.now(), self.given.new_id)

    def write(self, name: str, data: str | bytes) -> str:
        (self.folder / name).write_bytes(data.encode() if isinstance(data, str) else data)
        return name

    def shown(self) -> Source:
        """What is played and looked at: the original; or what was recovered of it, where it has no index."""
        return self.made(RECOVERED) or self.source

    def made(self, name: str) -> Ranges | None:
        """A rendition that is there by now."""
        found = self._rendition(name)
        return None if found is None else Ranges(self.given.objects, found.sha256, found.bytes)

    def path(self) -> Path:
        """The same as a file."""
        found = self._rendition(RECOVERED)
        if found is None:
            return local_path(self.given, self.upload.id, self.folder)
        return copied(self.given, found.sha256, self.folder / "original")

    def _rendition(self, name: str) -> Rendition | None:
        with self.given.office.read() as work:
            rows = work.renditions.of_evidence(self.evidence.id)
        return next((one for one in rows if one.name == name), None)

    def follow(self, *kinds: str, evidence: str = "", anew: bool = False) -> None:
        start(self.given, evidence or self.evidence.id, kinds, anew)


Act = Callable[[Desk], dict[str, Any]]


def attempt(act: Act) -> Callable[[Services, str], str | None]:
    """One attempt at a job: None when it is over, else why not yet."""

    def tried(given: Services, id: str) -> str | None:
        job = start_job(given.office, id, given.now())
        if job is None:
            return None
        try:
            result = _at_desk(given, job, act)
        except Cancelled:
            end_job(given.office, id, JobState.CANCELLED, given.now(), "cancelled")
        except FileRefused as error:
            log.info("job failed", extra={"job": id, "why": f"{error.code}: {error}"})
            end_job(given.office, id, JobState.FAILED, given.now(), error.code)
        except (Refusal, OSError) as error:
            if job.attempts >= MOST_ATTEMPTS:
                end_job(given.office, id, JobState.FAILED, given.now(), "job-failed")
                return None
            retry_later(given.office, id, given.now())
            return str(error) or "away"
        else:
            end_job(given.office, id, JobState.DONE, given.now(), None, result)
        return None

    return tried


def _at_desk(given: Services, job: Job, act: Act) -> dict[str, Any]:
    with given.office.read() as work:
        evidence = work.evidence.get(job.evidence)
        upload = work.uploads.get(job.evidence)
    place = given.settings.data / "work"
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{job.kind}-", dir=place) as folder:
        source = source_of(given, upload.id, upload.size)
        return act(Desk(given, job, upload, evidence, source, Path(folder)))
