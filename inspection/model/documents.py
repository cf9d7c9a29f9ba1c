"""The canonical documents of the nouns: what the ledger keeps of them and what a package shows.

Whole numbers only (see `ledger.canonical`): positions in units of 1e-7 degrees, lengths in millimetres, moments in
microseconds UTC.
"""

import hashlib
from datetime import datetime
from typing import Any

from inspection.model.case import Case, Site
from inspection.model.catalogue import Checklist, Item
from inspection.model.clip import Clip
from inspection.model.decision import Decision
from inspection.model.evidence import Evidence, ReceivedTrack, Snapshot
from inspection.model.finding import Finding
from inspection.model.ledger import Entry, Head, canonical, entry_document, microseconds
from inspection.model.participant import Consent, Participant, Position
from inspection.model.survey import Survey

Document = dict[str, Any]
LIST_FORMAT = "takan-recording/1"


def digest_of(document: Document) -> str:
    """SHA-256 of the canonical form, hex."""
    return hashlib.sha256(canonical(document)).hexdigest()


def e7(degrees: float | None) -> int | None:
    return None if degrees is None else round(degrees * 10_000_000)


def _us(at: datetime | None) -> int | None:
    return None if at is None else microseconds(at)


def site_document(site: Site) -> Document:
    told: Document = {
        "address": site.address,
        "latitude_e7": e7(site.latitude),
        "longitude_e7": e7(site.longitude),
    }
    if site.polygon:
        told["polygon_e7"] = [[e7(latitude), e7(longitude)] for latitude, longitude in site.polygon]
    return told


def item_document(item: Item) -> Document:
    return {
        "code": item.code,
        "department": dict(item.department),
        "id": item.id,
        "promised_days": item.promised_days,
        "statutory_days": item.statutory_days,
        "title": dict(item.title),
    }


def checklist_document(checklist: Checklist) -> Document:
    checks = [
        {"guidance": dict(check.guidance), "id": check.id, "required": check.required, "title": dict(check.title)}
        for check in checklist.checks
    ]
    return {"checks": checks, "id": checklist.id, "version": checklist.version}


def case_document(case: Case, item: Item) -> Document:
    """What does not change of a case after its intake."""
    return {
        "applicant": case.applicant,
        "created_us": microseconds(case.created_at),
        "due_on": case.due_on,
        "id": case.id,
        "inspector": case.inspector,
        "item": item_document(item),
        "number": case.number,
        "phone": case.phone,
        "site": site_document(case.site),
    }


def survey_document(survey: Survey, checklist: Checklist) -> Document:
    """What does not change of a survey after its booking; the usual one inspector goes without saying."""
    several = {"inspectors": survey.inspectors} if survey.inspectors > 1 else {}
    return several | {
        "at_us": microseconds(survey.at),
        "case": survey.case,
        "checklist": {
            "id": checklist.id,
            "sha256": digest_of(checklist_document(checklist)),
            "version": checklist.version,
        },
        "created_us": microseconds(survey.created_at),
        "id": survey.id,
        "inspector": survey.inspector,
        "kind": survey.kind.value,
        "number": survey.number,
    }


def participant_document(participant: Participant) -> Document:
    return {
        "id": participant.id,
        "name": participant.name,
        "person": participant.person,
        "role": participant.role.value,
        "survey": participant.survey,
    }


def consent_document(consent: Consent) -> Document:
    return {
        "agreed": consent.agreed,
        "at_us": microseconds(consent.at),
        "language": consent.language,
        "name": consent.name,
        "participant": consent.participant,
        "stated_by": consent.stated_by,
        "survey": consent.survey,
        "version": consent.version,
    }


def position_document(position: Position) -> Document:
    return {
        "accuracy_mm": None if position.accuracy is None else round(position.accuracy * 1000),
        "at_us": microseconds(position.at),
        "latitude_e7": e7(position.latitude),
        "longitude_e7": e7(position.longitude),
        "participant": position.participant,
        "refused": position.refused,
        "source": position.source,
        "survey": position.survey,
    }


