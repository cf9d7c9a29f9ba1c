"""What the office refuses, each with a stable `code` that picks the sentence a person reads."""


class Refusal(Exception):
    """A request that cannot be granted. `code` names the reason; `facts` fill the sentence's placeholders."""

    def __init__(self, code: str, **facts: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


class Invalid(Refusal):
    """A value that does not fit: too long, unknown, out of range. `facts["field"]` names it."""


class NotFound(Refusal):
    """There is no such thing, or this person may not know that there is."""


class Unauthenticated(Refusal):
    """Nobody is signed in, or what was given does not open the door."""


class TooMany(Refusal):
    """Too many attempts: `facts["seconds"]` says how long to wait."""


class Forbidden(Refusal):
    """This person may see it but not do this."""


class Conflict(Refusal):
    """Somebody else was first, or other bytes stand under this key."""


class WrongMoment(Refusal):
    """Right in itself, but not in the state that the case or survey is in."""


class WrongDigest(Conflict):
    """Bytes whose SHA-256 is not the one under which they were to be kept."""

    def __init__(self, digest: str) -> None:
        super().__init__("digest-wrong", digest=digest)


class Unavailable(Refusal):
    """A part that is needed is away for now: the media node, the store, the job queue."""


# Every code that the office and its ports refuse with: a catalogue of sentences has one for each.
CODES = frozenset(
    [
        "annotation-cited",
        "annotation-foreign-target",
        "annotation-inconsistent",
        "annotation-moved",
        "annotation-outside",
        "annotation-shape",
        "annotation-taken",
        "annotation-unfit",
        "annotation-unknown",
        "annotation-unreadable",
        "annotation-withdrawn",
        "annotations-too-many",
        "already-signed",
        "appointment-unfit",
        "approver-unfit",
        "authority-away",
        "case-decided",
        "case-number-taken",
        "case-undecided",
        "case-unknown",
        "case-wrong-state",
        "check-unknown",
        "checklist-taken",
        "checklist-unknown",
        "citations-too-many",
        "clip-in-gap",
        "clip-no-picture",
        "clip-not-ready",
        "clip-outside",
        "clip-too-long",
        "clip-unknown",
        "clips-too-many",
        "consent-missing",
        "consent-version-unknown",
        "database-away",
        "decision-taken",
        "device-too-much",
        "device-unusable",
        "digest-wrong",
        "direction-unknown",
        "entry-not-logged",
        "evidence-newer",
        "evidence-pending",
        "evidence-taken",
        "evidence-unknown",
        "export-failed",
        "export-not-ready",
        "export-unknown",
        "field-needed",
        "field-wrong",
        "frames-pending",
        "inspectors-range",
        "item-unknown",
        "job-unknown",
        "key-other",
        "key-taken",
        "key-unreadable",
        "kind-unknown",
        "language-unknown",
        "ledger-moved",
        "link-expired",
        "link-revoked",
        "link-unknown",
        "log-empty",
        "log-moved",
        "log-pending",
        "no-node",
        "not-allowed",
        "not-asked",
        "not-canonical",
        "not-joined",
        "note-needed",
        "object-missing",
        "outcome-contradicts",
        "outcome-unknown",
        "own-account",
        "paper-closed",
        "paper-kind-unknown",
        "paper-moved",
        "paper-not-ready",
        "paper-outdated",
        "paper-unfit",
        "paper-unknown",
        "participant-unknown",
        "password-long",
        "password-moved",
        "password-must-change",
        "password-same",
        "password-short",
        "password-wrong",
        "person-unfit",
        "person-unknown",
        "place-of-another",
        "position-range",
        "reason-needed",
        "rendition-unknown",
        "replies-too-many",
        "result-unknown",
        "role-unknown",
        "seal-away",
        "seal-expired",
        "seal-revoked",
        "second-inspector-absent",
        "second-inspector-needed",
        "segment-unknown",
        "segments-pending",
        "sign-in-taken",
        "sign-in-wrong",
        "signature-needed",
        "snapshot-in-gap",
        "snapshot-not-ready",
        "snapshot-not-video",
        "snapshot-outside",
        "snapshot-unfit",
        "snapshot-unknown",
        "snapshots-pending",
        "snapshots-too-many",
        "stamp-taken",
        "state-unknown",
        "store-away",
        "survey-ended",
        "survey-moved",
        "survey-not-ended",
        "survey-not-live",
        "survey-number-taken",
        "survey-running",
        "survey-unknown",
        "survey-wrong-state",
        "text-needed",
        "text-too-long",
        "text-unusable",
        "too-many-attempts",
        "track-unknown",
        "upload-moved",
        "upload-offset",
        "upload-over",
        "upload-too-large",
        "upload-unknown",
        "uploads-too-many",
        "witness-away",
    ]
)
