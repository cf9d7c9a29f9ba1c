"""Resumable uploads by tus 1.0.0: core, creation, expiration, checksum, termination. Bytes go straight to the store.

Any web process takes the next chunk: what is held is a row, and whoever claims the pen last writes on.
"""

import contextlib
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from flask import Blueprint, Response, g, request
from werkzeug.exceptions import ClientDisconnected

from inspection.model.errors import Forbidden, Invalid, NotFound
from inspection.model.ledger import microseconds
from inspection.model.people import Actor
from inspection.model.upload import Limits, Upload, UploadState
from inspection.ports import UploadWriter
from inspection.services.read_uploads import uploads_of_sender
from inspection.services.receive_upload import (
    begin_upload,
    claim_upload,
    find_upload,
    give_up_upload,
    note_received,
    said_of,
)
from server import documents, links, shapes, tus, visitors
from server.operation import operation
from server.problems import Gone, TooLarge, TusVersion
from server.services import Services, services

blueprint = Blueprint("api-uploads", __name__, url_prefix="/api/v1")
PIECE = 1 << 20  # bytes that are read from the connection at once
View = Callable[..., Any]


def _tus(view: View) -> View:
    """Every answer, a refusal too, names the version; another one is refused."""

    @wraps(view)
    def answered(*arguments: Any, **named: Any) -> Any:
        g.tus = True
        if request.method not in ("GET", "OPTIONS") and request.headers.get("Tus-Resumable") != tus.VERSION:
            raise TusVersion("tus-version")
        return view(*arguments, **named)

    return answered


@blueprint.after_app_request
def name_version(response: Response) -> Response:
    if g.get("tus"):
        response.headers["Tus-Resumable"] = tus.VERSION
        if response.status_code == 412:
            response.headers["Tus-Version"] = tus.VERSION
    return response


@blueprint.route("/uploads", methods=["OPTIONS"], provide_automatic_options=False)
@operation(status=204, open=True)
@_tus
def told() -> Response:
    """What of tus is spoken here."""
    settings = services().settings.uploads
    response = Response(status=204)
    response.headers["Tus-Version"] = tus.VERSION
    response.headers["Tus-Extension"] = tus.EXTENSIONS
    response.headers["Tus-Max-Size"] = str(max(settings.applicant_bytes, settings.staff_bytes))
    response.headers["Tus-Checksum-Algorithm"] = ",".join(tus.ALGORITHMS)
    return response


@blueprint.post("/uploads")
@operation(heads=tus.BEGINS, status=201, open=True)
@_tus
def began() -> Response:
    """Begin an upload (tus creation): `Location` is where its bytes go. With a cookie or an upload's token."""
    given, (survey, actor) = services(), _who()
    if "Upload-Defer-Length" in request.headers:
        raise Invalid("field-wrong", field="Upload-Defer-Length")
    size = tus.number(request.headers.get("Upload-Length"), "Upload-Length")
    told = tus.metadata(request.headers.get("Upload-Metadata", ""))
    wanted = told.pop("survey", survey) or survey
    if not wanted:
        raise Invalid("field-needed", field="survey")
    if survey and wanted != survey:
        raise NotFound("survey-unknown")
    name = told.pop("filename", "") or told.pop("name", "")
    limits = limits_of(given, actor)
    if size > limits.size:
        raise TooLarge("upload-too-large", limit=limits.size)
    upload = begin_upload(
        given.office, given.uploads, actor, wanted, name, size, said_of(told), limits, _lasts(given), given.now(),
        given.new_id,
    )  # fmt: skip
    if upload.state is UploadState.CHECKING:
        given.jobs.check_upload(upload.id)
    response = _state(upload, 201)
    response.headers["Location"] = f"/api/v1/uploads/{upload.id}"
    return response


@blueprint.get("/uploads/<upload>")
@operation(gives=documents.Upload, open=True)
@_tus
def one(upload: str) -> Response | documents.Upload:
    """What became of an upload; HEAD tells how many of its bytes are here."""
    found = find_upload(services().office, _who()[1], upload)
    if request.method != "HEAD":
        return shapes.upload(found)
    if found.state is UploadState.GONE:
        raise Gone("upload-over")
    response = _state(found, 200)
    response.headers["Upload-Length"] = str(found.size)
    return response


@blueprint.get("/surveys/<survey>/uploads")
@operation()
def own(survey: str) -> documents.OwnUploads:
    """One's own uploads, with what became of each."""
    given = services()
    found = uploads_of_sender(given.office, visitors.actor(), survey)
    return {"uploads": [{**shapes.upload(one.upload), "jobs": shapes.jobs(one)} for one in found]}


