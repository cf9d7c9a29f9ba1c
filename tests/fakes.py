"""The office's ports in memory: real enough that a service cannot tell, small enough to read."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from typing import Any, BinaryIO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from inspection.model.case import Case, CaseState
from inspection.model.catalogue import Checklist, Item
from inspection.model.clip import Clip
from inspection.model.decision import Decision, Export, ExportFile
from inspection.model.errors import Conflict, NotFound, Unavailable, WrongDigest
from inspection.model.evidence import BegunTrack, Evidence, ReceivedPiece, ReceivedTrack, RenditionState, Snapshot
from inspection.model.finding import Finding
from inspection.model.ledger import Entry, Head, Tip
from inspection.model.log import StampFacts
from inspection.model.package import FileFacts, Keeping, Lock
from inspection.model.paper import Paper, PaperState, Seal
from inspection.model.participant import Consent, Participant, Position
from inspection.model.people import Link, Person, Role, SignedIn
from inspection.model.sealed import SignedTime
from inspection.model.shape import Malformed
from inspection.model.survey import ENDED, Room, Survey
from tests.fake_annotations import FakeAnnotations
from tests.fake_log import FakeCheckpoints, FakeLedgerKeys, FakeLog
from tests.fake_turns import strays
from tests.fake_uploads import FakeMediaJobs, FakeRenditions, FakeUploads

Rows = dict[str, Any]


def _get(rows: Rows, id: str, code: str) -> Any:
    if id not in rows:
        raise NotFound(code)
    return rows[id]


def _put(rows: Rows, value: Any, code: str) -> None:
    _get(rows, value.id, code)
    rows[value.id] = value


def _by_age(rows: Iterable[Any], newest_first: bool = False) -> list[Any]:
    return sorted(rows, key=lambda row: (row.created_at, row.id), reverse=newest_first)


class FakePeople:
    def __init__(self) -> None:
        self.rows: dict[str, Person] = {}

    def get(self, id: str) -> Person:
        found: Person = _get(self.rows, id, "person-unknown")
        return found

    def by_sign_in(self, sign_in: str) -> Person | None:
        return next((person for person in self.rows.values() if person.sign_in == sign_in), None)

    def add(self, person: Person) -> None:
        if self.by_sign_in(person.sign_in):
            raise Conflict("sign-in-taken")
        self.rows[person.id] = person

    def put(self, person: Person) -> None:
        other = self.by_sign_in(person.sign_in)
        if other is not None and other.id != person.id:
            raise Conflict("sign-in-taken")
        _put(self.rows, person, "person-unknown")

    def list(self, role: Role | None, offset: int, limit: int) -> Sequence[Person]:
        found = [one for one in self.rows.values() if role in (None, one.role)]
        return sorted(found, key=lambda one: (one.name, one.id))[offset : offset + limit]

    def count(self, role: Role | None = None) -> int:
        return len(self.list(role, 0, len(self.rows)))


class FakeSignIns:
    def __init__(self) -> None:
        self.rows: dict[str, SignedIn] = {}
        self.attempts: tuple[tuple[str, datetime], ...] = ()

    def add(self, signed_in: SignedIn) -> None:
        self.rows[signed_in.id] = signed_in

    def get(self, id: str) -> SignedIn | None:
        return self.rows.get(id)

    def touch(self, id: str, seen_at: datetime) -> None:
        if id in self.rows:
            self.rows[id] = replace(self.rows[id], seen_at=seen_at)

    def remove(self, id: str) -> None:
        self.rows.pop(id, None)

    def remove_person(self, person: str) -> None:
        self.rows = {id: row for id, row in self.rows.items() if row.person != person}

    def remove_participant(self, participant: str) -> None:
        self.rows = {id: row for id, row in self.rows.items() if row.participant != participant}

    def remove_expired(self, now: datetime) -> None:
        self.rows = {id: row for id, row in self.rows.items() if row.expires_at > now}

    def failed(self, key: str, at: datetime) -> None:
        self.attempts += ((key, at),)

    def failures(self, key: str, since: datetime) -> int:
        return sum(1 for own, at in self.attempts if own == key and at >= since)

    def forgive(self, key: str, at: datetime) -> None:
        if (key, at) in self.attempts:
            place = self.attempts.index((key, at))
            self.attempts = self.attempts[:place] + self.attempts[place + 1 :]

    def clear_failures(self, key: str) -> None:
        self.attempts = tuple(one for one in self.attempts if one[0] != key)


class FakeLinks:
    def __init__(self) -> None:
        self.rows: dict[str, Link] = {}

    def add(self, link: Link) -> None:
        self.rows[link.id] = link

    def by_digest(self, digest: str) -> Link | None:
        return next((link for link in self.rows.values() if link.digest == digest), None)

    def of_survey(self, survey: str) -> Sequence[Link]:
        return _by_age((link for link in self.rows.values() if link.survey == survey), newest_first=True)

    def revoke(self, participant: str, at: datetime) -> None:
        for link in list(self.rows.values()):
            if link.participant == participant and link.holds(at):
                self.rows[link.id] = replace(link, revoked_at=at)


class FakeItems:
    def __init__(self) -> None:
        self.rows: dict[str, Item] = {}
        self.checklists: dict[tuple[str, int], Checklist] = {}

    def get(self, id: str) -> Item:
        found: Item = _get(self.rows, id, "item-unknown")
        return found

    def list(self) -> Sequence[Item]:
        return sorted(self.rows.values(), key=lambda item: item.code)

    def put(self, item: Item) -> None:
        key = item.checklist.id, item.checklist.version
        if self.checklists.setdefault(key, item.checklist) != item.checklist:
            raise Conflict("checklist-taken")
        self.rows[item.id] = item

    def checklist(self, id: str, version: int) -> Checklist:
        if (id, version) not in self.checklists:
            raise NotFound("checklist-unknown")
        return self.checklists[id, version]


class FakeCases:
    def __init__(self, work: "FakeWork") -> None:
        self.work = work
        self.rows: dict[str, Case] = {}
        self.numbers: dict[str, int] = {}

    def get(self, id: str) -> Case:
        found: Case = _get(self.rows, id, "case-unknown")
        return found

    def by_number(self, number: str) -> Case:
        return self.get(next((case.id for case in self.rows.values() if case.number == number), ""))

    def add(self, case: Case) -> None:
        if any(case.number == other.number for other in self.rows.values()):
            raise Conflict("case-number-taken")
        self.rows[case.id] = case

    def put(self, case: Case) -> None:
        _put(self.rows, case, "case-unknown")

    def list(
        self, inspector: str | None, approver: str | None, state: CaseState | None, text: str, offset: int, limit: int
    ) -> Sequence[Case]:
        own = {survey.case for survey in self.work.surveys.of_anybody(inspector)}
        found = [
            case
            for case in _by_age(self.rows.values(), newest_first=True)
            if (inspector is None or case.inspector == inspector or case.id in own)
            and approver in (None, case.approver)
            and state in (None, case.state)
            and text.lower() in f"{case.number}\n{case.applicant}\n{case.site.address}".lower()
        ]
        return found[offset : offset + limit]

    def count(self, inspector: str | None, approver: str | None, state: CaseState | None, text: str) -> int:
        return len(self.list(inspector, approver, state, text, 0, len(self.rows)))

    def next_number(self, day: str) -> int:
        self.numbers[day] = self.numbers.get(day, 0) + 1
        return self.numbers[day]


class FakeSurveys:
    def __init__(self, work: "FakeWork") -> None:
        self.work = work
        self.rows: dict[str, Survey] = {}

    def get(self, id: str) -> Survey:
        found: Survey = _get(self.rows, id, "survey-unknown")
        return found

    def add(self, survey: Survey) -> None:
        if any(survey.number == other.number for other in self.rows.values()):
            raise Conflict("survey-number-taken")
        self.rows[survey.id] = survey

    def put(self, survey: Survey) -> None:
        _put(self.rows, survey, "survey-unknown")

    def of_case(self, case: str) -> Sequence[Survey]:
        return _by_age(survey for survey in self.rows.values() if survey.case == case)

    def of_anybody(self, person: str | None) -> list[Survey]:
        joined = {row.survey for row in self.work.participants.rows.values() if person and row.person == person}
        return [one for one in self.rows.values() if one.inspector == person or one.id in joined]

    def of_person(self, person: str, offset: int, limit: int) -> Sequence[Survey]:
        return sorted(self.of_anybody(person), key=lambda one: one.at, reverse=True)[offset : offset + limit]

    def count_of_person(self, person: str) -> int:
        return len(self.of_anybody(person))

    def move(self, id: str, before: str, after: Survey) -> bool:
        if id not in self.rows or self.rows[id].state.value != before:
            return False
        self.rows[id] = after
        return True

    def unadmitted(self, ended_before: datetime, limit: int) -> Sequence[Survey]:
        ended = (one for one in self.rows.values() if one.state in ENDED and not one.admitted)
        return [one for one in ended if one.ended_at is not None and one.ended_at < ended_before][:limit]


class FakeParticipants:
    def __init__(self) -> None:
        self.rows: dict[str, Participant] = {}
        self.consents: tuple[Consent, ...] = ()
        self.places: tuple[Position, ...] = ()

    def get(self, id: str) -> Participant:
        found: Participant = _get(self.rows, id, "participant-unknown")
        return found

    def add(self, participant: Participant) -> None:
        self.rows[participant.id] = participant

    def put(self, participant: Participant) -> None:
        _put(self.rows, participant, "participant-unknown")

    def of_survey(self, survey: str) -> Sequence[Participant]:
        return _by_age(row for row in self.rows.values() if row.survey == survey)

    def seen(self, id: str, at: datetime) -> None:
        self.rows[id] = replace(self.get(id), seen_at=at)

    def add_consent(self, consent: Consent) -> None:
        self.consents += (consent,)

    def consent(self, participant: str) -> Consent | None:
        return next((one for one in reversed(self.consents) if one.participant == participant), None)

    def add_position(self, position: Position) -> None:
        self.places += (position,)

    def positions(self, survey: str) -> Sequence[Position]:
        return sorted((place for place in self.places if place.survey == survey), key=lambda place: place.at)


class FakeRooms:
    def __init__(self) -> None:
        self.rows: dict[str, Room] = {}

    def get(self, survey: str) -> Room | None:
        return self.rows.get(survey)

    def put(self, room: Room) -> None:
        self.rows[room.survey] = room

    def open_on(self, node: str) -> Sequence[Room]:
        return [room for room in self.open() if room.node == node]

    def open(self) -> Sequence[Room]:
        return [room for room in self.rows.values() if not room.closed]


class FakeReceptions:
    """What a node would have written: a test puts tracks into `rows`."""

    def __init__(self) -> None:
        self.rows: dict[str, ReceivedTrack] = {}

    def tracks(self, survey: str) -> Sequence[ReceivedTrack]:
        return [track for track in self.rows.values() if track.survey == survey]

    def begun(self, survey: str) -> Sequence[BegunTrack]:
        return [BegunTrack(one.id, survey, one.participant, one.kind, one.codec) for one in self.tracks(survey)]

    def track(self, id: str) -> ReceivedTrack:
        found: ReceivedTrack = _get(self.rows, id, "track-unknown")
        return found

    def piece(self, survey: str, digest: str) -> ReceivedPiece | None:
        for track in self.tracks(survey):
            codecs = {one.digest: one.codecs for one in track.inits}
            pieces = [(one.digest, one.bytes, one.stored, one.codecs) for one in track.inits]
            pieces += [(one.digest, one.bytes, one.stored, codecs[one.init]) for one in track.segments]
            for own, size, stored, coded in pieces:
                if own == digest:
                    return ReceivedPiece(track.id, digest, size, stored, coded)
        return None

    def set_stored(self, digest: str, stored: bool) -> bool:
        before = dict(self.rows)
        for id, track in before.items():
            inits = tuple(replace(one, stored=stored) if one.digest == digest else one for one in track.inits)
            pieces = tuple(replace(one, stored=stored) if one.digest == digest else one for one in track.segments)
            self.rows[id] = replace(track, inits=inits, segments=pieces)
        return self.rows != before


class FakeEvidence:
    def __init__(self) -> None:
        self.rows: dict[str, Evidence] = {}

    def get(self, id: str) -> Evidence:
        found: Evidence = _get(self.rows, id, "evidence-unknown")
        return found

    def add(self, evidence: Evidence) -> None:
        if evidence.id in self.rows:
            raise Conflict("evidence-taken")
        self.rows[evidence.id] = evidence

    def of_case(self, case: str) -> Sequence[Evidence]:
        return _by_age(one for one in self.rows.values() if one.case == case)

    def of_survey(self, survey: str) -> Sequence[Evidence]:
        return _by_age(one for one in self.rows.values() if one.survey == survey)


class FakeSnapshots:
    def __init__(self) -> None:
        self.rows: dict[str, Snapshot] = {}

    def get(self, id: str) -> Snapshot:
        found: Snapshot = _get(self.rows, id, "snapshot-unknown")
        return found

    def add(self, snapshot: Snapshot) -> None:
        self.rows[snapshot.id] = snapshot

    def put(self, snapshot: Snapshot) -> None:
        _put(self.rows, snapshot, "snapshot-unknown")

    def of_survey(self, survey: str) -> Sequence[Snapshot]:
        return _by_age(one for one in self.rows.values() if one.survey == survey)

    def wanted(self, before: datetime, limit: int) -> Sequence[Snapshot]:
        wanted = (one for one in self.rows.values() if one.state is RenditionState.WANTED)
        return [one for one in wanted if one.created_at < before][:limit]


class FakeFindings:
    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Finding] = {}

    def put(self, finding: Finding) -> None:
        self.rows[finding.survey, finding.check] = finding

    def of_survey(self, survey: str) -> Sequence[Finding]:
        found = (one for one in self.rows.values() if one.survey == survey)
        return sorted(found, key=lambda one: (one.at, one.check))


class FakeDecisions:
    def __init__(self) -> None:
        self.rows: dict[str, Decision] = {}

    def get(self, case: str) -> Decision | None:
        return self.rows.get(case)

    def add(self, decision: Decision) -> None:
        if decision.case in self.rows:
            raise Conflict("decision-taken")
        self.rows[decision.case] = decision


class FakeExports:
    def __init__(self) -> None:
        self.rows: dict[str, Export] = {}
        self.made: dict[tuple[str, str], ExportFile] = {}

    def get(self, id: str) -> Export:
        found: Export = _get(self.rows, id, "export-unknown")
        return found

    def add(self, export: Export) -> None:
        self.rows[export.id] = export

    def put(self, export: Export) -> None:
        _put(self.rows, export, "export-unknown")

    def of_case(self, case: str) -> Sequence[Export]:
        return _by_age((one for one in self.rows.values() if one.case == case), newest_first=True)

    def files(self, export: str) -> Sequence[ExportFile]:
        return [one for one in self.made.values() if one.export == export]

    def add_file(self, file: ExportFile) -> None:
        self.made[file.export, file.path] = file

    def wanted(self, before: datetime, limit: int) -> Sequence[Export]:
        unfinished = (one for one in self.rows.values() if one.state in ("wanted", "running"))
        return _by_age(one for one in unfinished if one.created_at < before)[:limit]


class FakePapers:
    def __init__(self) -> None:
        self.rows: dict[str, Paper] = {}

    def get(self, id: str) -> Paper:
        found: Paper = _get(self.rows, id, "paper-unknown")
        return found

    def add(self, paper: Paper) -> None:
        self.rows[paper.id] = paper

    def put(self, paper: Paper) -> None:
        _put(self.rows, paper, "paper-unknown")

    def of_case(self, case: str) -> Sequence[Paper]:
        return _by_age((one for one in self.rows.values() if one.case == case), newest_first=True)

    def wanted(self, before: datetime, limit: int) -> Sequence[Paper]:
        wanted = (one for one in self.rows.values() if one.state is PaperState.WANTED)
        return _by_age(one for one in wanted if one.created_at < before)[:limit]


class FakeClips:
    def __init__(self) -> None:
        self.rows: dict[str, Clip] = {}

    def get(self, id: str) -> Clip:
        found: Clip = _get(self.rows, id, "clip-unknown")
        return found

    def add(self, clip: Clip) -> None:
        self.rows[clip.id] = clip

    def put(self, clip: Clip) -> None:
        _put(self.rows, clip, "clip-unknown")

    def of_survey(self, survey: str) -> Sequence[Clip]:
        return _by_age((one for one in self.rows.values() if one.survey == survey), newest_first=True)

    def wanted(self, before: datetime, limit: int) -> Sequence[Clip]:
        wanted = (one for one in self.rows.values() if one.state is RenditionState.WANTED)
        return _by_age(one for one in wanted if one.created_at < before)[:limit]


class FakeLedger:
    def __init__(self) -> None:
        self.rows: dict[tuple[str, int], Entry] = {}
        self.heads: dict[str, Head] = {}

    def tip(self, case: str) -> Tip | None:
        entries = self.entries(case)
        return Tip(entries[-1].number, entries[-1].hash) if entries else None

    def append(self, entry: Entry, head: Head) -> None:
        if (entry.case, entry.number) in self.rows:
            raise Conflict("ledger-moved")
        self.rows[entry.case, entry.number] = entry
        self.heads[head.case] = head

    def entries(self, case: str, since_us: int = 0) -> Sequence[Entry]:
        return [entry for entry in self.rows.values() if entry.case == case and entry.at_us >= since_us]

    def head(self, case: str) -> Head | None:
        return self.heads.get(case)


class FakeSettings:
    def __init__(self) -> None:
        self.rows: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        return self.rows.get(name)

    def put(self, name: str, value: str) -> None:
        self.rows[name] = value


class FakeWork:
    def __init__(self) -> None:
        self.people = FakePeople()
        self.sign_ins = FakeSignIns()
        self.links = FakeLinks()
        self.items = FakeItems()
        self.cases = FakeCases(self)
        self.surveys = FakeSurveys(self)
        self.participants = FakeParticipants()
        self.rooms = FakeRooms()
        self.receptions = FakeReceptions()
        self.evidence = FakeEvidence()
        self.snapshots = FakeSnapshots()
        self.uploads = FakeUploads()
        self.media_jobs = FakeMediaJobs()
        self.renditions = FakeRenditions()
        self.findings = FakeFindings()
        self.decisions = FakeDecisions()
        self.exports = FakeExports()
        self.papers = FakePapers()
        self.clips = FakeClips()
        self.annotations = FakeAnnotations()
        self.ledger = FakeLedger()
        self.log = FakeLog(self.ledger)
        self.checkpoints = FakeCheckpoints()
        self.ledger_keys = FakeLedgerKeys()
        self.settings = FakeSettings()


class FakeOffice:
    """All or nothing: a unit of work that raises leaves every shelf as it was. One at a time; one that is about a case
    may write to that case only, since on a real database others write beside it."""

    def __init__(self) -> None:
        self.work = FakeWork()
        self.busy = False

    @contextmanager
    def write(self, about: str | None = None) -> Iterator[FakeWork]:
        with self._alone():
            before = self._state()
            try:
                yield self.work
                if about is not None:
                    assert not (found := strays(self.work, about, before, self._state())), f"not of {about}: {found}"
            except BaseException:
                for shelf, state in before:
                    shelf.__dict__.update(state)
                raise

    @contextmanager
    def read(self) -> Iterator[FakeWork]:
        with self._alone():
            before = [(shelf, repr(state)) for shelf, state in self._state()]
            yield self.work
            after = [(shelf, repr(state)) for shelf, state in self._state()]
            assert before == after, "written in a reading unit of work"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        assert not self.busy, "a unit of work within another"
        self.busy = True
        try:
            yield
        finally:
            self.busy = False

    def _state(self) -> list[tuple[Any, dict[str, Any]]]:
        shelves = list(vars(self.work).values())
        return [(one, {name: copy(value) for name, value in vars(one).items() if name != "work"}) for one in shelves]


class FakeObjects(dict[str, bytes]):
    """`away` makes it unreachable."""

    away = False

    def put(self, digest: str, source: BinaryIO, size: int) -> None:
        self._reach()
        data = source.read()
        if sha256(data).hexdigest() != digest or len(data) != size:
            raise WrongDigest(digest)
        self[digest] = data  # again with the same bytes: harmless, so a retry after a crash is too

    def confirm(self, digest: str, size: int) -> bool:
        self._reach()
        return digest in self and len(self[digest]) == size and sha256(self[digest]).hexdigest() == digest

    def open(self, digest: str, start: int = 0, end: int | None = None) -> BinaryIO:
        self._reach()
        if digest not in self:
            raise NotFound("object-missing")
        return BytesIO(self[digest][start:end])

    def size(self, digest: str) -> int | None:
        self._reach()
        return len(self[digest]) if digest in self else None

    def all(self) -> Iterator[tuple[str, int]]:
        self._reach()
        return iter([(digest, len(data)) for digest, data in self.items()])

    def versions(self, digest: str) -> Iterator[BinaryIO]:
        return iter(())

    def restore(self, name: str, digest: str, source: BinaryIO, size: int) -> None:
        data = source.read()
        if sha256(data).hexdigest() != digest or len(data) != size:
            raise WrongDigest(digest)
        self[name] = data

    def keeping(self) -> Keeping:
        return Keeping("folder", object_lock=False)

    def lock(self, digest: str) -> Lock | None:
        return None

    def _reach(self) -> None:
        if self.away:
            raise Unavailable("store-away")


class FakeSigner:
    """A real Ed25519 key, the same for the same seed."""

    def __init__(self, seed: bytes = b"k" * 32) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)

    def fingerprint(self) -> str:
        return sha256(self.public_key()).hexdigest()

    def public_key(self) -> bytes:
        return self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


class FakeSealer:
    """Writes each signature at the end of the file; counts them."""

    development = True
    fingerprint = "f" * 64

    def sign(self, pdf: bytes, who: Seal, at: datetime) -> bytes:
        return pdf + f"\nsigned {who.name} {who.role}".encode()

    def seal(self, pdf: bytes, reason: str, at: datetime) -> bytes:
        return pdf + f"\nsealed {reason}".encode()

    def time_of(self, pdf: bytes) -> SignedTime:
        return SignedTime.OWN_CLOCK


class FakePasswords:
    """Counts its work, so that a test can compare two answers' cost."""

    def __init__(self) -> None:
        self.worked = 0

    def hash(self, password: str) -> str:
        self.worked += 1
        return "hashed " + sha256(password.encode()).hexdigest()

    def verify(self, hash: str, password: str) -> bool:
        return self.hash(password) == hash


