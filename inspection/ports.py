"""What the office needs from outside. Every shelf belongs to one unit of work and speaks in values."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, BinaryIO, Protocol, TypeVar

from inspection.model.case import Case, CaseState
from inspection.model.catalogue import Checklist, Item
from inspection.model.clip import Clip
from inspection.model.decision import Decision, Export, ExportFile
from inspection.model.evidence import Evidence, ReceivedPiece, ReceivedTrack, Snapshot
from inspection.model.finding import Finding
from inspection.model.key_history import KeyStatement
from inspection.model.ledger import Entry, Head
from inspection.model.log import Cosignature, Leaf, Published, Reply, Stamp, StampFacts
from inspection.model.merkle import Place
from inspection.model.package import FileFacts, Keeping, Lock
from inspection.model.paper import Paper, Seal
from inspection.model.participant import Consent, Participant, Position
from inspection.model.people import Link, Person, Role, SignedIn
from inspection.model.survey import Room, Survey
from inspection.model.tlog import Checkpoint, VerifierKey
from inspection.model.upload import Job, Rendition, Upload, UploadState

Task = TypeVar("Task")
Done = TypeVar("Done")
NewId = Callable[[], str]  # an id that nobody has had: 1 to 32 of `[0-9a-z]`


class People(Protocol):
    """`get` raises `NotFound`; `add` raises `Conflict("sign-in-taken")`."""

    def get(self, id: str) -> Person: ...
    def by_sign_in(self, sign_in: str) -> Person | None: ...
    def add(self, person: Person) -> None: ...
    def put(self, person: Person) -> None: ...
    def list(self, role: Role | None, offset: int, limit: int) -> Sequence[Person]: ...
    def count(self, role: Role | None = None) -> int: ...


class SignIns(Protocol):
    """Browsers that are signed in, and failed attempts for the rate limit."""

    def add(self, signed_in: SignedIn) -> None: ...
    def get(self, id: str) -> SignedIn | None: ...
    def touch(self, id: str, seen_at: datetime) -> None: ...
    def remove(self, id: str) -> None: ...
    def remove_person(self, person: str) -> None: ...
    def remove_participant(self, participant: str) -> None: ...
    def remove_expired(self, now: datetime) -> None: ...
    def failed(self, key: str, at: datetime) -> None: ...
    def failures(self, key: str, since: datetime) -> int: ...
    def forgive(self, key: str, at: datetime) -> None:
        """Take back one attempt that was noted at that moment."""

    def clear_failures(self, key: str) -> None: ...


class Links(Protocol):
    """What lets a participant in who has no password."""

    def add(self, link: Link) -> None: ...
    def by_digest(self, digest: str) -> Link | None: ...
    def of_survey(self, survey: str) -> Sequence[Link]:
        """Newest first."""

    def revoke(self, participant: str, at: datetime) -> None:
        """All of that participant's links that still hold."""


class Items(Protocol):
    def get(self, id: str) -> Item: ...
    def list(self) -> Sequence[Item]: ...
    def put(self, item: Item) -> None: ...
    def checklist(self, id: str, version: int) -> Checklist: ...


class Cases(Protocol):
    """Newest first. `inspector` narrows to the cases that he opened or in whose surveys he leads or takes part,
    `approver` to those given to him; `text` is looked for in number, applicant and address; empty: everything.
    `next_number` counts from 1 and is unique per day."""

    def get(self, id: str) -> Case: ...
    def by_number(self, number: str) -> Case: ...
    def add(self, case: Case) -> None: ...
    def put(self, case: Case) -> None: ...
    def list(
        self,
        inspector: str | None,
        approver: str | None,
        state: CaseState | None,
        text: str,
        offset: int,
        limit: int,
    ) -> Sequence[Case]: ...
    def count(self, inspector: str | None, approver: str | None, state: CaseState | None, text: str) -> int: ...
    def next_number(self, day: str) -> int: ...


class Surveys(Protocol):
    def get(self, id: str) -> Survey: ...
    def add(self, survey: Survey) -> None: ...
    def put(self, survey: Survey) -> None: ...
    def of_case(self, case: str) -> Sequence[Survey]: ...
    def of_person(self, person: str, offset: int, limit: int) -> Sequence[Survey]:
        """Those that he leads or takes part in as staff; the latest appointment first."""

    def count_of_person(self, person: str) -> int: ...
    def move(self, id: str, before: str, after: Survey) -> bool:
        """Write `after` only where the state is still `before`: one conditional UPDATE."""

    def unadmitted(self, ended_before: datetime, limit: int) -> Sequence[Survey]:
        """Ended surveys whose recordings are not evidence yet: the sweep's work."""


