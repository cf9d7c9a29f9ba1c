"""Turn what was received into evidence: one list of digests and gaps per track, in the custody ledger."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from typing import Any

from inspection.model.documents import (
    consent_document,
    digest_of,
    evidence_document,
    list_document,
    position_document,
)
from inspection.model.errors import WrongMoment
from inspection.model.event import Event
from inspection.model.evidence import Evidence, EvidenceKind, ReceivedTrack
from inspection.model.ledger import canonical, microseconds
from inspection.model.people import SYSTEM, Actor
from inspection.model.survey import ENDED, Survey
from inspection.ports import NewId, ObjectStore, Office, Signer, Work
from inspection.services.access import case_of
from inspection.services.custody import enter
from inspection.services.note_recordings import enter_begun, unheard


def admit(
    office: Office, store: ObjectStore, signer: Signer, survey: str, now: datetime, new_id: NewId
) -> Sequence[Evidence]:
    """The survey's evidence; the same again when it was admitted before.

    The sweep calls this for an ended survey once its room is closed on its node, so that every row is there.

    Raises `WrongMoment`: `survey-not-ended`, `evidence-pending` when a node still wrote meanwhile; `Unavailable` while
    the store is away.
    """
    with office.read() as work:
        tracks = work.receptions.tracks(survey)
    kept = keep_lists(store, tracks)
    with office.write(case_of(office, survey)) as work:
        found = work.surveys.get(survey)
        if found.state not in ENDED:
            raise WrongMoment("survey-not-ended")
        if not found.admitted:
            room = work.rooms.get(survey)
            if room is not None:
                work.rooms.put(replace(room, closed=True))
            if not admit_tracks(work, signer, found, kept, SYSTEM, now, new_id).admitted:
                raise WrongMoment("evidence-pending")
        return work.evidence.of_survey(survey)


def keep_lists(store: ObjectStore, tracks: Sequence[ReceivedTrack]) -> frozenset[str]:
    """Put each track's list under its digest, before any unit of work; the digests. Again is harmless.

    Raises `Unavailable`.
    """
    kept = set()
    for track in tracks:
        if track.segments:
            data = canonical(document := list_document(track))
            kept.add(digest := digest_of(document))
            store.put(digest, BytesIO(data), len(data))
    return frozenset(kept)


def admit_tracks(
    work: Work, signer: Signer, survey: Survey, kept: frozenset[str], actor: Actor, now: datetime, new_id: NewId
) -> Survey:
    """Evidence and ledger entry for each track of an ended survey, within the caller's unit of work.

    The survey as it was, not admitted, when a list is not among those `kept`: rows came in between.
    """
    everything = work.receptions.tracks(survey.id)
    had = {evidence.track for evidence in work.evidence.of_survey(survey.id)}
    tracks = [track for track in everything if track.segments and track.id not in had]
    digests = {track.id: digest_of(list_document(track)) for track in tracks}
    if not kept.issuperset(digests.values()):
        return survey
    enter_begun(work, signer, survey, unheard(work, survey), actor, now)  # those that nobody had noticed before the end
    for track in everything:
        body = {"gaps": len(track.all_gaps()), "segments": len(track.segments), "survey": survey.id, "track": track.id}
        enter(work, signer, survey.case, Event.RECORDING_ENDED, actor, now, body)
    for track in tracks:
        digest = digests[track.id]
        row = work.participants.get(track.participant)
        facts = _facts(work, survey, track)
        evidence = Evidence(
            new_id(),
            survey.case,
            survey.id,
            EvidenceKind.RECORDING,
            f"{row.name} {track.kind}",
            digest,
            sum(segment.bytes for segment in track.segments),
            facts,
            track.id,
            now,
        )
        work.evidence.add(evidence)
        enter(work, signer, survey.case, Event.RECORDING_ADMITTED, actor, now, evidence_document(evidence), digest)
    admitted = replace(survey, admitted=True)
    work.surveys.put(admitted)
    return admitted


def _facts(work: Work, survey: Survey, track: ReceivedTrack) -> dict[str, Any]:
    """Who, with what, when, where, how: whole numbers and words only."""
    row = work.participants.get(track.participant)
    consent = work.participants.consent(row.id)
    places = [place for place in work.participants.positions(survey.id) if place.participant == row.id]
    gaps = track.all_gaps()
    return {
        "codec": track.codec,
        "codecs": [init.codecs for init in track.inits],
        "consent": None if consent is None else consent_document(consent),
        "device": dict(row.device),
        "duration": sum(segment.duration for segment in track.segments),
        "end": track.end,
        "epoch_us": microseconds(track.epoch),
        "gap_ticks": sum(gap.end - gap.start for gap in gaps),
        "gaps": len(gaps),
        "kind": track.kind,
        "position": None if not places else position_document(max(places, key=lambda place: place.at)),
        "reception": dict(track.reception),
        "segments": len(track.segments),
        "sizes": [[init.width, init.height] for init in track.inits if init.width],
        "start": track.start,
        "timescale": track.timescale,
        "who": {"name": row.name, "participant": row.id, "role": row.role.value},
    }
