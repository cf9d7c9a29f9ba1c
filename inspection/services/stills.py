"""The still of a mark that a finding cites: the very picture that was marked, untouched; the mark is drawn over it only
where it is printed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from inspection.model.annotation import Annotation, mark_document
from inspection.model.documents import Document
from inspection.model.errors import Refusal, WrongMoment
from inspection.model.evidence import RenditionState, Snapshot
from inspection.model.people import Actor
from inspection.model.upload import UNFINISHED, Job
from inspection.ports import NewId, Office, Work
from inspection.services.media_jobs import WAITED_FOR, job_id, want_jobs
from inspection.services.snapshots import want_snapshot

STILLS = "stills"  # the job that cuts them out of an uploaded film
PAGE = (210, 297)  # the shape of a page whose own is not told


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the caller has to start."""

    snapshots: Sequence[Snapshot]
    jobs: Sequence[Job]


def want_stills(
    office: Office, actor: Actor, survey: str, annotations: Sequence[str], now: datetime, new_id: NewId
) -> Wanted:
    """Those that are not there yet. A picture that cannot be cut any more is told of without one."""
    with office.read() as work:
        cited = [one for one in work.annotations.of_survey(survey) if one.mark.id in annotations]
        missing = [one for one in cited if _is_moving(one) and _still(work, one) is None]
    snapshots, films = [], set()
    for one in missing:
        if one.track is None:
            films.add(one.evidence or "")
            continue
        try:
            time = one.mark.instant.time if one.mark.instant else 0
            snapshots.append(want_snapshot(office, actor, survey, one.track, time, None, now, new_id))
        except Refusal:
            continue
    jobs = [job for film in sorted(films) for job in want_jobs(office, film, (STILLS,), WAITED_FOR, now, anew=True)]
    return Wanted(snapshots, jobs)


def cited_marks(work: Work, survey: str) -> list[Document]:
    """Marks that the survey's findings rest on, each with its still: what a record tells of them. Raises
    `WrongMoment("snapshots-pending")` while one is being cut."""
    cited = {id for finding in work.findings.of_survey(survey) for id in finding.annotations}
    found = []
    for one in work.annotations.of_survey(survey):
        if one.mark.id in cited:
            still = _still(work, one)
            if still is None and _is_being_cut(work, one):
                raise WrongMoment("snapshots-pending")
            found.append({"mark": mark_document(one.mark), "number": one.number, "still": still, "track": one.track})
    return found


def still_name(one: Annotation) -> str:
    """The rendition of an upload that shows what was marked."""
    if one.mark.page is not None:
        return f"page-{one.mark.page}.jpg"
    if one.mark.instant is None:
        return "view.jpg"
    return f"still-{one.mark.instant.time}.jpg"


def _is_moving(one: Annotation) -> bool:
    return one.mark.instant is not None and bool(one.mark.points)


def _is_being_cut(work: Work, one: Annotation) -> bool:
    job = work.media_jobs.get(job_id(STILLS, one.evidence or ""))
    return one.track is None and _is_moving(one) and job is not None and job.state in UNFINISHED


def _still(work: Work, one: Annotation) -> Document | None:
    if one.track is not None:
        return _of_recording(work, one)
    name = still_name(one)
    found = next((row for row in work.renditions.of_evidence(one.evidence or "") if row.name == name), None)
    if found is None or not one.mark.points:
        return None
    width, height = PAGE if one.mark.page is not None else _size(work, one)
    return {"height": height, "sha256": found.sha256, "snapshot": None, "width": width}


def _of_recording(work: Work, one: Annotation) -> Document | None:
    for shot in work.snapshots.of_survey(one.survey):
        same = one.mark.instant is not None and (shot.track, shot.time) == (one.track, one.mark.instant.time)
        if same and shot.state is RenditionState.READY:
            return {"height": shot.height, "sha256": shot.sha256, "snapshot": shot.id, "width": shot.width}
    return None


def _size(work: Work, one: Annotation) -> tuple[int, int]:
    """Of the picture as it is shown, by the jobs that looked at it."""
    for job in work.media_jobs.of_evidence(one.evidence or ""):
        width, height = job.result.get("width"), job.result.get("height")
        if isinstance(width, int) and isinstance(height, int):
            return width, height
    return 16, 9