class Participants(Protocol):
    def get(self, id: str) -> Participant: ...
    def add(self, participant: Participant) -> None: ...
    def put(self, participant: Participant) -> None: ...
    def of_survey(self, survey: str) -> Sequence[Participant]: ...
    def seen(self, id: str, at: datetime) -> None: ...
    def add_consent(self, consent: Consent) -> None: ...
    def consent(self, participant: str) -> Consent | None:
        """The latest answer."""

    def add_position(self, position: Position) -> None: ...
    def positions(self, survey: str) -> Sequence[Position]: ...


class Rooms(Protocol):
    def get(self, survey: str) -> Room | None: ...
    def put(self, room: Room) -> None: ...
    def open_on(self, node: str) -> Sequence[Room]: ...
    def open(self) -> Sequence[Room]: ...


class Receptions(Protocol):
    """What the media role received: read only, from here."""

    def tracks(self, survey: str) -> Sequence[ReceivedTrack]: ...
    def track(self, id: str) -> ReceivedTrack: ...
    def piece(self, survey: str, digest: str) -> ReceivedPiece | None:
        """A segment or init segment of that survey. (The same init segment may stand in several surveys.)"""

    def set_stored(self, digest: str, stored: bool) -> bool:
        """For the repair of rows that contradict the store; whether a row was changed."""


class EvidenceShelf(Protocol):
    def get(self, id: str) -> Evidence: ...
    def add(self, evidence: Evidence) -> None: ...
    def of_case(self, case: str) -> Sequence[Evidence]: ...
    def of_survey(self, survey: str) -> Sequence[Evidence]: ...


class Uploads(Protocol):
    """Files on their way in. `claim` and `advance` are conditional: only one writer counts, whoever else still runs."""

    def get(self, id: str) -> Upload: ...
    def add(self, upload: Upload) -> None: ...
    def put(self, upload: Upload) -> None: ...
    def claim(self, id: str, offset: int, holder: str) -> bool:
        """Take the pen, whoever had it; False when it is not `offset` bytes that are held of an arriving upload."""

    def advance(self, id: str, holder: str, received: int, expires_at: datetime) -> bool:
        """Note what is held; False when another has the pen."""

    def move(self, id: str, before: UploadState, after: Upload) -> bool:
        """Write `after` only where the state is still `before`."""

    def of_survey(self, survey: str) -> Sequence[Upload]: ...
    def of_case(self, case: str) -> Sequence[Upload]: ...
    def checking(self, before: datetime, limit: int) -> Sequence[Upload]:
        """All here and not judged: the sweep's work."""

    def expired(self, now: datetime, limit: int) -> Sequence[Upload]: ...


class MediaJobs(Protocol):
    """Work on evidence, and what came of it."""

    def get(self, id: str) -> Job | None: ...
    def add(self, job: Job) -> bool:
        """False when it is there already."""

    def put(self, job: Job) -> None: ...
    def of_case(self, case: str) -> Sequence[Job]: ...
    def of_evidence(self, evidence: str) -> Sequence[Job]: ...
    def unfinished(self, before: datetime, limit: int) -> Sequence[Job]: ...


class Renditions(Protocol):
    def get(self, id: str) -> Rendition:
        """Raises `NotFound("rendition-unknown")`."""

    def put(self, rendition: Rendition) -> None:
        """Instead of one of the same name of that evidence."""

    def of_evidence(self, evidence: str) -> Sequence[Rendition]: ...


class Snapshots(Protocol):
    def get(self, id: str) -> Snapshot: ...
    def add(self, snapshot: Snapshot) -> None: ...
    def put(self, snapshot: Snapshot) -> None: ...
    def of_survey(self, survey: str) -> Sequence[Snapshot]: ...
    def wanted(self, before: datetime, limit: int) -> Sequence[Snapshot]:
        """Asked for and not cut: the sweep's work."""


class Findings(Protocol):
    def put(self, finding: Finding) -> None: ...
    def of_survey(self, survey: str) -> Sequence[Finding]: ...


class Decisions(Protocol):
    def get(self, case: str) -> Decision | None: ...
    def add(self, decision: Decision) -> None:
        """Raises `Conflict("decision-taken")` when the case has one."""


