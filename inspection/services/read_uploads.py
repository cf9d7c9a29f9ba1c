"""What pages and scripts are told of the uploads of a case."""

from collections.abc import Sequence
from dataclasses import dataclass

from inspection.model.people import Actor
from inspection.model.upload import Job, Rendition, Upload, UploadState
from inspection.ports import Office, Work
from inspection.services.access import Doing, on_case, on_survey


@dataclass(frozen=True, slots=True)
class UploadView:
    """One upload with the work on it and what came of it."""

    upload: Upload
    jobs: Sequence[Job]
    renditions: Sequence[Rendition]

    def job(self, kind: str) -> Job | None:
        return next((job for job in self.jobs if job.kind == kind), None)

    def rendition(self, name: str) -> Rendition | None:
        return next((one for one in self.renditions if one.name == name), None)


def uploads_of_case(office: Office, actor: Actor, case: str) -> Sequence[UploadView]:
    with office.read() as work:
        found = on_case(work, actor, case, Doing.READ_CASE)
        return [_view(work, one) for one in work.uploads.of_case(found.id) if one.state is not UploadState.GONE]


def uploads_of_sender(office: Office, actor: Actor, survey: str) -> Sequence[UploadView]:
    """One's own."""
    with office.read() as work:
        on_survey(work, actor, survey, Doing.UPLOAD)
        own = [one for one in work.uploads.of_survey(survey) if one.by == actor.id]
        return [_view(work, one) for one in own if one.state is not UploadState.GONE]


def view_of(work: Work, evidence: str) -> UploadView:
    return _view(work, work.uploads.get(evidence))


def _view(work: Work, upload: Upload) -> UploadView:
    return UploadView(upload, work.media_jobs.of_evidence(upload.id), work.renditions.of_evidence(upload.id))
