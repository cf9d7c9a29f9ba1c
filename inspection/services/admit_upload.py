"""An upload becomes evidence once it was read back whole; or it is kept out, with a reason."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from inspection.model.documents import consent_document, evidence_document, position_document
from inspection.model.event import Event
from inspection.model.evidence import Evidence, EvidenceKind
from inspection.model.ledger import microseconds
from inspection.model.people import SYSTEM
from inspection.model.upload import Upload, UploadState
from inspection.ports import Office, Signer, UploadStore, Work
from inspection.services.custody import enter


def admit_upload(
    office: Office, signer: Signer, id: str, sha256: str, kind: str, format: str, now: datetime
) -> Evidence:
    """Evidence, ledger entry and signed head in one transaction. Again: the same evidence."""
    with office.write() as work:
        found = work.uploads.get(id)
        if found.state is UploadState.ADMITTED:
            return work.evidence.get(id)
        kept = replace(found, state=UploadState.ADMITTED, sha256=sha256, kind=kind, format=format)
        work.uploads.put(kept)
        facts = _facts(work, kept, now)
        evidence = Evidence(
            id, kept.case, kept.survey, EvidenceKind.UPLOAD, kept.name, sha256, kept.size, facts, None, now
        )
        work.evidence.add(evidence)
        enter(work, signer, kept.case, Event.UPLOAD_ADMITTED, kept.sender, now, evidence_document(evidence), sha256)
    return evidence


def refuse_upload(
    office: Office, store: UploadStore, signer: Signer, id: str, reason: str, sha256: str | None, now: datetime
) -> None:
    """It is no evidence: `reason` is a code. Its bytes are let go; that it came stays in the ledger."""
    with office.read() as work:
        found = work.uploads.get(id)
    if found.state is not UploadState.CHECKING:
        return
    store.drop(found.id, found.token)
    with office.write() as work:
        refused = replace(found, state=UploadState.REFUSED, reason=reason, sha256=sha256)
        if work.uploads.move(id, UploadState.CHECKING, refused):
            body = {"name": found.name, "reason": reason, "size": found.size, "survey": found.survey, "upload": id}
            enter(work, signer, found.case, Event.UPLOAD_REFUSED, SYSTEM, now, body, sha256)


def _facts(work: Work, upload: Upload, now: datetime) -> dict[str, Any]:
    """Who, with what, when, where, how: whole numbers and words only."""
    facts: dict[str, Any] = {
        "began_us": microseconds(upload.created_at),
        "format": upload.format,
        "kind": upload.kind,
        "received_us": microseconds(now),
        "said": dict(upload.said),
        "who": {"name": upload.by_name, "participant": upload.by, "role": upload.by_role.value},
    }
    row = next((one for one in work.participants.of_survey(upload.survey) if upload.by in (one.id, one.person)), None)
    if row is not None:
        consent = work.participants.consent(row.id)
        places = [place for place in work.participants.positions(upload.survey) if place.participant == row.id]
        facts["consent"] = None if consent is None else consent_document(consent)
        facts["device"] = dict(row.device)
        facts["position"] = position_document(max(places, key=lambda place: place.at)) if places else None
    return facts
