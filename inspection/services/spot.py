"""Where a mark lies: which picture of which original, said by digest, by the table of presented times, by page."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from inspection.model.annotation import MICRO, ORIGINAL, Instant
from inspection.model.errors import Invalid, NotFound, WrongMoment
from inspection.model.evidence import Evidence, EvidenceKind, ReceivedTrack
from inspection.model.frames import Frames, frames_from
from inspection.model.ledger import microseconds
from inspection.model.shape import Malformed
from inspection.model.survey import Survey, SurveyState
from inspection.model.text import TRACK, known
from inspection.model.upload import UNFINISHED, Rendition
from inspection.ports import ObjectStore, Office, Work
from inspection.services.read_uploads import UploadView, view_of

TABLE = "stamps.json"
TABLE_LARGEST = 64_000_000
MAKERS = ("examine", "recover", "package", "beginning", "transcode")  # the jobs that lead to the table
AHEAD = timedelta(seconds=2)  # a page's idea of now may run before ours
SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody had before him: a piece of evidence or a recorded track; the rendition's name; the presented media
    time (microseconds) or the page."""

    evidence: str | None
    track: str | None
    source: str = ORIGINAL
    time_us: int | None = None
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Spot:
    """`picture`: whether there is one to draw on."""

    evidence: str | None
    track: str | None
    parent: str
    source: str
    seen: str
    instant: Instant | None
    page: int | None
    picture: bool


@dataclass(frozen=True, slots=True)
class Film:
    """What is known of an upload: its row, the work on it, and the table of its pictures once it is there."""

    evidence: Evidence
    view: UploadView
    frames: Frames | None

    @property
    def kind(self) -> str:
        return str(self.evidence.facts.get("kind"))

    @property
    def pending(self) -> bool:
        jobs = [job for job in self.view.jobs if job.kind in MAKERS]
        return self.frames is None and (not jobs or any(job.state in UNFINISHED for job in jobs))


def film_of(office: Office, store: ObjectStore, evidence: str) -> Film:
    """Raises `NotFound("evidence-unknown")` for what is no upload, `Unavailable` while the store is away."""
    with office.read() as work:
        found = work.evidence.get(known(evidence, "evidence-unknown"))
        if found.kind is not EvidenceKind.UPLOAD:
            raise NotFound("evidence-unknown")
        view = view_of(work, found.id)
    return Film(found, view, _table(store, view.rendition(TABLE)))


def on_upload(film: Film, sight: Sight) -> Spot:
    """Raises `Invalid("annotation-outside" | "field-needed")`, `WrongMoment("frames-pending")`,
    `NotFound("rendition-unknown")`."""
    found = film.evidence
    seen = _seen(film, sight.source)
    instant = page = None
    if film.kind in ("video", "audio"):
        instant = _instant(film, sight.time_us)
    elif film.kind == "document":
        page = _page(film, sight.page)
    elif film.kind != "photo":
        raise Invalid("annotation-outside", field="evidence")
    return Spot(found.id, None, found.sha256, sight.source, seen, instant, page, film.kind != "audio")


def on_track(work: Work, survey: Survey, sight: Sight, now: datetime) -> Spot:
    """As `on_upload`; the moment counts from the room's epoch, and the parent is the segment that holds it."""
    track = work.receptions.track(known(sight.track or "", "track-unknown", TRACK))
    if track.survey != survey.id:
        raise NotFound("track-unknown")
    if sight.source != ORIGINAL:
        raise NotFound("rendition-unknown")
    if sight.time_us is None:
        raise Invalid("field-needed", field="time_us")
    time = round(Fraction(sight.time_us * track.timescale, SECOND))
    segment = track.covering(time)
    if segment is None:
        if survey.state is SurveyState.LIVE and track.end <= time and _begun(track, time, now):
            raise WrongMoment("frames-pending")
        raise Invalid("annotation-outside", field="time_us")
    instant = Instant(time, (1, track.timescale))
    return Spot(None, track.id, segment.digest, ORIGINAL, segment.digest, instant, None, track.kind == "video")


def _begun(track: ReceivedTrack, time: int, now: datetime) -> bool:
    return time * SECOND // track.timescale <= microseconds(now + AHEAD) - microseconds(track.epoch)


def _seen(film: Film, source: str) -> str:
    if source == ORIGINAL:
        return film.evidence.sha256
    one: Rendition | None = film.view.rendition(source)
    if one is None:
        raise NotFound("rendition-unknown")
    return one.sha256


def _instant(film: Film, time_us: int | None) -> Instant:
    if time_us is None:
        raise Invalid("field-needed", field="time_us")
    if film.kind == "video" and film.pending:
        raise WrongMoment("frames-pending")
    seconds = Fraction(time_us, SECOND)
    if film.kind == "audio" or film.frames is None or not film.frames.count:
        length = next((job.result["seconds"] for job in film.view.jobs if job.result.get("seconds")), None)
        if length is not None and seconds > Fraction(length):
            raise Invalid("annotation-outside", field="time_us")
        return Instant(time_us, MICRO)
    if seconds >= film.frames.end * Fraction(*film.frames.base):
        raise Invalid("annotation-outside", field="time_us")
    shown = film.frames.at(seconds)
    return Instant(shown.start, film.frames.base, shown.index, shown.end)


def _page(film: Film, page: int | None) -> int:
    if page is None:
        raise Invalid("field-needed", field="page")
    pages = next((job.result["pages"] for job in film.view.jobs if job.result.get("pages")), None)
    if page < 1 or (pages is not None and page > pages):
        raise Invalid("annotation-outside", field="page")
    return page


def _table(store: ObjectStore, rendition: Rendition | None) -> Frames | None:
    if rendition is None or rendition.bytes > TABLE_LARGEST:
        return None
    with store.open(rendition.sha256) as source:
        data = source.read()
    try:
        return frames_from(json.loads(data))
    except (ValueError, Malformed):
        return None  # the worker's own paper, damaged: `takan fsck` tells of it
