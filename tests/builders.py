"""Values that are valid by default: a test writes only what it is about."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from typing import Any

from inspection.model.case import Case
from inspection.model.decision import Export
from inspection.model.evidence import Evidence, ReceivedGap, ReceivedInit, ReceivedSegment, ReceivedTrack, Snapshot
from inspection.model.ledger import Entry, Head
from inspection.model.participant import CONSENT_VERSION, Participant
from inspection.model.people import Actor, Person, Role
from inspection.model.survey import Room, Survey, SurveyKind, SurveyState
from inspection.services.book import book
from inspection.services.conclude import conclude
from inspection.services.consent import give_consent
from inspection.services.decide import decide
from inspection.services.export import Making, Progress, export_case
from inspection.services.give_position import give_position
from inspection.services.open_room import open_room
from inspection.services.participants import report_device
from inspection.services.plan_package import PlannedPackage
from inspection.services.record_finding import record_finding
from inspection.services.rotate_key import begin_history
from inspection.services.sample_catalogue import SAMPLE, seed_catalogue
from inspection.services.sequence import sequence_all
from inspection.services.snapshots import keep_snapshot, want_snapshot
from inspection.services.take_in import take_in
from inspection.services.want_export import want_export
from tests.fakes import FakeFolder, FakeObjects, FakeOffice, FakePage, FakePasswords, FakeSigner

ORIGIN = "takan.example/log"
STILL = b"\xff\xd8\xff\xfe\x00\x0cjpeg bytes\xff\xd9"  # a JPEG file of nothing but a comment
NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)  # a Tuesday, ten in the morning at the office


def a_head(entry: Entry, **changes: Any) -> Head:
    """The head that an entry makes, with no signature to speak of."""
    return replace(Head(entry.case, entry.number, entry.hash, entry.at_us, "0" * 64, "0" * 128), **changes)


def a_person(**changes: Any) -> Person:
    plain = Person("p1", "陈静", "chen", Role.INSPECTOR, "hashed", False, True, NOW)
    return replace(plain, **changes)


def an_actor(person: Person) -> Actor:
    return Actor(person.id, person.name, person.role, None, person.must_change)


def a_survey(**changes: Any) -> Survey:
    plain = Survey(
        "s1", "TK-20261124-0001-S1", "c1", SurveyKind.LIVE, SurveyState.BOOKED, "p1", "food", 1, NOW, NOW
    )  # fmt: skip
    return replace(plain, **changes)


def a_track(survey: str, participant: str, kind: str = "video", seconds: int = 18, **changes: Any) -> ReceivedTrack:
    """Segments of 6 s with bytes made from their names, a gap of 3 s after the second."""
    timescale = 90000 if kind == "video" else 48000
    init_data = init_bytes(kind)
    init = ReceivedInit(
        _digest(init_data), len(init_data), "avc1.42e01f" if kind == "video" else "opus",
        640 if kind == "video" else 0, 360 if kind == "video" else 0, True,
    )  # fmt: skip
    segments, at = [], timescale
    for number in range(seconds // 6):
        data = segment_bytes(participant, kind, number)
        segments.append(ReceivedSegment(_digest(data), init.digest, len(data), at, 6 * timescale, True, True))
        at += 6 * timescale + (3 * timescale if number == 1 else 0)
    gaps = (ReceivedGap(13 * timescale, 16 * timescale, "disconnected"),) if len(segments) > 2 else ()
    track = ReceivedTrack(
        f"{participant}.{kind}", survey, participant, kind, "H264" if kind == "video" else "opus", timescale, NOW,
        (init,), tuple(segments), gaps, {"expected": 900, "received": 880, "lost": 20},
    )  # fmt: skip
    return replace(track, **changes)


def init_bytes(kind: str) -> bytes:
    return f"ftyp moov of {kind}".encode()


def segment_bytes(participant: str, kind: str, number: int) -> bytes:
    return f"moof mdat {number} of {participant}.{kind} ".encode() * 40


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()


@dataclass
class Stage:
    """An office in memory with one person of each role, and the steps of a visit one after another."""

    office: FakeOffice = field(default_factory=FakeOffice)
    store: FakeObjects = field(default_factory=FakeObjects)
    signer: FakeSigner = field(default_factory=FakeSigner)
    passwords: FakePasswords = field(default_factory=FakePasswords)
    now: datetime = NOW
    ids: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        seed_catalogue(self.office)
        self.inspector = self.staff(Role.INSPECTOR, "陈静")
        self.second = self.staff(Role.INSPECTOR, "林涛")
        self.approver = self.staff(Role.APPROVER, "赵敏")
        self.administrator = self.staff(Role.ADMINISTRATOR, "管理员")
        self.stranger = self.staff(Role.INSPECTOR, "周强")

    def new_id(self) -> str:
        return f"id{next(self.ids):04d}"

    def later(self, **span: float) -> datetime:
        self.now += timedelta(**span)
        return self.now

    def staff(self, role: Role, name: str) -> Actor:
        id = self.new_id()
        hashed = self.passwords.hash("correct horse")
        person = a_person(id=id, name=name, sign_in=f"{role.value}-{id}", role=role, password=hashed)
        with self.office.write() as work:
            work.people.add(person)
        return an_actor(person)

    def case(self, **changes: Any) -> Case:
        values: dict[str, Any] = {
            "item": "food",
            "applicant": "王芳",
            "phone": "13800000000",
            "address": "文一路 1 号",
            "latitude": 30.28,
            "longitude": 120.15,
            "approver": self.approver.id,
        }
        return take_in(self.office, self.signer, self.inspector, **(values | changes), now=self.now, new_id=self.new_id)

    def booked(self, case: Case | None = None) -> Survey:
        case = case or self.case()
        return book(self.office, self.signer, self.inspector, case.id, "live", self.now, self.now, self.new_id)

    def opened(self, survey: Survey | None = None) -> tuple[Survey, Room]:
        survey = survey or self.booked()
        return open_room(self.office, self.signer, self.inspector, survey.id, ["a"], self.now)

    def applicant(self, survey: str) -> Actor:
        row = next(row for row in self.rows(survey) if row.role is Role.APPLICANT)
        return Actor(row.id, row.name, row.role, survey)

    def rows(self, survey: str) -> list[Participant]:
        with self.office.read() as work:
            return list(work.participants.of_survey(survey))

    def consented(self, survey: str, agreed: bool = True) -> Actor:
        guest = self.applicant(survey)
        give_consent(
            self.office, self.signer, guest, survey, "王芳", CONSENT_VERSION, "zh-CN", agreed, self.later(seconds=1)
        )
        return guest

    def received(self, track: ReceivedTrack) -> ReceivedTrack:
        """As the node would have written it down, and the recorder have stored it."""
        with self.office.write() as work:
            work.receptions.rows[track.id] = track
        self.store[track.inits[0].digest] = init_bytes(track.kind)
        for number, segment in enumerate(track.segments):
            self.store[segment.digest] = segment_bytes(track.participant, track.kind, number)
        return track

    def filmed(self) -> tuple[Survey, ReceivedTrack]:
        """A live survey with a told position, a device, 18 s of picture and sound, and a snapshot."""
        survey, _ = self.opened()
        guest = self.consented(survey.id)
        give_position(self.office, self.signer, guest, survey.id, 30.2801, 120.1502, 12.5, "browser", self.now)
        report_device(self.office, guest, survey.id, {"camera": "后置 📷"}, self.now)
        self.received(a_track(survey.id, guest.id, "audio"))
        track = self.received(a_track(survey.id, guest.id))
        self.later(seconds=22)
        return survey, track

    def snapshot(self, survey: Survey, track: ReceivedTrack, check: str | None = None) -> Snapshot:
        segment = track.segments[0]
        wish = want_snapshot(
            self.office, self.inspector, survey.id, track.id, segment.start + 90, check, self.now, self.new_id
        )
        return keep_snapshot(
            self.office, self.store, self.signer, wish.id, STILL, 640, 360, segment.start, segment.digest,
            self.later(seconds=1),
        )  # fmt: skip

    def found(self, survey: Survey, check: str, result: str = "pass", snapshots: tuple[str, ...] = ()) -> None:
        record_finding(
            self.office, self.signer, self.inspector, survey.id, check, result, "看清楚了 ✓", snapshots, self.now
        )

    def concluded(self, closed: bool = True) -> Survey:
        survey, track = self.filmed()
        picture = self.snapshot(survey, track, "washing")
        self.found(survey, "washing", snapshots=(picture.id,))
        self.found(survey, "storage", "rectify")
        return self.ended(survey, closed=closed)

    def ended(self, survey: Survey, outcome: str = "partial", note: str = "货架待整改", closed: bool = True) -> Survey:
        return conclude(
            self.office, self.store, self.signer, self.inspector, survey.id, outcome, note, closed,
            self.later(seconds=1), self.new_id,
        )  # fmt: skip

    def decided(self) -> Survey:
        survey = self.concluded()
        decide(self.office, self.signer, self.approver, survey.case, "approved", "材料齐全", None, self.later(hours=1))
        return survey

    def exported(self, survey: Survey | None = None) -> FakeFolder:
        survey = survey or self.decided()
        wish = want_export(
            self.office, self.signer, self.inspector, survey.case, self.later(seconds=1), self.new_id
        )  # fmt: skip
        return self.unfolded(self.export(wish.id))

    def logged(self) -> None:
        """All entries so far are in the log over all cases."""
        begin_history(self.office, self.signer, self.now)
        sequence_all(self.office, self.signer, ORIGIN, "stage", self.now)

    def export(self, wish: str, progress: Progress = lambda done, total: None) -> Export:
        self.logged()
        return export_case(self.office, self.making, wish, self.now, progress)

    def unfolded(self, export: Export) -> FakeFolder:
        folder = FakeFolder()
        PlannedPackage(self.store, export.plan or "").unfold(folder)
        return folder

    @property
    def making(self) -> Making:
        return Making(self.store, self.signer, FakePage())

    def evidence(self, survey: str) -> list[Evidence]:
        with self.office.read() as work:
            return list(work.evidence.of_survey(survey))

    def events(self, case: str) -> list[str]:
        with self.office.read() as work:
            return [entry.event for entry in work.ledger.entries(case)]


SAMPLE_CHECKS = tuple(check.id for check in SAMPLE[0].checklist.checks)
