"""What the custody ledger tells, by name. A name once used never changes its meaning."""

from enum import StrEnum


class Event(StrEnum):
    CASE_OPENED = "case-opened"
    APPROVER_NAMED = "approver-named"
    SURVEY_BOOKED = "survey-booked"
    LINK_MADE = "link-made"
    PARTICIPANT_JOINED = "participant-joined"
    CONSENT_GIVEN = "consent-given"
    CONSENT_REFUSED = "consent-refused"
    POSITION_TOLD = "position-told"
    POSITION_REFUSED = "position-refused"
    SURVEY_OPENED = "survey-opened"
    SNAPSHOT_DERIVED = "snapshot-derived"
    FINDING_RECORDED = "finding-recorded"
    SURVEY_CONCLUDED = "survey-concluded"
    SURVEY_CANCELLED = "survey-cancelled"
    RECORDING_BEGUN = "recording-begun"
    RECORDING_ENDED = "recording-ended"
    RECORDING_ADMITTED = "recording-admitted"
    UPLOAD_ADMITTED = "upload-admitted"
    UPLOAD_REFUSED = "upload-refused"
    DECIDED = "decided"
    VIEWED = "viewed"
    ACCESS_REFUSED = "access-refused"
    EXPORT_WANTED = "export-wanted"
    EXPORTED = "exported"
    PACKAGE_FETCHED = "package-fetched"
    PAPER_MADE = "paper-made"
    PAPER_SIGNED = "paper-signed"
    PAPER_REFUSED = "paper-refused"
    PAPER_SEALED = "paper-sealed"
    PAPER_FETCHED = "paper-fetched"
    CLIP_DERIVED = "clip-derived"
    CLIP_FETCHED = "clip-fetched"
    ANNOTATION_MADE = "annotation-made"
    ANNOTATION_IMPORTED = "annotation-imported"
    ANNOTATION_REPLIED = "annotation-replied"
    ANNOTATION_CLOSED = "annotation-closed"
    ANNOTATION_REOPENED = "annotation-reopened"
    ANNOTATION_WITHDRAWN = "annotation-withdrawn"


# After one of these an approver has to look again: what he saw is no longer all there is.
MATERIAL = frozenset(
    {
        Event.SURVEY_BOOKED,
        Event.SURVEY_OPENED,
        Event.SNAPSHOT_DERIVED,
        Event.FINDING_RECORDED,
        Event.SURVEY_CONCLUDED,
        Event.SURVEY_CANCELLED,
        Event.RECORDING_ADMITTED,
        Event.UPLOAD_ADMITTED,
        Event.ANNOTATION_MADE,
        Event.ANNOTATION_IMPORTED,
        Event.ANNOTATION_REPLIED,
        Event.ANNOTATION_CLOSED,
        Event.ANNOTATION_REOPENED,
        Event.ANNOTATION_WITHDRAWN,
    }
)
