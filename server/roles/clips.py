"""The job that cuts a clip, or puts all of a survey into one file: bytes of the store, joined without decoding."""

import hashlib
import logging
import tempfile
from pathlib import Path
from typing import Any, BinaryIO

from inspection.model.clip import Clip
from inspection.model.errors import Conflict, Invalid, Refusal
from inspection.model.evidence import ReceivedTrack, RenditionState
from inspection.model.survey import Room
from inspection.services.clips import fail_clip, keep_clip, tell_clip, tracks_of
from media.files.errors import FileRefused
from media.files.joined import MEDIA, Joined, Lane, Piece, chosen, join
from server.outbound.credentials import CannotSeal
from server.roles.snapshots import load
from server.services import Services

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
    lanes = [lane_of(track) for track, _ in tracks]
    sizes = {one.digest: one.bytes for track, _ in tracks for one in track.segments}
    total = sum(sizes[one.digest] for lane in lanes for one in chosen(lane, wish.start, wish.end))
    with tempfile.TemporaryDirectory(prefix="takan-clip-") as folder:
        path = Path(folder) / "clip.mp4"
        with path.open("wb") as file:
            out = _Out(given, wish.id, total, file)
            made = join(
                lanes, lambda digest: load(given, room, wish.survey, digest), wish.start, wish.end, out.write
            )  # fmt: skip
        facts = facts_of(made, tracks)
        path = sealed(given, wish, path, facts)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            size = path.stat().st_size
            keep_clip(given.office, given.objects, given.signer, wish.id, digest, file, size, facts, given.now())
    log.info("clip cut", extra={"clip": wish.id, "bytes": size})


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


def facts_of(made: Joined, tracks: list[tuple[ReceivedTrack, str]]) -> dict[str, Any]:
    """Source, range as cut, parents: what the ledger keeps of it."""
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
    return {"end_us": made.end_us, "start_us": made.begin_us, "tracks": told}


class _Out:
    """Writes, and tells progress now and then."""

    def __init__(self, given: Services, clip: str, total: int, file: BinaryIO) -> None:
        self._given, self._clip, self._total, self._file = given, clip, total, file
        self._done = self._told = 0

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self._done += len(data)
        if self._done - self._told >= TOLD_EVERY:
            self._told = self._done
            tell_clip(self._given.office, self._clip, min(self._done, self._total), self._total)
