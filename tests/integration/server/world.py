"""An office in the middle of its day, on a real database and a real store: the app is asked as browsers ask it."""

import base64
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from inspection.model.case import Case
from inspection.model.clip import Clip, ClipKind
from inspection.model.decision import Export
from inspection.model.errors import NotFound, Unavailable
from inspection.model.evidence import RenditionState, Snapshot
from inspection.model.paper import Paper, PaperKind, PaperState
from inspection.model.participant import CONSENT_VERSION
from inspection.model.people import Actor, Person, Role
from inspection.model.survey import Survey
from inspection.model.upload import Job, Limits
from inspection.ports import Work
from inspection.services.admit_upload import admit_upload
from inspection.services.annotate import Drawn, annotate
from inspection.services.book import book
from inspection.services.consent import give_consent
from inspection.services.enter_by_link import enter_by_link
from inspection.services.make_link import make_link
from inspection.services.media_jobs import keep_renditions, want_jobs
from inspection.services.open_room import open_room
from inspection.services.plan_package import Planner
from inspection.services.receive_upload import begin_upload, claim_upload, note_received
from inspection.services.rotate_key import begin_history
from inspection.services.sample_catalogue import seed_catalogue
from inspection.services.sequence import sequence_all
from inspection.services.sign_in import sign_in
from inspection.services.spot import Sight
from inspection.services.take_in import take_in
from media.client import MESSAGE_KINDS, ClosedTrack, RoomMessage, RoomState
from media.ports import Gap, InitSegment, Segment, Track
from server.app import create_app
from server.configuration import Configuration, Web
from server.outbound.codes import SvgCodes
from server.outbound.keys import FileSigner, TicketSigner, make_keys, read_keys
from server.outbound.seal import PadesSealer
from server.outbound.seal_chain import make_chain, read_chain
from server.services import Answer, Services
from storage.database import Database, migrate
from storage.objects.local import LocalObjects
from storage.objects.uploads_local import LocalUploads
from storage.shelves.reception_index import SqlReceptionIndex
from storage.work import SqlOffice
from tests.fakes import FakePasswords

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
PASSWORD = "a password of theirs"
INIT, FIRST, SECOND = b"init" * 100, b"first segment " * 500, b"second segment" * 500
PICTURE = b"\xff\xd8 a picture"
FILM = b"\x00\x00\x00\x18ftypisom a film"
LASTS = timedelta(days=7)


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()


