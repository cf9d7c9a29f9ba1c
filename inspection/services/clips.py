"""Ranges of recordings in files of their own: asked for, cut by the worker, derived and never evidence themselves."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, BinaryIO

from inspection.model.clip import Clip, ClipKind
from inspection.model.documents import clip_document
from inspection.model.errors import Conflict, Invalid, NotFound, WrongMoment
from inspection.model.event import Event
from inspection.model.evidence import Evidence, ReceivedTrack, RenditionState
from inspection.model.people import SYSTEM, Actor
from inspection.model.text import known
from inspection.ports import NewId, ObjectStore, Office, Signer, Work
from inspection.services.access import Doing, on_case
from inspection.services.custody import enter
from inspection.services.guard import guarded, recently

SECOND = 1_000_000
LONGEST = 3600 * SECOND  # of one clip; all of a survey has no such limit
MOST = 200  # of one survey


def want_clip(
    office: Office,
    signer: Signer,
    actor: Actor,
    case: str,
    evidence: str,
    start_us: int,
    end_us: int,
    now: datetime,
    new_id: NewId,
    exact: bool = True,
    overlay: bool = False,
) -> Clip:
    """A wish for a range of one recording, with the picture and sound of the same participant; starting the job is
    the caller's part. Moments are microseconds from the survey's epoch: the time code of its record. `exact` and
    `overlay` as `Clip` tells.

    Raises `Invalid("clip-outside" | "clip-in-gap" | "clip-too-long" | "clip-no-picture")`,
    `NotFound("evidence-unknown")`.
    """
    with guarded(office, signer, actor, now, case=case), office.write(case) as work:
        on_case(work, actor, case, Doing.CLIP)
        found = _recording(work, case, evidence)
        if not 0 <= start_us < end_us:
            raise Invalid("clip-outside", field="to")
        if end_us - start_us > LONGEST:
            raise Invalid("clip-too-long", field="to", limit=LONGEST // SECOND)
        track = work.receptions.track(found.track or "")
        _require_recorded(track, start_us, end_us)
        if overlay and not _is_filmed(work, track):
            raise Invalid("clip-no-picture", field="overlay")
        return _add(work, found, start_us, end_us, actor, now, new_id, exact, overlay)


def want_whole(
    office: Office, signer: Signer, actor: Actor, case: str, survey: str, now: datetime, new_id: NewId
) -> Clip:
    """A wish for all of a survey in one file. One that is there or under way is given again."""
    with guarded(office, signer, actor, now, case=case), office.write(case) as work:
        on_case(work, actor, case, Doing.CLIP)
        found = work.surveys.get(known(survey, "survey-unknown"))
        if found.case != case:
            raise NotFound("survey-unknown")
        if not found.admitted:
            raise WrongMoment("evidence-pending")
        for other in work.clips.of_survey(survey):
            if other.kind is ClipKind.WHOLE and other.state is not RenditionState.FAILED:
                return other
        tracks = [track for track in work.receptions.tracks(survey) if track.segments]
        if not tracks:
            raise Invalid("clip-outside", field="survey")
        start = min(track.start * SECOND // track.timescale for track in tracks)
        end = max(-(-track.end * SECOND // track.timescale) for track in tracks)
        clip = Clip(
            new_id(), case, survey, ClipKind.WHOLE, None, start, end, RenditionState.WANTED, actor.id, now
        )  # fmt: skip
        work.clips.add(clip)
    return clip


def tracks_of(work: Work, clip: Clip) -> list[tuple[ReceivedTrack, str]]:
    """The tracks that go into it, pictures first, each with the digest of its recording's list."""
    parents = {one.track: one.sha256 for one in work.evidence.of_survey(clip.survey)}
    tracks = [one for one in work.receptions.tracks(clip.survey) if one.id in parents]
    if clip.evidence is not None:
        mine = work.receptions.track(work.evidence.get(clip.evidence).track or "")
        tracks = [one for one in tracks if one.participant == mine.participant]
    return [(one, parents[one.id]) for one in sorted(tracks, key=lambda one: (one.kind != "video", one.id))]