class Exports(Protocol):
    def get(self, id: str) -> Export: ...
    def add(self, export: Export) -> None: ...
    def put(self, export: Export) -> None: ...
    def of_case(self, case: str) -> Sequence[Export]: ...
    def wanted(self, before: datetime, limit: int) -> Sequence[Export]: ...
    def files(self, export: str) -> Sequence[ExportFile]:
        """Those that an earlier attempt has finished."""

    def add_file(self, file: ExportFile) -> None:
        """Again, or anew with another recipe, is harmless."""


class Papers(Protocol):
    """`of_case`: newest first; `wanted`: the sweep's work."""

    def get(self, id: str) -> Paper: ...
    def add(self, paper: Paper) -> None: ...
    def put(self, paper: Paper) -> None: ...
    def of_case(self, case: str) -> Sequence[Paper]: ...
    def wanted(self, before: datetime, limit: int) -> Sequence[Paper]: ...


class Clips(Protocol):
    """`of_survey`: newest first; `wanted`: the sweep's work."""

    def get(self, id: str) -> Clip: ...
    def add(self, clip: Clip) -> None: ...
    def put(self, clip: Clip) -> None: ...
    def of_survey(self, survey: str) -> Sequence[Clip]: ...
    def wanted(self, before: datetime, limit: int) -> Sequence[Clip]: ...


class Ledger(Protocol):
    """One case's chain. `append` raises `Conflict("ledger-moved")` when another entry has that number."""

    def last(self, case: str) -> Entry | None:
        """In a writing unit of work it also holds the case's chain until the end, so that writers take turns."""

    def append(self, entry: Entry) -> None: ...
    def entries(self, case: str, since_us: int = 0) -> Sequence[Entry]:
        """In order of number; only those with `at_us` at or after `since_us`."""

    def put_head(self, head: Head) -> None: ...
    def head(self, case: str) -> Head | None: ...


class Log(Protocol):
    """The tree over all cases' entries. Whoever extends it holds the claim; a conditional UPDATE decides, so nothing is
    taken in twice, whatever dies when."""

    def claim(self, holder: str, now_us: int, until_us: int) -> bool:
        """Take the turn, or keep one's own; False while another's has not run out. One that would run out after this
        one was taken by a clock that has been set back since: it does not count."""

    def size(self) -> int: ...
    def unlogged(self, limit: int) -> Sequence[Entry]:
        """Entries that are not in the tree yet: of each case in order of number, without a hole."""

    def extend(self, holder: str, added: Sequence[Leaf], changed: Mapping[Place, bytes]) -> None:
        """Write the next leaves and the tiles that they change. Raises `Conflict("log-moved")` when the tree is not of
        the size that they follow, the claim is another's, or an entry is in it already."""

    def tile(self, level: int, index: int) -> bytes:
        """Empty when there is none."""

    def leaves(self, start: int, limit: int) -> Sequence[Leaf]:
        """In order of index."""

    def taken(self, start: int, limit: int) -> Sequence[tuple[Leaf, Entry | None]]:
        """Leaves in order of index, each with the entry as the ledger has it now; None when it has none."""

    def of_case(self, case: str) -> Sequence[Leaf]:
        """In order of number."""


class Checkpoints(Protocol):
    """What was published of the log, who has seen it, and when by an authority's clock. Never changed, only added."""

    def add(self, published: Published) -> None:
        """Raises `Conflict("log-moved")` when one of that size is there."""

    def newest(self) -> Published | None: ...
    def get(self, size: int) -> Published | None: ...
    def after(self, size: int, limit: int) -> Sequence[Published]:
        """Those of larger trees; the smallest first."""

    def cosign(self, cosignature: Cosignature) -> None:
        """Again: harmless."""

    def cosignatures(self, size: int) -> Sequence[Cosignature]: ...
    def last_of(self, witness: str, key_id: str) -> Cosignature | None:
        """That witness's word about the largest tree."""

    def stamp(self, stamp: Stamp) -> None:
        """Raises `Conflict("stamp-taken")` when one of that number is there."""

    def stamps(self, size: int) -> Sequence[Stamp]: ...
    def newest_stamped(self, size: int) -> int | None:
        """The largest stamped checkpoint of at most that size."""

    def ending(self, before_us: int, limit: int) -> Sequence[Stamp]:
        """Last stamps of their checkpoints whose certificates end before then; the first to end first."""