class FakeFolder(dict[str, bytes]):
    """A package in memory: written by the export, read by `verify`."""

    def had(self, path: str, pieces: Sequence[tuple[str, int]]) -> FileFacts | None:
        return None

    def write(self, path: str, chunks: Iterator[bytes], pieces: Sequence[tuple[str, int]]) -> FileFacts:
        self[path] = data = b"".join(chunks)
        return FileFacts(sha256(data).hexdigest(), len(data))

    def finish(self) -> None:
        return

    def size(self, path: str) -> int:
        return len(self[path])

    def paths(self) -> Sequence[str]:
        return sorted(self)

    def open(self, path: str) -> BinaryIO:
        return BytesIO(self[path])


class FakePage:
    """An index page of one line."""

    def page(self, facts: dict[str, Any]) -> bytes:
        return f"<!doctype html><title>{facts['case']['number']}</title>\n".encode()


class FakeJudge:
    """Believes a stamp that says so: `at_us until_us sha256-of-the-message`."""

    def judge(self, token: bytes, message: bytes, authority: bytes) -> StampFacts:
        at_us, until_us, digest = token.decode("ascii", "replace").split(" ")
        if digest != sha256(message).hexdigest():
            raise Malformed("stamp", "stamp-other")
        return StampFacts(int(at_us), int(until_us), "Test Authority")