def keep_clip(
    office: Office,
    store: ObjectStore,
    signer: Signer,
    clip: str,
    digest: str,
    source: BinaryIO,
    size: int,
    facts: dict[str, Any],
    now: datetime,
) -> Clip:
    """The worker has cut it; `facts` as `Clip` tells. Again is harmless."""
    store.put(digest, source, size)
    with office.write() as work:
        found = work.clips.get(clip)
        if found.state is RenditionState.READY:
            return found
        kept = replace(
            found, state=RenditionState.READY, sha256=digest, bytes=size, facts=facts, done=size, total=size,
            reason=None,
        )  # fmt: skip
        work.clips.put(kept)
        enter(work, signer, kept.case, Event.CLIP_DERIVED, SYSTEM, now, clip_document(kept), digest)
    return kept


def fail_clip(office: Office, clip: str, reason: str) -> Clip:
    """It cannot be cut: `reason` is a code."""
    with office.write() as work:
        found = work.clips.get(clip)
        if found.state is RenditionState.WANTED:
            found = replace(found, state=RenditionState.FAILED, reason=reason)
            work.clips.put(found)
    return found


def tell_clip(office: Office, clip: str, done: int, total: int) -> None:
    """Write down how many bytes are done, at the caller's own pace."""
    with office.write() as work:
        found = work.clips.get(clip)
        if found.state is RenditionState.WANTED:
            work.clips.put(replace(found, done=done, total=total))


def list_clips(office: Office, actor: Actor, case: str) -> Sequence[Clip]:
    """Of all surveys of a case, newest first."""
    with office.read() as work:
        on_case(work, actor, case, Doing.CLIP)
        return [clip for survey in work.surveys.of_case(case) for clip in work.clips.of_survey(survey.id)]


def read_clip(office: Office, signer: Signer, actor: Actor, clip: str, now: datetime) -> Clip:
    """Raises `NotFound("clip-unknown")`, telling the ledger of one who was turned away."""
    with office.read() as work:
        found = work.clips.get(known(clip, "clip-unknown"))
    with guarded(office, signer, actor, now, case=found.case), office.read() as work:
        on_case(work, actor, found.case, Doing.CLIP)
    return found


def fetch_clip(office: Office, signer: Signer, actor: Actor, clip: str, now: datetime) -> Clip:
    """One that is ready: who took it stands in the ledger, once a sitting."""
    found = read_clip(office, signer, actor, clip, now)
    if found.state is not RenditionState.READY:
        raise NotFound("clip-not-ready")
    with office.read() as work:
        told = recently(work, found.case, Event.CLIP_FETCHED, actor, found.id, now)
    if not told:
        with office.write(found.case) as work:
            if not recently(work, found.case, Event.CLIP_FETCHED, actor, found.id, now):
                enter(work, signer, found.case, Event.CLIP_FETCHED, actor, now, {"subject": found.id}, found.sha256)
    return found


def _recording(work: Work, case: str, evidence: str) -> Evidence:
    found = work.evidence.get(known(evidence, "evidence-unknown"))
    if found.case != case:
        raise NotFound("evidence-unknown")
    if found.track is None:
        raise Invalid("clip-outside", field="evidence")  # only what was recorded here has a clock of the survey
    return found


def _require_recorded(track: ReceivedTrack, start_us: int, end_us: int) -> None:
    start, end = start_us * track.timescale // SECOND, end_us * track.timescale // SECOND
    if start >= track.end or end <= track.start:
        raise Invalid("clip-outside", field="from")
    if not any(one.start < end and one.end > start for one in track.segments):
        raise Invalid("clip-in-gap", field="from")


def _is_filmed(work: Work, track: ReceivedTrack) -> bool:
    """The same participant has pictures."""
    mine = (one for one in work.receptions.tracks(track.survey) if one.participant == track.participant)
    return any(one.kind == "video" and one.segments for one in mine)


def _add(
    work: Work,
    evidence: Evidence,
    start: int,
    end: int,
    actor: Actor,
    now: datetime,
    new_id: NewId,
    exact: bool,
    overlay: bool,
) -> Clip:
    if len(work.clips.of_survey(evidence.survey)) >= MOST:
        raise Conflict("clips-too-many", limit=MOST)
    clip = Clip(
        new_id(), evidence.case, evidence.survey, ClipKind.CLIP, evidence.id, start, end, RenditionState.WANTED,
        actor.id, now, exact=exact, overlay=overlay,
    )  # fmt: skip
    work.clips.add(clip)
    return clip