class LedgerKeys(Protocol):
    """The history of the ledger's keys; only ever added to."""

    def history(self) -> Sequence[KeyStatement]: ...
    def add(self, statement: KeyStatement) -> None:
        """Raises `Conflict("key-taken")` when one of that number is there."""


class Settings(Protocol):
    def get(self, name: str) -> str | None: ...
    def put(self, name: str, value: str) -> None: ...


class Work(Protocol):
    """One unit of work: all of it is written, or nothing."""

    @property
    def people(self) -> People: ...

    @property
    def sign_ins(self) -> SignIns: ...

    @property
    def links(self) -> Links: ...

    @property
    def items(self) -> Items: ...

    @property
    def cases(self) -> Cases: ...

    @property
    def surveys(self) -> Surveys: ...

    @property
    def participants(self) -> Participants: ...

    @property
    def rooms(self) -> Rooms: ...

    @property
    def receptions(self) -> Receptions: ...

    @property
    def evidence(self) -> EvidenceShelf: ...

    @property
    def snapshots(self) -> Snapshots: ...

    @property
    def uploads(self) -> Uploads: ...

    @property
    def media_jobs(self) -> MediaJobs: ...

    @property
    def renditions(self) -> Renditions: ...

    @property
    def findings(self) -> Findings: ...

    @property
    def decisions(self) -> Decisions: ...

    @property
    def exports(self) -> Exports: ...

    @property
    def papers(self) -> Papers: ...

    @property
    def clips(self) -> Clips: ...

    @property
    def ledger(self) -> Ledger: ...

    @property
    def log(self) -> Log: ...

    @property
    def checkpoints(self) -> Checkpoints: ...

    @property
    def ledger_keys(self) -> LedgerKeys: ...

    @property
    def settings(self) -> Settings: ...


class Office(Protocol):
    """Where units of work begin. `write` takes the write lock at once (SQLite: BEGIN IMMEDIATE) and commits at the
    end of the block, or rolls back when it raises; `read` sees one consistent state. Raises `Unavailable`."""

    def write(self) -> AbstractContextManager[Work]: ...
    def read(self) -> AbstractContextManager[Work]: ...


class ObjectStore(Protocol):
    """Bytes under their own SHA-256 (lower-case hex). Raises `Unavailable` while it is away."""

    def put(self, digest: str, source: BinaryIO, size: int) -> None:
        """Keep them durably; the same bytes again succeed. Raises `WrongDigest` for others."""

    def confirm(self, digest: str, size: int) -> bool:
        """Whether `size` bytes with that digest are there, by the store's own word or by reading back."""

    def open(self, digest: str, start: int = 0, end: int | None = None) -> BinaryIO:
        """Bytes from `start` up to `end` (exclusive). Raises `NotFound("object-missing")`."""

    def size(self, digest: str) -> int | None:
        """None when it is not there."""

    def all(self) -> Iterator[tuple[str, int]]:
        """The digest and size of every object, in no order that can be relied on; the name instead of a digest for
        what is none of ours."""

    def keeping(self) -> Keeping:
        """How objects are kept that are put now."""

    def lock(self, digest: str) -> Lock | None:
        """What the service says of one object's retention; None where it has none, or no such object."""


class UploadWriter(Protocol):
    """The next bytes of one upload, in order. `held`: how many from its beginning are durable."""

    held: int

    def write(self, data: bytes | memoryview) -> None: ...
    def keep(self) -> int:
        """Make durable all that was written; what is held then."""

    def close(self) -> None:
        """What was not kept may be lost."""


class UploadStore(Protocol):
    """Uploads on their way into the object store, keyed by evidence id; any process may write on. A whole one is read
    through `ObjectStore` under its `upload_name`. Raises `Unavailable` while it is away."""

    def begin(self, id: str, size: int) -> str:
        """The store's own name for it, to be given back with each call."""

    def resume(self, id: str, token: str, size: int, offset: int) -> UploadWriter:
        """Write on from `offset`, which was held before."""

    def finish(self, id: str, token: str, size: int) -> None:
        """Give the whole object its name. Again: harmless."""

    def path(self, id: str) -> str | None:
        """Where the whole bytes lie on this machine, if they do."""

    def drop(self, id: str, token: str) -> None:
        """Forget it, whole or in parts. Again: harmless."""


