"""What was recorded, for those who judge it: a survey's timeline, its segments and its pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from inspection.model.errors import NotFound
from inspection.model.evidence import ReceivedPiece, ReceivedTrack, RenditionState, Snapshot
from inspection.model.finding import Finding
from inspection.model.participant import Participant
from inspection.model.people import Actor
from inspection.model.survey import Room, Survey
from inspection.model.text import DIGEST, known
from inspection.ports import Office, Signer
from inspection.services.access import Doing, on_survey
from inspection.services.guard import guarded, viewed


@dataclass(frozen=True, slots=True)
class Timeline:
    """All of a survey on one clock: media time counts from `room.epoch` (None: never opened, nothing recorded)."""

    survey: Survey
    room: Room | None
    tracks: Sequence[ReceivedTrack]
    participants: dict[str, Participant]
    snapshots: Sequence[Snapshot]
    findings: Sequence[Finding]


def read_timeline(office: Office, signer: Signer, actor: Actor, survey: str, now: datetime) -> Timeline:
    """The ledger tells once a sitting that he looked. Raises `NotFound` for somebody else's, telling of that too."""
    with guarded(office, signer, actor, now, survey=survey), office.read() as work:
        place = on_survey(work, actor, survey, Doing.REVIEW)
        timeline = Timeline(
            place.survey,
            work.rooms.get(survey),
            work.receptions.tracks(survey),
            {row.id: row for row in work.participants.of_survey(survey)},
            work.snapshots.of_survey(survey),
            work.findings.of_survey(survey),
        )
    viewed(office, signer, actor, place.case.id, survey, now)
    return timeline


def read_segment(
    office: Office, signer: Signer, actor: Actor, survey: str, digest: str, now: datetime
) -> tuple[ReceivedPiece, Room | None]:
    """Where the bytes of a segment or init segment are: in the store once `stored`, else on the room's node."""
    with guarded(office, signer, actor, now, survey=survey), office.read() as work:
        place = on_survey(work, actor, survey, Doing.REVIEW)
        piece = work.receptions.piece(survey, known(digest, "segment-unknown", DIGEST))
        if piece is None:
            raise NotFound("segment-unknown")
        room = work.rooms.get(survey)
    viewed(office, signer, actor, place.case.id, piece.track, now)
    return piece, room


def read_snapshot(office: Office, signer: Signer, actor: Actor, snapshot: str, now: datetime) -> Snapshot:
    """A picture that is ready: its bytes are in the store under `sha256`. Raises `NotFound("snapshot-unknown")`."""
    with office.read() as work:
        found = work.snapshots.get(known(snapshot, "snapshot-unknown"))
    with guarded(office, signer, actor, now, survey=found.survey), office.read() as work:
        try:
            place = on_survey(work, actor, found.survey, Doing.REVIEW)
        except NotFound as error:
            raise NotFound("snapshot-unknown") from error
    if found.state is not RenditionState.READY:
        raise NotFound("snapshot-not-ready")
    viewed(office, signer, actor, place.case.id, found.id, now)
    return found


def list_snapshots(office: Office, actor: Actor, survey: str) -> Sequence[Snapshot]:
    """Those of one survey, wanted and failed ones too."""
    with office.read() as work:
        on_survey(work, actor, survey, Doing.REVIEW)
        return work.snapshots.of_survey(survey)
