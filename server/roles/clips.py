"""The job that cuts a clip, or puts all of a survey into one file: bytes of the store, joined without decoding; of a
range the pictures before its first key frame are encoded anew, and all of them where words are drawn in.
"""

import hashlib
import logging
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from inspection.model.clip import Clip, ClipKind
from inspection.model.errors import Conflict, Invalid, Refusal
from inspection.model.evidence import ReceivedTrack, RenditionState
from inspection.model.ledger import microseconds
from inspection.model.survey import Room
from inspection.services.clips import fail_clip, keep_clip, tell_clip, tracks_of
from media.files.edges import Exact, exactly
from media.files.errors import FileRefused, NothingToSee
from media.files.joined import MEDIA, Joined, Lane, Piece, chosen, join
from media.files.overlaid import Caption, overlay
from server.outbound.captions import caption_of
from server.outbound.credentials import CannotSeal
from server.roles.snapshots import load
from server.services import Services
from server.words import Catalogue

WORDS = Path(__file__).resolve().parents[2] / "web" / "translations"
log = logging.getLogger("takan.worker")
TOLD_EVERY = 16_000_000  # bytes


def cut_clip(given: Services, clip: str) -> str | None:
    """One attempt: None when it is kept or will never be, else why not yet."""
    with given.office.read() as work:
        wish = work.clips.get(clip)
        tracks = tracks_of(work, wish)
        room = work.rooms.get(wish.survey)
    if wish.state is not RenditionState.WANTED:
        return None
    try:
        _cut(given, wish, tracks, room)
    except (FileRefused, Conflict, Invalid) as error:
        log.warning("clip given up", extra={"clip": clip, "why": str(error)})
        fail_clip(given.office, clip, "clip-in-gap" if isinstance(error, FileRefused) else error.code)
    except (Refusal, OSError) as error:
        return str(error) or "away"
    return None


def _cut(given: Services, wish: Clip, tracks: list[tuple[ReceivedTrack, str]], room: Room | None) -> None:
    tracks = [one for one in tracks if one[0].codec.upper() in MEDIA]
    with tempfile.TemporaryDirectory(prefix="takan-clip-") as folder:
        path = Path(folder) / "clip.mp4"
        facts = _joined(given, wish, tracks, room, path)
        if wish.overlay:
            path, facts = drawn_into(given, wish, path, facts, tracks, room)
        path = sealed(given, wish, path, facts)
        size = path.stat().st_size
        with path.open("rb") as done:
            digest = hashlib.file_digest(done, "sha256").hexdigest()
            done.seek(0)
            keep_clip(given.office, given.objects, given.signer, wish.id, digest, done, size, facts, given.now())
    log.info("clip cut", extra={"clip": wish.id, "bytes": size, "treatment": facts["treatment"]})


def _joined(
    given: Services, wish: Clip, tracks: list[tuple[ReceivedTrack, str]], room: Room | None, path: Path
) -> dict[str, Any]:
    """The range as a file, and what it is."""
    lanes = [lane_of(track) for track, _ in tracks]
    sizes = {one.digest: one.bytes for track, _ in tracks for one in track.segments}
    total = sum(sizes[one.digest] for lane in lanes for one in chosen(lane, wish.start, wish.end))

    def stored(digest: str) -> bytes:
        return load(given, room, wish.survey, digest)

    exact = exact_of(wish, lanes, [track.codec for track, _ in tracks], stored)
    with path.open("wb") as file:
        out = _Out(given, wish.id, total, file)
        if exact is None:
            return facts_of(join(lanes, stored, wish.start, wish.end, out.write), tracks)
        made = join(exact.lanes, exact.load(stored), wish.start, wish.end, out.write)
    made = replace(made, used=tuple(exact.sources(one) for one in made.used))
    return facts_of(made, tracks, "edges" if exact.encoded else "copied")


