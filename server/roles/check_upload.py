"""The job that reads an upload back: its digest, what it is by its content, and whether it may come in."""

import logging
import tempfile
from hashlib import sha256
from pathlib import Path

from inspection.model.errors import Refusal
from inspection.model.people import STAFF
from inspection.model.upload import Upload, UploadState, upload_name
from inspection.services.admit_upload import admit_upload, refuse_upload
from inspection.services.media_jobs import NEXT, NIGHT, WAITED_FOR, want_jobs
from media.files.archive import entries
from media.files.errors import EmptyFile, FileRefused, Truncated
from media.files.kind import HEAD, Kind, of
from server.roles.stored import local_path
from server.services import Services

log = logging.getLogger("takan.worker")
CHUNK = 1 << 20
PRIORITIES = {"telemetry": NEXT, "derive": NEXT, "transcode-more": NIGHT}  # all others: somebody waits
FIRST: dict[str, tuple[str, ...]] = {
    "video": ("examine",),
    "audio": ("examine",),
    "photo": ("photo",),
    "document": ("pages",),
    "sidecar": ("sidecar",),
    "zip": ("unpack",),
}


class NotWanted(FileRefused):
    """Media, but of a kind that this person may not send."""

    code = "upload-kind-unwanted"


def check_upload(given: Services, id: str) -> str | None:
    """One attempt: None when it is evidence or kept out, else why that is not known yet."""
    with given.office.read() as work:
        upload = work.uploads.get(id)
    if upload.state is not UploadState.CHECKING:
        return None
    digest = None
    try:
        if upload.size == 0:
            raise EmptyFile("no bytes")
        given.uploads.finish(id, upload.token, upload.size)
        digest, kind = _read_back(given, upload)
        _judge(given, upload, kind)
        admit_upload(given.office, given.signer, id, digest, kind.kind, kind.format, given.now())
        start(given, id, FIRST[kind.kind])
    except FileRefused as error:
        log.info("upload refused", extra={"survey": upload.survey, "upload": id, "why": str(error)})
        refuse_upload(given.office, given.uploads, given.signer, id, error.code, digest, given.now())
    except (Refusal, OSError) as error:
        return str(error) or "away"
    return None


def start(given: Services, evidence: str, kinds: tuple[str, ...], anew: bool = False) -> None:
    """What somebody waits for goes before what only makes it better."""
    for kind in kinds:
        for job in want_jobs(given.office, evidence, (kind,), PRIORITIES.get(kind, WAITED_FOR), given.now(), anew):
            given.jobs.work_on(job)


def _read_back(given: Services, upload: Upload) -> tuple[str, Kind]:
    hashed, size, head = sha256(), 0, b""
    with given.objects.open(upload_name(upload.id)) as source:
        while chunk := source.read(CHUNK):
            head = head or chunk[:HEAD]
            hashed.update(chunk)
            size += len(chunk)
    if size != upload.size:
        raise Truncated(f"{size} of {upload.size} bytes")
    return hashed.hexdigest(), of(head, size)


def _judge(given: Services, upload: Upload, kind: Kind) -> None:
    settings = given.settings.uploads
    allowed = settings.staff_kinds if upload.by_role in STAFF else settings.applicant_kinds
    if kind.kind not in allowed:
        raise NotWanted(kind.kind)
    if kind.kind == "zip":
        with tempfile.TemporaryDirectory(prefix="takan-zip-") as folder:
            entries(local_path(given, upload.id, Path(folder)))
