"""The API's JSON documents as types: mypy holds the code to them, the OpenAPI document is made from them.

Moments are RFC 3339 in UTC; `*_us` are microseconds UTC unless said otherwise; `time`, `start`, `end` and `duration` of
media are ticks of the track's timescale from the survey's epoch. A digest is SHA-256 in hex.
"""

from typing import Annotated, Any, Literal, NotRequired, TypedDict

Moment = Annotated[str, ("format", "date-time")]  # a keyword of JSON Schema
Digest = Annotated[str, ("pattern", "^[0-9a-f]{64}$")]
Facts = dict[str, Any]  # what a file or a job told of itself


class Problem(TypedDict):
    """A refusal (RFC 9457): `code` is stable, `title` a sentence in the reader's language."""

    type: str
    status: int
    title: str
    code: str
    field: NotRequired[str | int]
    instance: NotRequired[str]


class Health(TypedDict):
    """Each part by name: "ok", "away", or what a node says of itself."""

    status: Literal["ok", "degraded"]
    parts: dict[str, str]


class Check(TypedDict):
    id: str
    number: int
    title: str
    hint: str
    required: bool


class Item(TypedDict):
    id: str
    code: str
    name: str
    department: str
    days: int
    inspectors: int
    checks: list[Check]


class Items(TypedDict):
    items: list[Item]


class Case(TypedDict):
    """`latitude`, `longitude`: WGS-84 degrees. `inspector`, `approver`: ids of people."""

    id: str
    number: str
    item: str
    applicant: str
    phone: str
    address: str
    latitude: float | None
    longitude: float | None
    state: str
    inspector: str
    approver: str
    created_at: Moment | None
    due_on: str


class CaseRow(Case):
    """`due_in`: working days left, negative when late, null once decided."""

    item_name: str
    due_in: int | None
    surveys: int
    live: bool


class Cases(TypedDict):
    cases: list[CaseRow]
    total: int


class Survey(TypedDict):
    id: str
    number: str
    case: str
    kind: str
    state: str
    at: Moment | None
    opened_at: Moment | None
    ended_at: Moment | None
    outcome: str | None
    note: str
    focus: str | None
    admitted: bool
    inspectors: int


class OpenedSurvey(Survey):
    node: str


class SurveyRow(Survey):
    case_number: str
    item_name: str
    applicant: str


class Surveys(TypedDict):
    surveys: list[SurveyRow]
    total: int


class Finding(TypedDict):
    check: str
    result: str
    note: str
    snapshots: list[str]
    annotations: list[str]
    by: str
    at_us: int


class Author(TypedDict):
    """Whoever made, answered or changed a mark; another office's, as it was stated."""

    id: str
    name: str
    role: str


class MarkSource(TypedDict):
    """What was on the screen: the original, or a rendition by its name."""

    name: str
    sha256: Digest


class MarkReply(TypedDict):
    id: str
    text: str
    by: Author
    at_us: int


class TakenIn(TypedDict):
    by: Author
    at_us: int


class Annotation(TypedDict):
    """A mark on one picture. `points`: millionths of the shown picture's width and height. `time`, `until_us`: when it
    begins to be shown (ticks of `base`) and ends; `seek_us`: where a player shows just it, on the original and on every
    rendition; of a recording they count from the survey's epoch."""

    id: str
    number: int
    case: str
    survey: str
    evidence: str | None
    track: str | None
    parent: Digest
    source: MarkSource
    time: int | None
    base: list[int] | None
    frame: int | None
    time_us: int | None
    until_us: int | None
    seek_us: int | None
    page: int | None
    shape: Literal["box", "arrow", "freehand", "text"]
    points: list[list[int]]
    label: str
    text: str
    by: Author
    at_us: int
    state: Literal["open", "closed", "withdrawn"]
    state_by: Author | None
    state_at_us: int | None
    replies: list[MarkReply]
    revision: int
    digest: Digest
    imported: TakenIn | None
    mine: bool
    may: list[str]
    cited: list[str]


class Annotations(TypedDict):
    """`revision`: ask for what comes after it."""

    revision: int
    annotations: list[Annotation]


class NotTaken(TypedDict):
    """One that was not taken in: why, by code."""

    id: str
    code: str
    field: str


class TakenAnnotations(TypedDict):
    """How many annotations and answers were new, and how many were there already."""

    taken: int
    known: int
    refused: list[NotTaken]


class TimelineFinding(Finding):
    title: str
    who: str


class Snapshot(TypedDict):
    id: str
    track: str
    time: int
    state: str
    check: str | None
    who: str
    width: int | None
    height: int | None
    sha256: Digest | None
    reason: str | None
    url: str | None


class Snapshots(TypedDict):
    snapshots: list[Snapshot]


