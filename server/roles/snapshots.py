"""The job that cuts a snapshot out of recorded bytes: from the store or, while they wait there, from the node."""

import logging
import tempfile
from datetime import timedelta
from pathlib import Path

from inspection.model.errors import NotFound, Refusal, Unavailable
from inspection.model.evidence import ReceivedTrack, RenditionState, Snapshot
from inspection.model.survey import ENDED, Room
from inspection.services.snapshots import fail_snapshot, keep_snapshot
from media.files.errors import FileRefused, InGap, OutsideRecording
from media.files.snapshot import Picture, cut, needed
from media.ports import Gap, Segment
from server.outbound.credentials import CannotSeal
from server.services import Services

log = logging.getLogger("takan.worker")
ON_ITS_WAY = timedelta(seconds=25)  # until then a running survey's last segment may still be written down
CODES = {OutsideRecording: "snapshot-outside", InGap: "snapshot-in-gap"}


def cut_snapshot(given: Services, snapshot: str) -> str | None:
    """One attempt: None when the picture is kept or will never be, else why it cannot be cut yet."""
    with given.office.read() as work:
        wish = work.snapshots.get(snapshot)
        track = work.receptions.track(wish.track)
        room = work.rooms.get(wish.survey)
        ended = work.surveys.get(wish.survey).state in ENDED
    if wish.state is not RenditionState.WANTED:
        return None
    try:
        _cut(given, wish, track, room)
    except FileRefused as error:
        code = CODES.get(type(error), "snapshot-unreadable")
        late = given.now() - wish.created_at > ON_ITS_WAY
        if code == "snapshot-outside" and not late and not (ended and room is not None and room.closed):
            return code
        log.warning("snapshot given up", extra={"survey": wish.survey, "snapshot": snapshot, "why": str(error)})
        fail_snapshot(given.office, snapshot, code)
    except (Refusal, OSError) as error:
        return str(error) or "away"
    return None


def _cut(given: Services, wish: Snapshot, track: ReceivedTrack, room: Room | None) -> None:
    chosen = needed(_segments(track), [Gap(track.id, gap.start, gap.end, gap.reason) for gap in track.gaps], wish.time)
    parent = chosen[-1]
    init = load(given, room, wish.survey, parent.init)
    picture = cut(
        init, [load(given, room, wish.survey, one.digest) for one in chosen if one.init == parent.init], wish.time
    )
    keep_snapshot(
        given.office,
        given.objects,
        given.signer,
        wish.id,
        _sealed(given, wish, picture, parent.digest),
        picture.width,
        picture.height,
        picture.time,
        parent.digest,
        given.now(),
    )
    log.info("snapshot cut", extra={"survey": wish.survey, "snapshot": wish.id})


def _sealed(given: Services, wish: Snapshot, picture: Picture, parent: str) -> bytes:
    """The picture with its credentials, where this instance can write any."""
    if given.credentials is None:
        return picture.jpeg
    facts = {
        "parent": parent, "presented": picture.time, "snapshot": wish.id, "survey": wish.survey, "track": wish.track
    }  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="takan-snapshot-") as folder:
        source, target = Path(folder) / "plain.jpg", Path(folder) / "sealed.jpg"
        source.write_bytes(picture.jpeg)
        try:
            given.credentials.seal(source, target, f"snapshot {wish.id}", facts, given.now())
        except CannotSeal as error:
            log.error("snapshot without credentials", extra={"snapshot": wish.id, "why": str(error)})
            return picture.jpeg
        return target.read_bytes()


def load(given: Services, room: Room | None, survey: str, digest: str) -> bytes:
    """The bytes of a segment or init segment. Raises `Unavailable` while they can be had nowhere."""
    try:
        with given.objects.open(digest) as source:
            return source.read()
    except NotFound:
        data = given.nodes.spooled(room.node, survey, digest) if room is not None else None
    if data is None:
        raise Unavailable("segment-pending")
    return data


def _segments(track: ReceivedTrack) -> list[Segment]:
    return [
        Segment(track.id, one.init, one.digest, one.bytes, one.start, one.duration, one.key_frame)
        for one in track.segments
    ]