def exact_of(wish: Clip, lanes: list[Lane], codecs: list[str], stored: Callable[[str], bytes]) -> Exact | None:
    """None where it is to be copied, or can be no other way: then it begins at the key frame before."""
    if wish.kind is ClipKind.WHOLE or not wish.exact or wish.overlay:
        return None
    try:
        return exactly(lanes, codecs, stored, wish.start, wish.end)
    except FileRefused as error:
        log.warning("clip from its key frame on", extra={"clip": wish.id, "why": str(error)})
        return None


def drawn_into(
    given: Services,
    wish: Clip,
    path: Path,
    facts: dict[str, Any],
    tracks: list[tuple[ReceivedTrack, str]],
    room: Room | None,
) -> tuple[Path, dict[str, Any]]:
    """The file with time, place and source in its pictures, and what it is then. Raises a `FileRefused`."""
    filmed = [(track, parent) for track, parent in tracks if track.kind == "video"]
    if not filmed or room is None:
        raise NothingToSee("no picture to draw into")
    track, parent = filmed[0]
    with given.office.read() as work:
        case, survey = work.cases.get(wish.case), work.surveys.get(wish.survey)
    begin, start, end = facts["start_us"], max(wish.start, facts["start_us"]), min(wish.end, facts["end_us"])
    office = given.settings.office
    say = Catalogue.read(WORDS).say(office.language)
    began = microseconds(room.epoch) + begin
    caption = Caption(**caption_of(case, survey.number, parent, began, begin, office.zone, say))
    size = max(one.width for one in track.inits), max(one.height for one in track.inits)
    target = path.with_name("drawn.mp4")
    overlay(path, target, caption, size, start - begin, end - start)
    return target, facts | {"end_us": end, "start_us": start, "treatment": "overlaid"}


def sealed(given: Services, wish: Clip, path: Path, facts: dict[str, Any]) -> Path:
    """The file with its credentials, where this instance can write any."""
    if given.credentials is None:
        return path
    target = path.with_name("sealed.mp4")
    told = {"clip": wish.id, "kind": wish.kind.value, "survey": wish.survey, **facts}
    try:
        given.credentials.seal(path, target, f"{wish.kind.value} {wish.id}", told, given.now())
    except CannotSeal as error:
        log.error("clip without credentials", extra={"clip": wish.id, "why": str(error)})
        return path
    return target


def lane_of(track: ReceivedTrack) -> Lane:
    pieces = [Piece(one.digest, one.init, one.start, one.duration, one.key_frame) for one in track.segments]
    return Lane(track.timescale, pieces)


def facts_of(made: Joined, tracks: list[tuple[ReceivedTrack, str]], treatment: str = "copied") -> dict[str, Any]:
    """Source, range as cut, parents, what was done (`Clip` tells the words): what the ledger keeps of it."""
    told = []
    for (track, parent), used in zip(tracks, made.used, strict=True):
        start, end = (at * track.timescale // 1_000_000 for at in (made.begin_us, made.end_us))
        gaps = [
            {"end": gap.end, "reason": gap.reason, "start": gap.start}
            for gap in track.all_gaps()
            if gap.start < end and gap.end > start
        ]
        told.append(
            {
                "codec": track.codec,
                "gaps": gaps,
                "parent": parent,
                "segments": list(used),
                "timescale": track.timescale,
                "track": track.id,
            }
        )
    return {"end_us": made.end_us, "start_us": made.begin_us, "tracks": told, "treatment": treatment}


class _Out:
    """Writes, and tells progress now and then."""

    def __init__(self, given: Services, clip: str, total: int, file: BinaryIO) -> None:
        self._given, self._clip, self._total, self._file = given, clip, total, file
        self._done = self._told = 0

    def write(self, data: bytes | memoryview) -> None:
        self._file.write(data)
        self._done += len(data)
        if self._done - self._told >= TOLD_EVERY:
            self._told = self._done
            tell_clip(self._given.office, self._clip, min(self._done, self._total), self._total)