class FakeNodes:
    """A media node that notes what it is told. `away` makes it one that does not answer."""

    def __init__(self) -> None:
        self.away = False
        self.told: list[tuple[str, RoomMessage]] = []
        self.closed: list[str] = []
        self.removed: list[tuple[str, str]] = []
        self.passed: list[tuple[str, str, str, bytes]] = []
        self.spool: dict[str, bytes] = {}
        self.answer = Answer(201, {"Location": "/live/n1/whip/s/p/x", "ETag": '"e"', "Server": "node"}, b"v=0")

    def names(self) -> tuple[str, ...]:
        return ("n1",)

    def room(self, node: str, survey: str) -> RoomState:
        self._here()
        return {"survey": survey, "participants": [], "recording": False, "recorded_us": 0}

    def tell(self, node: str, survey: str, message: RoomMessage) -> None:
        self._here()
        assert message["kind"] in MESSAGE_KINDS  # a node takes no other
        self.told.append((survey, message))

    def close_room(self, node: str, survey: str, ended_us: int | None = None) -> list[ClosedTrack]:
        self._here()
        self.closed.append(survey)
        return []

    def remove(self, node: str, survey: str, participant: str) -> None:
        self._here()
        self.removed.append((survey, participant))

    def spooled(self, node: str, survey: str, digest: str) -> bytes | None:
        self._here()
        return self.spool.get(digest)

    def health(self, node: str) -> dict[str, object]:
        self._here()
        return {"status": "ok"}

    def pass_on(self, node: str, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if node != "n1":
            raise NotFound("node-unknown")
        self._here()
        self.passed.append((node, method, path, body))
        return self.answer

    def _here(self) -> None:
        if self.away:
            raise Unavailable("node-away")


class FakeJobs:
    def __init__(self) -> None:
        self.snapshots: list[str] = []
        self.exports: list[str] = []
        self.papers: list[str] = []
        self.clips: list[str] = []
        self.uploads: list[str] = []
        self.media: list[Job] = []

    def cut_snapshot(self, snapshot: str) -> None:
        self.snapshots.append(snapshot)

    def write_export(self, export: str) -> None:
        self.exports.append(export)

    def make_paper(self, paper: str) -> None:
        self.papers.append(paper)

    def cut_clip(self, clip: str) -> None:
        self.clips.append(clip)

    def check_upload(self, upload: str) -> None:
        self.uploads.append(upload)

    def work_on(self, job: Job) -> None:
        self.media.append(job)


class Moving:
    """An office whose database can be exchanged for a fresh copy between two requests."""

    def __init__(self, office: SqlOffice) -> None:
        self.now = office

    def write(self, about: str | None = None) -> AbstractContextManager[Work]:
        return self.now.write(about)

    def read(self) -> AbstractContextManager[Work]:
        return self.now.read()


@dataclass(slots=True)
class World:
    """`people` by word ("inspector", "other inspector", …), `own` and `other` a case each with a live survey."""

    folder: Path
    services: Services
    app: Flask
    office: Moving
    nodes: FakeNodes
    jobs: FakeJobs
    people: dict[str, Person]
    facts: dict[str, str]
    secrets: dict[str, str]
    clock: list[datetime]
    copies: Iterator[int]
    base: Database

    def fresh(self) -> None:
        """The office as it was when the day began."""
        self.base.close()
        place = self.folder / f"copy-{next(self.copies)}.db"
        shutil.copyfile(self.folder / "day.db", place)
        self.base = Database(f"sqlite:///{place}")
        self.office.now = SqlOffice(self.base)

    def browser(self, who: str) -> "Browser":
        return Browser(self, self.secrets.get(who, ""))


class Browser:
    """A browser with somebody's cookie, which sends the form token that the site gave it."""

    def __init__(self, world: World, secret: str) -> None:
        self.client: FlaskClient = world.app.test_client()
        if secret:
            self.client.set_cookie("takan", secret)
        self.csrf = self.client.get("/api/v1/me").get_json()["csrf"]

    def ask(self, method: str, path: str, body: Any = None, form: dict[str, str] | None = None, **more: Any) -> Any:
        headers = {"X-CSRF-Token": self.csrf, **more.pop("headers", {})}
        if form is not None:
            return self.client.open(path, method=method, data=form | {"csrf": self.csrf}, **more)
        data = None if body is None else json.dumps(body)
        kind = None if body is None else "application/json"
        return self.client.open(path, method=method, data=data, content_type=kind, headers=headers, **more)

    def get(self, path: str, **more: Any) -> Any:
        return self.client.get(path, **more)


def make_world(folder: Path, web: Web | None = None) -> World:
    """Built by the services themselves, as the day would have gone."""
    make_keys(folder / "keys")
    make_chain(folder / "keys", "Office", NOW)
    keys = read_keys(folder / "keys")
    url = f"sqlite:///{folder / 'day.db'}"
    migrate(url)
    base, clock, numbers = Database(url), [NOW], count(1)
    office = Moving(SqlOffice(base))
    nodes, jobs = FakeNodes(), FakeJobs()
    services = Services(
        settings=Configuration(data=folder, web=web or Web()),
        office=office,
        objects=LocalObjects(folder / "objects"),
        uploads=LocalUploads(folder / "objects"),
        signer=FileSigner(keys.ledger),
        passwords=FakePasswords(),
        nodes=nodes,
        jobs=jobs,
        tickets=TicketSigner(keys.ticket),
        codes=SvgCodes(),
        now=lambda: clock[0],
        new_id=lambda: f"id{next(numbers)}",
        new_secret=lambda: f"secret-{next(numbers)}",
        session_key=keys.session,
        sealer=PadesSealer(read_chain(folder / "keys", "", "", ""), "Office"),
    )
    app = create_app(services)
    app.testing = True
    world = World(folder, services, app, office, nodes, jobs, {}, {}, {}, clock, count(1), base)
    _people(world)
    for owner in ("", "other "):
        _case(world, owner)
    begin_history(office, services.signer, NOW)
    sequence_all(office, services.signer, "takan.example/log", "world", NOW)
    base.close()
    world.fresh()
    return world


def _people(world: World) -> None:
    given = world.services
    seed_catalogue(given.office)
    staff = ("administrator", "inspector", "approver", "supervisor", "auditor", "other inspector", "other approver")
    for word in staff:
        role = Role(word.rpartition(" ")[2])
        name = word.replace(" ", "-")
        hashed = given.passwords.hash(PASSWORD)
        person = Person(given.new_id(), word.title(), name, role, hashed, False, True, NOW)
        with given.office.write() as work:
            work.people.add(person)
        world.people[word] = person
        secret = given.new_secret()
        sign_in(given.office, given.passwords, name, PASSWORD, "127.0.0.1", secret, None, NOW)
        world.secrets[word] = secret


def _case(world: World, owner: str) -> None:
    """A case with a live survey: consent given, two segments recorded, a snapshot cut, an export written."""
    given = world.services
    actor = actor_of(world.people[f"{owner}inspector"])
    approver = world.people[f"{owner}approver"].id
    case = take_in(
        given.office, given.signer, actor, "food", "Applicant", "123", "1 Street", 30.0, 120.0, approver, NOW,
        given.new_id,
    )  # fmt: skip
    survey = book(given.office, given.signer, actor, case.id, "live", NOW, NOW, given.new_id)
    word = owner.strip() or "own"
    with world.app.test_request_context("/"):
        from server import links

        link_id = given.new_id()
        secret = links.secret_of(link_id)
    make_link(given.office, given.signer, actor, survey.id, link_id, secret, NOW, given.new_id)
    cookie = given.new_secret()
    applicant, _ = enter_by_link(given.office, secret, cookie, None, NOW)
    world.secrets[f"{owner}applicant"] = cookie
    give_consent(given.office, given.signer, applicant, survey.id, "Applicant", CONSENT_VERSION, "en", True, NOW)
    open_room(given.office, given.signer, actor, survey.id, ("n1",), NOW)
    track = _recorded(world, survey, applicant.id, word)
    snapshot = _snapshot(world, survey, track, actor)
    export = _exported(world, case, actor)
    _uploaded(world, survey, applicant, word)
    world.facts |= {
        f"{word}.case": case.id,
        f"{word}.survey": survey.id,
        f"{word}.applicant": applicant.id,
        f"{word}.link": secret,
        f"{word}.track": track,
        f"{word}.snapshot": snapshot,
        f"{word}.export": export.id,
        f"{word}.paper": _paper(world, case, survey, actor),
        f"{word}.clip": _clip(world, case, survey, actor),
        f"{word}.annotation": _annotated(world, survey, track, actor),
        f"{word}.survey64": base64.b64encode(survey.id.encode()).decode(),
    }


def _recorded(world: World, survey: Survey, participant: str, word: str) -> str:
    """One stored and one pending segment, told apart per survey."""
    index, store = SqlReceptionIndex(world.base), world.services.objects
    track = f"{participant}.video"
    epoch_us = int(NOW.timestamp() * 1_000_000)
    mark = word.encode()
    init, first, second = mark + INIT, mark + FIRST, mark + SECOND
    index.add_track(Track(track, survey.id, participant, "video", "H264", 90_000, epoch_us, "n1"))
    index.add_init(InitSegment(track, digest(init), len(init), "avc1.42e01f", 640, 360))
    for number, data in enumerate((first, second)):
        index.add_segment(Segment(track, digest(init), digest(data), len(data), number * 360_000, 360_000, True))
    index.add_gap(Gap(track, 720_000, 800_000, "loss"))
    for data in (init, first):
        store.put(digest(data), BytesIO(data), len(data))
        index.mark_stored(digest(data))
    world.nodes.spool[digest(second)] = second
    world.facts |= {f"{word}.stored": digest(first), f"{word}.pending": digest(second)}
    return track


def _exported(world: World, case: Case, actor: Actor) -> Export:
    """A small package, ready to be fetched: one paper and one playable file of two objects."""
    given, wish = world.services, Export(world.services.new_id(), case.id, actor.id, NOW, "running")
    with given.office.write() as work:
        work.exports.add(wish)
    planner, pieces = Planner(given.office, given.objects, wish.id), [INIT, FIRST]
    for data in pieces:
        given.objects.put(digest(data), BytesIO(data), len(data))
    planner.write("bagit.txt", iter([b"BagIt-Version: 1.0\n"]), ())
    planner.write("data/001.mp4", iter(pieces), [(digest(data), len(data)) for data in pieces])
    plan, size = planner.keep(case.number, "2026-11-24")
    ready = replace(wish, state="ready", done=1, total=1, plan=plan, size=size)
    with given.office.write() as work:
        work.exports.put(ready)
    return ready


def _uploaded(world: World, survey: Survey, applicant: Actor, word: str) -> None:
    """One file on its way, one that is evidence, with a poster and the job that made it."""
    given, limits = world.services, Limits(1000, 10, frozenset({"video"}))
    began = [
        begin_upload(
            given.office, given.uploads, applicant, survey.id, name, len(FILM), {}, limits, LASTS, NOW, given.new_id
        )
        for name in ("arriving.mp4", "film.mp4")
    ]
    claimed = claim_upload(given.office, applicant, began[1].id, 0, "pen")
    writer = given.uploads.resume(claimed.id, claimed.token, len(FILM), 0)
    writer.write(FILM)
    note_received(given.office, claimed, writer.keep(), NOW + LASTS)
    writer.close()
    given.uploads.finish(claimed.id, claimed.token, len(FILM))
    admit_upload(given.office, given.signer, claimed.id, digest(FILM), "video", "mov", NOW)
    given.objects.put(digest(PICTURE), BytesIO(PICTURE), len(PICTURE))
    kept = {"poster.jpg": (digest(PICTURE), len(PICTURE), "image/jpeg")}
    keep_renditions(given.office, claimed.id, kept, NOW, given.new_id)
    job = want_jobs(given.office, claimed.id, ("derive",), 10, NOW)[0]
    world.facts |= {f"{word}.upload": began[0].id, f"{word}.evidence": claimed.id, f"{word}.job": job.id}


def _paper(world: World, case: Case, survey: Survey, actor: Actor) -> str:
    given, data = world.services, b"%PDF-1.7 a record"
    given.objects.put(digest(data), BytesIO(data), len(data))
    paper = Paper(
        given.new_id(), case.id, survey.id, PaperKind.RECORD, "en", PaperState.READY, actor.id, NOW, "http://localhost",
        digest(b"subject"), digest(data), len(data),
    )  # fmt: skip
    with given.office.write() as work:
        work.papers.add(paper)
    return paper.id


def _clip(world: World, case: Case, survey: Survey, actor: Actor) -> str:
    given, data = world.services, b"a clip"
    given.objects.put(digest(data), BytesIO(data), len(data))
    clip = Clip(
        given.new_id(), case.id, survey.id, ClipKind.WHOLE, None, 0, 1, RenditionState.READY, actor.id, NOW,
        digest(data), len(data),
    )  # fmt: skip
    with given.office.write() as work:
        work.clips.add(clip)
    return clip.id


def _annotated(world: World, survey: Survey, track: str, actor: Actor) -> str:
    given, sight = world.services, Sight(None, track, time_us=1_000_000)
    drawn = Drawn("box", ((100_000, 100_000), (500_000, 400_000)), "A", "A crack")
    found, _ = annotate(given.office, given.objects, given.signer, actor, survey.id, given.new_id(), sight, drawn, NOW)
    return found.mark.id


def _snapshot(world: World, survey: Survey, track: str, actor: Actor) -> str:
    given, word = world.services, "own" if "own.case" not in world.facts else "other"
    given.objects.put(digest(PICTURE), BytesIO(PICTURE), len(PICTURE))
    snapshot = Snapshot(
        given.new_id(), survey.id, track, 90_000, RenditionState.READY, actor.id, NOW, None, 90_000,
        digest(PICTURE), len(PICTURE), 640, 360, world.facts[f"{word}.stored"],
    )  # fmt: skip
    with given.office.write() as work:
        work.snapshots.add(snapshot)
    return snapshot.id


def actor_of(person: Person) -> Actor:
    return Actor(person.id, person.name, person.role, None, person.must_change)


def later(world: World, seconds: float) -> None:
    world.clock[0] += timedelta(seconds=seconds)
