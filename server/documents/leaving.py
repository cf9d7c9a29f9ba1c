"""What leaves the office: clips, papers, packages."""

from typing import TypedDict

from server.documents.values import Digest, Facts, Moment


class Clip(TypedDict):
    """`from_us`, `to_us`: microseconds from the survey's epoch."""

    id: str
    case: str
    survey: str
    evidence: str | None
    kind: str
    state: str
    from_us: int
    to_us: int
    exact: bool
    overlay: bool
    facts: Facts
    sha256: Digest | None
    bytes: int
    done: int
    total: int
    reason: str | None
    created_at: Moment | None
    url: str | None


class Clips(TypedDict):
    clips: list[Clip]


class Paper(TypedDict):
    """`needed`: whose signatures it asks for; `signatures`, `refusals`: who answered, in order of time."""

    id: str
    case: str
    survey: str | None
    kind: str
    language: str
    state: str
    created_at: Moment | None
    sha256: Digest | None
    bytes: int
    needed: list[Facts]
    signatures: list[Facts]
    refusals: list[Facts]
    reason: str | None
    url: str | None


class Papers(TypedDict):
    papers: list[Paper]


class Export(TypedDict):
    id: str
    case: str
    state: str
    done: int
    total: int
    size: int
    reason: str | None
    created_at: Moment | None


class WantedExport(Export):
    url: str


class ExportState(Export):
    """`package`: where it can be fetched, once it is ready."""

    package: str | None
