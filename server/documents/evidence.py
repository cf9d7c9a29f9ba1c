"""Evidence, and uploads on their way to it."""

from typing import Literal, TypedDict

from server.documents.values import Digest, Facts, Moment


class Evidence(TypedDict):
    id: str
    survey: str
    track: str | None
    kind: str
    name: str
    sha256: Digest
    bytes: int
    facts: Facts
    created_at: Moment | None


class Job(TypedDict):
    """`done`: thousandths."""

    id: str
    kind: str
    state: str
    done: int
    reason: str | None
    attempts: int


class Upload(TypedDict):
    id: str
    survey: str
    name: str
    bytes: int
    received: int
    state: str
    kind: str | None
    format: str | None
    sha256: Digest | None
    reason: str | None
    expires_at: Moment | None


class OwnUpload(Upload):
    jobs: list[Job]


class OwnUploads(TypedDict):
    uploads: list[OwnUpload]


class UploadEvidence(TypedDict):
    """`state`: arriving, checking, working, ready or refused; `renditions`: addresses by name."""

    id: str
    survey: str
    kind: Literal["upload"]
    name: str
    sha256: Digest | None
    bytes: int
    state: str
    playable: bool
    seconds: float | None
    telemetry: Facts | None
    reason: str | None
    content: str | None
    format: str | None
    jobs: list[Job]
    renditions: dict[str, str]


class UploadEvidenceView(UploadEvidence):
    facts: Facts


class EvidenceOfCase(TypedDict):
    evidence: list[UploadEvidence]


class UploadToken(TypedDict):
    url: str
    token: str
    expires_us: int