def finding_document(finding: Finding) -> Document:
    """`annotations`, `evidence` only where it cites some: entries from before there were any tell of none."""
    cited: Document = {"annotations": list(finding.annotations)} if finding.annotations else {}
    cited |= {"evidence": list(finding.evidence)} if finding.evidence else {}
    return cited | {
        "at_us": microseconds(finding.at),
        "by": finding.by,
        "check": finding.check,
        "note": finding.note,
        "result": finding.result.value,
        "snapshots": list(finding.snapshots),
        "survey": finding.survey,
    }


def clip_document(clip: Clip) -> Document:
    """What the ledger keeps: the source, the range, the parents' digests."""
    return {
        "bytes": clip.bytes,
        "clip": clip.id,
        "end_us": clip.end,
        "evidence": clip.evidence,
        "facts": clip.facts,
        "kind": clip.kind.value,
        "sha256": clip.sha256,
        "start_us": clip.start,
        "survey": clip.survey,
        "wanted_by": clip.wanted_by,
    }


def snapshot_document(snapshot: Snapshot) -> Document:
    return {
        "bytes": snapshot.bytes,
        "check": snapshot.check,
        "created_us": microseconds(snapshot.created_at),
        "height": snapshot.height,
        "id": snapshot.id,
        "parent": snapshot.parent,
        "presented": snapshot.presented,
        "sha256": snapshot.sha256,
        "survey": snapshot.survey,
        "time": snapshot.time,
        "track": snapshot.track,
        "wanted_by": snapshot.wanted_by,
        "width": snapshot.width,
    }


def evidence_document(evidence: Evidence) -> Document:
    return {
        "bytes": evidence.bytes,
        "case": evidence.case,
        "created_us": microseconds(evidence.created_at),
        "facts": evidence.facts,
        "id": evidence.id,
        "kind": evidence.kind.value,
        "name": evidence.name,
        "sha256": evidence.sha256,
        "survey": evidence.survey,
        "track": evidence.track,
    }


def decision_document(decision: Decision) -> Document:
    return {
        "at_us": microseconds(decision.at),
        "by": decision.by,
        "case": decision.case,
        "head": decision.head,
        "outcome": decision.outcome.value,
        "reason": decision.reason,
    }


def ending_document(survey: Survey) -> Document:
    """How a survey ended: the body of its last entry, and a part of its file in a package."""
    return {
        "note": survey.note,
        "outcome": None if survey.outcome is None else survey.outcome.value,
        "survey": survey.id,
    }


def entry_line(entry: Entry) -> Document:
    """An entry with its hash: one line of a package's ledger."""
    return entry_document(entry) | {"hash": entry.hash}


def head_document(head: Head, public_key: bytes) -> Document:
    return {
        "at_us": head.at_us,
        "case": head.case,
        "count": head.count,
        "hash": head.hash,
        "key": head.key,
        "public_key": public_key.hex(),
        "signature": head.signature,
    }


def list_document(track: ReceivedTrack) -> Document:
    """A recording as evidence: the ordered list of its init segments, segments and numbered gaps.

    Times are ticks of `timescale` from `epoch_us`. Whether a segment is stored yet is no part of it: the digests are
    those of what is durable in the spool.
    """
    inits = [
        {"bytes": init.bytes, "codecs": init.codecs, "digest": init.digest, "height": init.height, "width": init.width}
        for init in track.inits
    ]
    segments = [
        {
            "bytes": segment.bytes,
            "digest": segment.digest,
            "duration": segment.duration,
            "init": segment.init,
            "key_frame": segment.key_frame,
            "start": segment.start,
        }
        for segment in track.segments
    ]
    gaps = [
        {"end": gap.end, "number": number, "reason": gap.reason, "start": gap.start}
        for number, gap in enumerate(track.all_gaps(), start=1)
    ]
    return {
        "codec": track.codec,
        "epoch_us": _us(track.epoch),
        "format": LIST_FORMAT,
        "gaps": gaps,
        "inits": inits,
        "kind": track.kind,
        "segments": segments,
        "survey": track.survey,
        "timescale": track.timescale,
        "track": track.id,
    }
