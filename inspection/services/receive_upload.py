"""Take a file in, piece by piece, from whoever may send to a survey. Nothing here touches its bytes."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from inspection.model.errors import Conflict, Invalid, NotFound, TooMany, WrongMoment
from inspection.model.people import Actor
from inspection.model.survey import ENDED
from inspection.model.text import LINE_LENGTH, known, line
from inspection.model.upload import Limits, Upload, UploadState
from inspection.ports import NewId, Office, UploadStore, Work
from inspection.services.access import Doing, on_survey

COUNTED = frozenset({UploadState.ARRIVING, UploadState.CHECKING, UploadState.ADMITTED})
WAIT = 3600  # seconds that are told to one who has sent as many as he may


def begin_upload(
    office: Office,
    store: UploadStore,
    actor: Actor,
    survey: str,
    name: str,
    size: int,
    said: Mapping[str, str],
    limits: Limits,
    lasts: timedelta,
    now: datetime,
    new_id: NewId,
) -> Upload:
    """A place for `size` bytes; an empty file is whole at once.

    Raises `Invalid("upload-too-large")`, `TooMany("uploads-too-many")`, `WrongMoment("survey-ended")`.
    """
    name = file_name(name)
    if size > limits.size:
        raise Invalid("upload-too-large", field="size", limit=limits.size)
    id = new_id()
    with office.read() as work:
        case, _ = _place(work, actor, survey, limits)
    token = store.begin(id, size)
    with office.write(case) as work:
        _, by = _place(work, actor, survey, limits)
        state = UploadState.ARRIVING if size else UploadState.CHECKING
        upload = Upload(
            id, case, survey, by, actor.name, actor.role, name, size, dict(said), state, 0, token, "", now, now + lasts
        )  # fmt: skip
        work.uploads.add(upload)
    return upload


def file_name(name: str) -> str:
    """The last part of what a device calls its file. Raises `Invalid`."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return line(last, "filename", LINE_LENGTH)


def _place(work: Work, actor: Actor, survey: str, limits: Limits) -> tuple[str, str]:
    place = on_survey(work, actor, survey, Doing.UPLOAD)
    if place.survey.state in ENDED:
        raise WrongMoment("survey-ended")
    by = actor.id
    sent = [one for one in work.uploads.of_survey(survey) if one.by == by and one.state in COUNTED]
    if len(sent) >= limits.count:
        raise TooMany("uploads-too-many", limit=limits.count, seconds=WAIT)
    return place.case.id, by


def find_upload(office: Office, actor: Actor, id: str) -> Upload:
    """One's own. Raises `NotFound("upload-unknown")` for another's."""
    with office.read() as work:
        return _own(work, actor, id)


def _own(work: Work, actor: Actor, id: str) -> Upload:
    found = work.uploads.get(known(id, "upload-unknown"))
    try:
        on_survey(work, actor, found.survey, Doing.UPLOAD)
    except NotFound as error:
        raise NotFound("upload-unknown") from error
    if found.by != actor.id:
        raise NotFound("upload-unknown")
    return found


def claim_upload(office: Office, actor: Actor, id: str, offset: int, holder: str) -> Upload:
    """Take the pen at `offset`; whoever wrote before, on a connection that hangs, writes no more.

    Raises `Conflict("upload-offset")`, `WrongMoment("upload-over")`.
    """
    with office.write() as work:
        found = _own(work, actor, id)
        if found.state is not UploadState.ARRIVING:
            raise WrongMoment("upload-over")
        if not work.uploads.claim(id, offset, holder):
            raise Conflict("upload-offset", offset=found.received)
        return replace(found, holder=holder)


def note_received(office: Office, upload: Upload, received: int, expires_at: datetime) -> Upload:
    """What is durable by now; all of it means that it waits to be read back. Raises `Conflict("upload-moved")` when
    another connection has the pen."""
    with office.write(upload.case) as work:
        if not work.uploads.advance(upload.id, upload.holder, received, expires_at):
            raise Conflict("upload-moved")
        kept = replace(upload, received=received, expires_at=expires_at)
        if received == upload.size:
            kept = replace(kept, state=UploadState.CHECKING)
            work.uploads.put(kept)
    return kept


def give_up_upload(office: Office, store: UploadStore, actor: Actor, id: str) -> None:
    """Its sender thought better of it, before it was whole. Raises `WrongMoment("upload-over")`."""
    with office.write() as work:
        found = _own(work, actor, id)
        if not work.uploads.move(id, UploadState.ARRIVING, replace(found, state=UploadState.GONE)):
            raise WrongMoment("upload-over")
    store.drop(found.id, found.token)


def expire_uploads(office: Office, store: UploadStore, now: datetime, limit: int) -> int:
    """Forget those that nobody went on with; how many."""
    with office.read() as work:
        over = work.uploads.expired(now, limit)
    for upload in over:
        store.drop(upload.id, upload.token)
        with office.write() as work:
            work.uploads.move(upload.id, UploadState.ARRIVING, replace(upload, state=UploadState.GONE))
    return len(over)


def said_of(metadata: Mapping[str, str], most: int = 12) -> dict[str, Any]:
    """What a device says of its file, as short texts: kept, never believed."""
    kept = {}
    for name, value in list(metadata.items())[:most]:
        kept[line(name, "metadata", 40)] = line(value, "metadata", LINE_LENGTH, needed=False)
    return kept