class SurveyOfCase(Survey):
    inspector_name: str
    checks: list[Check]
    findings: list[Finding]
    snapshots: list[Snapshot]


class SurveyView(Survey):
    """`me`: the reader's own place as participant; `consents`: by participant; `may`: what the reader may do."""

    case_number: str
    item_name: str
    address: str
    inspector_name: str
    checks: list[Check]
    me: str | None
    epoch_us: int | None
    findings: list[Finding]
    snapshots: list[Snapshot]
    consents: dict[str, bool]
    may: list[str]


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


class Decision(TypedDict):
    """`head`: the ledger's last hash that the decision stands on."""

    outcome: str
    reason: str
    by: str
    at: Moment | None
    head: Digest


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


class LedgerState(TypedDict):
    count: int
    head: Digest | None


class CaseView(Case):
    item_name: str
    inspector_name: str
    approver_name: str
    due_in: int | None
    surveys: list[SurveyOfCase]
    evidence: list[Evidence]
    decision: Decision | None
    exports: list[Export]
    ledger: LedgerState
    may: list[str]


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


class Name(TypedDict):
    id: str
    name: str


class Person(Name):
    sign_in: str
    role: str
    active: bool
    must_change: bool


class NewPerson(Person):
    """`one_time_password` is told this once."""

    one_time_password: str


class People(TypedDict):
    people: list[Person] | list[Name]
    total: int


class Me(Name):
    role: str
    must_change: bool
    survey: NotRequired[str | None]


class SignedIn(TypedDict):
    me: Me | None


class Session(SignedIn):
    """`csrf`: what every write must carry as `X-CSRF-Token`."""

    csrf: str


class Link(TypedDict):
    url: str
    expires_at: Moment | None


class Joined(TypedDict):
    participant: str


class Invited(Joined):
    name: str


class Focus(TypedDict):
    focus: str | None


class Whereabouts(TypedDict, total=False):
    """Told to staff: `accuracy` and `away`, the distance from the site, in metres."""

    position: Literal["given", "refused"]
    accuracy: int | None
    away: int | None


class RoomParticipant(Whereabouts):
    """`here`: his page asked lately, or he is streaming; `bitrate` in bits a second, `loss` from 0 to 1."""

    id: str
    name: str
    role: str
    here: bool
    consented: bool
    publishing: list[str]
    viewers: int
    bitrate: int
    loss: float
    since_us: int | None
    battery: int | None


class Room(TypedDict):
    state: str
    outcome: str | None
    node: str | None
    node_here: bool
    me: str | None
    participants: list[RoomParticipant]
    focus: str | None
    clock_us: int
    recording: bool
    recorded_us: int
    began_us: int | None
    epoch_us: int | None
    open: bool


class Ticket(TypedDict):
    """`url`: where the offer goes (WHIP or WHEP), `token` its bearer; `ice_servers` as RTCPeerConnection takes them."""

    url: str
    token: str
    expires_us: int
    ice_servers: list[dict[str, str]]


class Consent(TypedDict):
    agreed: bool
    version: str
    at: Moment | None


class Position(TypedDict):
    refused: bool
    at: Moment | None


class Device(TypedDict):
    facts: dict[str, str]


class Init(TypedDict):
    """An init segment; `codecs` as in RFC 6381."""

    digest: Digest
    codecs: str
    width: int
    height: int


class Segment(TypedDict):
    digest: Digest
    init: Digest
    start: int
    duration: int
    bytes: int
    key_frame: bool
    state: Literal["stored", "pending"]


class Gap(TypedDict):
    start: int
    end: int
    reason: str


class Track(TypedDict):
    id: str
    participant: str
    name: str
    role: str
    kind: str
    codec: str
    timescale: int
    inits: list[Init]
    segments: list[Segment]
    gaps: list[Gap]
    reception: dict[str, int]


class Timeline(TypedDict):
    epoch_us: int | None
    clock_us: int
    ended: bool
    tracks: list[Track]
    snapshots: list[Snapshot]
    findings: list[TimelineFinding]


class Checkpoint(TypedDict):
    size: int
    root: Digest
    at_us: int


class WitnessState(TypedDict):
    name: str
    size: int
    at_us: int


class Stamp(TypedDict):
    size: int
    at_us: int
    until_us: int
    authority: str


class LogState(TypedDict):
    """`time`: who vouches for it; `alarm`: what a witness contradicted."""

    size: int
    waiting: bool
    checkpoint: Checkpoint | None
    witnesses: list[WitnessState]
    time: str
    time_words: str
    stamp: Stamp | None
    alarm: str | None
    witnesses_wanted: list[str]


class Consistency(TypedDict):
    """The hashes of RFC 9162 § 2.1.4."""

    old: int
    new: int
    path: list[Digest]