@blueprint.post("/surveys/<survey>/upload-token")
@operation({}, status=201)
def lent(survey: str, sent: dict[str, Any]) -> documents.UploadToken:
    """A token for a script or a foreign client that sends files in the asker's name."""
    given, actor = services(), visitors.actor()
    uploads_of_sender(given.office, actor, survey)  # judges whether he may
    until = microseconds(given.now() + timedelta(hours=given.settings.tickets.hours))
    token = tus.token(given.session_key, survey, actor, until)
    return {"url": f"{links.base()}/api/v1/uploads", "token": token, "expires_us": until}


@blueprint.patch("/uploads/<upload>")
@operation(heads=tus.GOES_ON, sends=tus.CHUNK, status=204, open=True)
@_tus
def went_on(upload: str) -> Response:
    """The next bytes of an upload, from `Upload-Offset` on."""
    given, actor = services(), _who()[1]
    found = find_upload(given.office, actor, upload)
    if request.mimetype != tus.CHUNK:
        raise Invalid("media-type-unknown", field="Content-Type")
    offset = tus.number(request.headers.get("Upload-Offset"), "Upload-Offset")
    checksum = tus.Sum(header) if (header := request.headers.get("Upload-Checksum")) else None
    if found.state is UploadState.GONE:
        raise Gone("upload-over")
    if (request.content_length or 0) > found.size - offset:
        raise TooLarge("too-large", limit=found.size)
    claimed = claim_upload(given.office, actor, upload, offset, given.new_id())
    kept = _take(given, claimed, checksum)
    if kept.state is UploadState.CHECKING:
        given.jobs.check_upload(kept.id)
    return _state(kept, 204)


@blueprint.delete("/uploads/<upload>")
@operation(heads=tus.SPEAKS, status=204, open=True)
@_tus
def ended(upload: str) -> Response:
    """Give an upload up."""
    given = services()
    give_up_upload(given.office, given.uploads, _who()[1], upload)
    return Response(status=204)


def limits_of(given: Services, actor: Actor) -> Limits:
    settings = given.settings.uploads
    if actor.survey is not None:
        return Limits(settings.applicant_bytes, settings.applicant_files, frozenset(settings.applicant_kinds))
    return Limits(settings.staff_bytes, settings.staff_files, frozenset(settings.staff_kinds))


def _take(given: Services, upload: Upload, checksum: tus.Sum | None) -> Upload:
    """What the connection brings, until it ends or breaks; what is held then is noted either way."""
    writer = given.uploads.resume(upload.id, upload.token, upload.size, upload.received)
    try:
        broken = _pour(given, upload, writer, checksum)
        if checksum is not None:
            if broken is not None:
                raise broken
            checksum.judge()
        kept = note_received(given.office, upload, writer.keep(), given.now() + _lasts(given))
    finally:
        writer.close()
    if broken is not None:
        raise broken
    return kept


def _pour(given: Services, upload: Upload, writer: UploadWriter, checksum: tus.Sum | None) -> ClientDisconnected | None:
    """From the connection to the store; why it ended before its end, if it did. Bytes beyond the announced size are
    never read."""
    _be_patient(given.settings.uploads.idle_seconds)
    left = upload.size - upload.received
    noted = writer.held
    try:
        while left and (data := request.stream.read(min(PIECE, left))):
            left -= len(data)
            writer.write(data)
            if checksum is not None:
                checksum.add(data)
            elif writer.held > noted and left:
                noted = writer.held
                note_received(given.office, upload, noted, given.now() + _lasts(given))
    except (ClientDisconnected, TimeoutError, ConnectionError):
        return ClientDisconnected()
    return None


def _be_patient(seconds: float) -> None:
    """A phone that went away without a word holds a thread no longer than this; blocks are read as they come."""
    connection = request.environ.get("gunicorn.socket")
    if connection is not None:
        connection.settimeout(seconds)
    unreader = getattr(getattr(request.environ["wsgi.input"], "reader", None), "unreader", None)
    if unreader is not None and hasattr(unreader, "mxchunk"):
        unreader.mxchunk = PIECE  # gunicorn asks for 8 KiB at a time


def _who() -> tuple[str, Actor]:
    """The survey that a token is for ("" with a cookie), and who uploads."""
    given = services()
    if request.authorization is not None and request.authorization.type == "bearer":
        return tus.bearer(given.session_key, request.authorization.token or "", microseconds(given.now()))
    actor = visitors.actor()
    if actor.must_change:
        raise Forbidden("password-must-change")
    return actor.survey or "", actor


def _lasts(given: Services) -> timedelta:
    return timedelta(days=given.settings.uploads.days)


def _state(upload: Upload, status: int) -> Response:
    response = Response(status=status)
    with contextlib.suppress(KeyError):
        del response.headers["Content-Type"]
    response.headers["Upload-Offset"] = str(upload.received)
    response.headers["Cache-Control"] = "no-store"
    if upload.state is UploadState.ARRIVING:
        response.headers["Upload-Expires"] = tus.expires(upload.expires_at)
    return response
