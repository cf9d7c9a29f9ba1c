"""Pictures cut from a recording: asked for by the inspector, cut by the worker, derived and never evidence itself."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from io import BytesIO

from inspection.model.documents import snapshot_document
from inspection.model.errors import Conflict, Forbidden, Invalid, NotFound, WrongMoment
from inspection.model.event import Event
from inspection.model.evidence import ReceivedTrack, RenditionState, Snapshot
from inspection.model.ledger import microseconds
from inspection.model.people import SYSTEM, Actor
from inspection.model.survey import SurveyState
from inspection.ports import NewId, ObjectStore, Office, Signer
from inspection.services.access import Doing, case_of, on_survey
from inspection.services.custody import enter

UNWRITTEN = timedelta(seconds=20)  # a segment may be this late in the index while its survey runs
AHEAD = timedelta(seconds=2)  # a page's idea of now may run before ours
MOST = 500  # of one survey
LARGEST = 20_000_000  # bytes of one picture


def want_snapshot(
    office: Office,
    actor: Actor,
    survey: str,
    track: str,
    time: int,
    check: str | None,
    now: datetime,
    new_id: NewId,
) -> Snapshot:
    """A wish for the picture at `time` (ticks of `track` from the epoch); starting the job is the caller's part.

    While the survey runs the segment of the last seconds may not be written down yet: that is taken, and fails later
    if nothing came. Raises `Invalid("snapshot-outside" | "snapshot-in-gap" | "snapshot-not-video" | "check-unknown")`,
    `NotFound("track-unknown")`.
    """
    with office.write(case_of(office, survey)) as work:
        place = on_survey(work, actor, survey, Doing.SNAPSHOT)
        found = place.survey
        if found.state not in (SurveyState.LIVE, SurveyState.CONCLUDED):
            raise WrongMoment("survey-not-live")
        received = _track(work.receptions.tracks(survey), track)
        if actor.survey is not None and (place.mine is None or received.participant != place.mine.id):
            raise Forbidden("place-of-another")
        if received.kind != "video":
            raise Invalid("snapshot-not-video", field="track")
        if check is not None and work.items.checklist(found.checklist, found.checklist_version).check(check) is None:
            raise Invalid("check-unknown", field="check")
        _require_recorded(received, time, now if found.state is SurveyState.LIVE else None)
        if len(work.snapshots.of_survey(survey)) >= MOST:
            raise Conflict("snapshots-too-many", limit=MOST)
        by = actor.id if place.mine is None else place.mine.id
        snapshot = Snapshot(new_id(), survey, track, time, RenditionState.WANTED, by, now, check)
        work.snapshots.add(snapshot)
    return snapshot


def keep_snapshot(
    office: Office,
    store: ObjectStore,
    signer: Signer,
    snapshot: str,
    data: bytes,
    width: int,
    height: int,
    presented: int,
    parent: str,
    now: datetime,
) -> Snapshot:
    """The worker cut it from the segment `parent`: `presented` is the shown frame's time. Again is harmless.

    Raises `Invalid("snapshot-unfit")` for a picture that is none or a parent of another track.
    """
    if not (0 < len(data) <= LARGEST and width > 0 and height > 0):
        raise Invalid("snapshot-unfit", field="data")
    with office.read() as work:
        found = work.snapshots.get(snapshot)
        track = work.receptions.track(found.track)
    if found.state is RenditionState.READY:
        return found
    if parent not in {segment.digest for segment in track.segments}:
        raise Invalid("snapshot-unfit", field="parent")
    digest = sha256(data).hexdigest()
    store.put(digest, BytesIO(data), len(data))
    with office.write() as work:
        found = work.snapshots.get(snapshot)
        if found.state is RenditionState.READY:
            return found
        kept = replace(
            found,
            state=RenditionState.READY,
            presented=presented,
            sha256=digest,
            bytes=len(data),
            width=width,
            height=height,
            parent=parent,
            reason=None,
        )
        work.snapshots.put(kept)
        case = work.surveys.get(kept.survey).case
        enter(work, signer, case, Event.SNAPSHOT_DERIVED, SYSTEM, now, snapshot_document(kept), digest)
    return kept


def fail_snapshot(office: Office, snapshot: str, reason: str) -> Snapshot:
    """It cannot be cut: `reason` is a code, as in `snapshot-in-gap`. One that is ready stays."""
    with office.write() as work:
        found = work.snapshots.get(snapshot)
        if found.state is RenditionState.WANTED:
            found = replace(found, state=RenditionState.FAILED, reason=reason)
            work.snapshots.put(found)
    return found


def _track(tracks: Sequence[ReceivedTrack], id: str) -> ReceivedTrack:
    for track in tracks:
        if track.id == id:
            return track
    raise NotFound("track-unknown")


def _require_recorded(track: ReceivedTrack, time: int, now: datetime | None) -> None:
    """`now` while the survey runs: then the last seconds may still be on their way to the index."""
    if track.covering(time) is not None:
        return
    for gap in track.all_gaps():
        if gap.start <= time < gap.end:
            raise Invalid("snapshot-in-gap", field="time")
    if now is not None and time >= track.end:
        clock = (microseconds(now) - microseconds(track.epoch)) * track.timescale // 1_000_000
        late = track.timescale * UNWRITTEN.seconds
        since = max(track.end, clock - late) if not track.segments else track.end
        if since <= time <= min(clock + track.timescale * AHEAD.seconds, since + late):
            return
    raise Invalid("snapshot-outside", field="time")