class Signer(Protocol):
    """The instance's Ed25519 key."""

    def fingerprint(self) -> str:
        """SHA-256 of the raw public key, hex."""

    def public_key(self) -> bytes:
        """32 raw bytes."""

    def sign(self, message: bytes) -> bytes: ...


class Sealer(Protocol):
    """Signs a PDF so that ordinary readers check it (PAdES, ETSI EN 319 142), each time as a revision of its own."""

    @property
    def development(self) -> bool:
        """The office's seal is of this instance's own making: nobody else has reason to trust it."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the seal's certificate, hex."""

    def sign(self, pdf: bytes, who: Seal, at: datetime) -> bytes:
        """The same file with one more signature. Raises `Unavailable("authority-away")`."""

    def seal(self, pdf: bytes, reason: str, at: datetime) -> bytes:
        """With the office's own seal."""


class Authority(Protocol):
    """A time-stamp authority (RFC 3161). `certificates` (PEM) are those by which its stamps are judged."""

    @property
    def certificates(self) -> bytes: ...

    def stamp(self, message: bytes) -> bytes:
        """The whole answer, DER, about the SHA-256 of the message. Raises `Unavailable("authority-away")`."""


class StampJudge(Protocol):
    def judge(self, token: bytes, message: bytes, authority: bytes) -> StampFacts:
        """What an RFC 3161 answer says about a message; `authority` are the trusted certificates (PEM). Raises
        `Malformed("stamp", code)`: `stamp-unreadable`, `stamp-other` (another message), `stamp-untrusted`."""


class Witness(Protocol):
    """Somebody else who keeps an eye on the log (C2SP tlog-witness)."""

    @property
    def key(self) -> VerifierKey: ...

    def add_checkpoint(self, submission: bytes) -> tuple[int, bytes]:
        """The answer's HTTP status and body. Raises `Unavailable("witness-away")`."""

    def add_keys(self, keys: bytes) -> int:
        """Tell it the history of the log's keys: it follows a hand-over from one that it knows. The answer's status."""


class WitnessBook(Protocol):
    """What a witness signed last of each log. Raises `OSError` when it cannot remember: nothing is signed then."""

    def step(self, origin: str, decide: Callable[[Checkpoint | None], Reply]) -> Reply:
        """Decide by what is known of a log, and make durable what has to be remembered before the answer is given. One
        at a time, across threads and processes: two answers never continue the same checkpoint differently."""

    def all(self) -> Sequence[Checkpoint]:
        """By name."""


class Passwords(Protocol):
    def hash(self, password: str) -> str: ...
    def verify(self, hash: str, password: str) -> bool: ...


class PackageWriter(Protocol):
    """Where a package is written: `path` uses `/`, never leaves the folder."""

    def had(self, path: str, pieces: Sequence[tuple[str, int]]) -> FileFacts | None:
        """What an earlier attempt wrote there whole, of the same pieces."""

    def write(self, path: str, chunks: Iterator[bytes], pieces: Sequence[tuple[str, int]]) -> FileFacts:
        """Takes all of `chunks`. `pieces` tells what they are made of: (digest, bytes) of each object; empty for a
        paper."""


class PackageReader(Protocol):
    """A package as it lies there. Raises `OSError` when it cannot be read."""

    def paths(self) -> Sequence[str]:
        """Every file's path, sorted; a name that leaves the folder, one that is there twice, or a link raises
        `ValueError` with the name."""

    def size(self, path: str) -> int: ...

    def open(self, path: str) -> BinaryIO:
        """May be called, and what it gives be read, from several threads at once."""


class Crew(Protocol):
    """Hands that work side by side."""

    def each(self, act: Callable[[Task], Done], tasks: Iterable[Task]) -> Iterator[Done]:
        """What came of every task, in their order; only a few are begun ahead."""


class Alone:
    """A crew of one: each task when its outcome is asked for."""

    def each(self, act: Callable[[Task], Done], tasks: Iterable[Task]) -> Iterator[Done]:
        return map(act, tasks)


Ahead = Callable[[Iterator[bytes]], Iterator[bytes]]  # the same chunks, fetched a little before they are asked for


class IndexPage(Protocol):
    """The page that a person opens first in a package: everything told and played without a network."""

    def page(self, facts: dict[str, Any]) -> bytes:
        """A whole HTML file. `facts` are the package's own papers (see `services.tell_package`)."""
