"""Work on evidence: asked for once, told while it runs, kept with what came of it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from inspection.model.errors import NotFound
from inspection.model.evidence import Evidence
from inspection.model.people import Actor
from inspection.model.text import known
from inspection.model.upload import UNFINISHED, Job, JobState, Rendition
from inspection.ports import NewId, Office
from inspection.services.access import Doing, on_case

WAITED_FOR, NEXT, NIGHT = 10, 30, 100  # priorities: the smaller, the sooner


def job_id(kind: str, evidence: str) -> str:
    return f"{kind}-{evidence}"


def want_jobs(
    office: Office, evidence: str, kinds: tuple[str, ...], priority: int, now: datetime, anew: bool = False
) -> list[Job]:
    """Those that were not asked for before; with `anew` also those that are over."""
    wanted = []
    with office.write() as work:
        case = work.evidence.get(evidence).case
        for kind in kinds:
            job = Job(job_id(kind, evidence), evidence, case, kind, JobState.WANTED, priority, 0, 0, now, now)
            before = work.media_jobs.get(job.id)
            if before is None:
                work.media_jobs.add(job)
                wanted.append(job)
            elif anew and before.state not in UNFINISHED:
                job = replace(job, attempts=before.attempts)
                work.media_jobs.put(job)
                wanted.append(job)
    return wanted


def start_job(office: Office, id: str, now: datetime) -> Job | None:
    """The job, running; None when there is nothing (more) to do."""
    with office.write() as work:
        found = work.media_jobs.get(id)
        if found is None or found.state not in UNFINISHED:
            return None
        job = replace(found, state=JobState.RUNNING, attempts=found.attempts + 1, updated_at=now, done=0)
        work.media_jobs.put(job)
    return job


def tell_job(office: Office, id: str, done: int, now: datetime) -> bool:
    """Thousandths done. False when it was cancelled."""
    with office.write() as work:
        found = work.media_jobs.get(id)
        if found is None or found.state is not JobState.RUNNING:
            return False
        work.media_jobs.put(replace(found, done=done, updated_at=now))
    return True


def end_job(
    office: Office, id: str, state: JobState, now: datetime, reason: str | None = None, result: Any = None
) -> None:
    with office.write() as work:
        found = work.media_jobs.get(id)
        if found is not None and found.state in UNFINISHED:
            done = 1000 if state is JobState.DONE else found.done
            ended = replace(found, state=state, done=done, updated_at=now, reason=reason, result=result or {})
            work.media_jobs.put(ended)


def retry_later(office: Office, id: str, now: datetime) -> None:
    """It could not go on for now: it is waited for again."""
    with office.write() as work:
        found = work.media_jobs.get(id)
        if found is not None and found.state is JobState.RUNNING:
            work.media_jobs.put(replace(found, state=JobState.WANTED, updated_at=now))


def cancel_job(office: Office, actor: Actor, case: str, id: str, now: datetime) -> Job:
    """Raises `NotFound("job-unknown")`."""
    with office.write() as work:
        on_case(work, actor, case, Doing.BOOK)
        found = work.media_jobs.get(id)
        if found is None or found.case != case:
            raise NotFound("job-unknown")
        if found.state in UNFINISHED:
            found = replace(found, state=JobState.CANCELLED, updated_at=now, reason="cancelled")
            work.media_jobs.put(found)
    return found


def keep_renditions(
    office: Office, evidence: str, files: Mapping[str, tuple[str, int, str]], now: datetime, new_id: NewId
) -> None:
    """Rows for what the store holds by now. `files` by name: SHA-256, bytes, media type."""
    with office.write() as work:
        parent = work.evidence.get(evidence).sha256
        for name, (digest, size, media_type) in sorted(files.items()):
            work.renditions.put(Rendition(new_id(), evidence, name, digest, size, media_type, parent, now))


def evidence_to_read(office: Office, actor: Actor, evidence: str) -> Evidence:
    """A piece of evidence whose case the actor may read. Raises `NotFound("evidence-unknown")`."""
    with office.read() as work:
        found = work.evidence.get(known(evidence, "evidence-unknown"))
        try:
            on_case(work, actor, found.case, Doing.READ_CASE)
        except NotFound as error:
            raise NotFound("evidence-unknown") from error
        return found
