"""Evidence, what is uploaded, and what is made of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from inspection.model.annotation import Annotation
from inspection.model.clip import Clip
from inspection.model.evidence import Evidence
from inspection.model.paper import Paper
from inspection.model.upload import Job, Rendition, Upload, UploadState


class EvidenceShelf(Protocol):
    def get(self, id: str) -> Evidence: ...
    def add(self, evidence: Evidence) -> None: ...
    def of_case(self, case: str) -> Sequence[Evidence]: ...
    def of_survey(self, survey: str) -> Sequence[Evidence]: ...


class Uploads(Protocol):
    """Files on their way in. `claim` and `advance` are conditional: only one writer counts, whoever else still runs."""

    def get(self, id: str) -> Upload: ...
    def add(self, upload: Upload) -> None: ...
    def put(self, upload: Upload) -> None: ...
    def claim(self, id: str, offset: int, holder: str) -> bool:
        """Take the pen, whoever had it; False when it is not `offset` bytes that are held of an arriving upload."""

    def advance(self, id: str, holder: str, received: int, expires_at: datetime) -> bool:
        """Note what is held; False when another has the pen."""

    def move(self, id: str, before: UploadState, after: Upload) -> bool:
        """Write `after` only where the state is still `before`."""

    def of_survey(self, survey: str) -> Sequence[Upload]: ...
    def of_case(self, case: str) -> Sequence[Upload]: ...
    def checking(self, before: datetime, limit: int) -> Sequence[Upload]:
        """All here and not judged: the sweep's work."""

    def expired(self, now: datetime, limit: int) -> Sequence[Upload]: ...


class MediaJobs(Protocol):
    """Work on evidence, and what came of it."""

    def get(self, id: str) -> Job | None: ...
    def add(self, job: Job) -> bool:
        """False when it is there already."""

    def put(self, job: Job) -> None: ...
    def of_case(self, case: str) -> Sequence[Job]: ...
    def of_evidence(self, evidence: str) -> Sequence[Job]: ...
    def unfinished(self, before: datetime, limit: int) -> Sequence[Job]: ...


class Renditions(Protocol):
    def get(self, id: str) -> Rendition:
        """Raises `NotFound("rendition-unknown")`."""

    def put(self, rendition: Rendition) -> None:
        """Instead of one of the same name of that evidence."""

    def of_evidence(self, evidence: str) -> Sequence[Rendition]: ...


class Papers(Protocol):
    """`of_case`: newest first; `wanted`: the sweep's work."""

    def get(self, id: str) -> Paper: ...
    def add(self, paper: Paper) -> None: ...
    def put(self, paper: Paper) -> None: ...
    def of_case(self, case: str) -> Sequence[Paper]: ...
    def wanted(self, before: datetime, limit: int) -> Sequence[Paper]: ...


class Clips(Protocol):
    """`of_survey`: newest first; `wanted`: the sweep's work."""

    def get(self, id: str) -> Clip: ...
    def add(self, clip: Clip) -> None: ...
    def put(self, clip: Clip) -> None: ...
    def of_survey(self, survey: str) -> Sequence[Clip]: ...
    def wanted(self, before: datetime, limit: int) -> Sequence[Clip]: ...


class Annotations(Protocol):
    """`of_survey`, `of_case`: by number."""

    def get(self, case: str, id: str) -> Annotation | None: ...
    def add(self, annotation: Annotation) -> None:
        """Raises `Conflict("annotation-taken")`."""

    def move(self, annotation: Annotation, before: int) -> None:
        """Write all but the mark, where the revision is still `before`. Raises `Conflict("annotation-moved")`."""

    def of_survey(self, survey: str, since: int = 0) -> Sequence[Annotation]:
        """Those of a revision after `since`."""

    def of_case(self, case: str) -> Sequence[Annotation]: ...
    def last_number(self, case: str) -> int: ...
    def count_on(self, evidence: str | None, track: str | None) -> int: ...
