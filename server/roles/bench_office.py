"""An office in a folder with one case and so many bytes of made-up recording: what `bench verify` measures on."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspection.model.ledger import microseconds
from inspection.model.participant import CONSENT_VERSION
from inspection.model.people import Actor, Person, Role
from inspection.services.book import book
from inspection.services.conclude import conclude
from inspection.services.consent import give_consent
from inspection.services.export import export_case, unfold_case
from inspection.services.open_room import open_room
from inspection.services.plan_package import PlannedPackage
from inspection.services.sequence import origin_of, sequence_all
from inspection.services.take_in import take_in
from inspection.services.want_export import want_export
from media.ports import InitSegment, Segment, Track
from server import wiring
from server.configuration import load
from server.outbound.making import making
from server.outbound.package import FolderWriter
from server.services import Services
from storage.objects.bytes import key_of
from storage.shelves.reception_index import SqlReceptionIndex

SEGMENT = 4 << 20  # bytes: 6 s at 5.6 Mbit/s
TICKS = 6 * 90_000
INIT = b"ftyp moov of nothing that plays"


@dataclass(frozen=True, slots=True)
class Bench:
    """`case` has one survey of two pictures, ended and admitted."""

    given: Services
    inspector: Actor
    case: str

    def exported(self) -> PlannedPackage:
        given, now = self.given, self.given.now()
        wish = want_export(given.office, given.signer, self.inspector, self.case, now, given.new_id)
        sequence_all(given.office, given.signer, origin_of(given.office, ""), "bench", now)
        ready = export_case(given.office, making(given), wish.id, given.now())
        return PlannedPackage(given.objects, ready.plan or "")

    def unfolded(self, path: Path) -> None:
        """As `takan export` does."""
        given, now = self.given, self.given.now()
        sequence_all(given.office, given.signer, origin_of(given.office, ""), "bench", now)
        unfold_case(given.office, making(given), self.case, FolderWriter(path), now, lambda done: None)


def make(folder: Path, size: int, sparse: bool) -> Bench:
    """`sparse`: objects are mostly holes, so that the disk needs not hold them; hashing and reading are the same."""
    configuration = load(folder, None, {})
    wiring.prepare(configuration)
    given = wiring.services(configuration)
    inspector, approver = (_person(given, role) for role in (Role.INSPECTOR, Role.APPROVER))
    taken: dict[str, Any] = {"item": "", "applicant": "Bench", "phone": "", "address": "1 Bench Street"}
    taken["approver"] = approver.id
    with given.office.read() as work:
        taken["item"] = work.items.list()[0].id
    now = given.now()
    case = take_in(
        given.office, given.signer, inspector, **taken, latitude=30.0, longitude=120.0, now=now, new_id=given.new_id
    )
    survey = book(given.office, given.signer, inspector, case.id, "live", now, now, given.new_id)
    with given.office.read() as work:
        row = next(one for one in work.participants.of_survey(survey.id) if one.role is Role.APPLICANT)
    guest = Actor(row.id, row.name, row.role, survey.id)
    give_consent(given.office, given.signer, guest, survey.id, "Bench", CONSENT_VERSION, "en", True, now)
    open_room(given.office, given.signer, inspector, survey.id, ["n1"], now)
    index = SqlReceptionIndex(wiring.database(configuration))
    whole = size // SEGMENT
    for who, count in ((row.id, whole - whole // 2), ("screen", whole // 2)):
        track = Track(f"{who}.video", survey.id, row.id, "video", "H264", 90_000, microseconds(now), "n1")
        _track(index, configuration.objects_folder(), track, count, sparse)
    conclude(
        given.office, given.objects, given.signer, inspector, survey.id, "pass", "", True, given.now(), given.new_id
    )
    return Bench(given, inspector, case.id)


def _person(given: Services, role: Role) -> Actor:
    person = Person(given.new_id(), role.value, role.value, role, "-", False, True, given.now())
    with given.office.write() as work:
        work.people.add(person)
    return Actor(person.id, person.name, role, None, False)


def _track(index: SqlReceptionIndex, folder: Path, track: Track, count: int, sparse: bool) -> None:
    index.add_track(track)
    init = _object(folder, INIT, len(INIT), b"")
    index.add_init(InitSegment(track.id, init, len(INIT), "avc1.42e01f", 640, 360))
    index.mark_stored(init)
    block = b"" if sparse else os.urandom(SEGMENT)
    for number in range(count):
        digest = _object(folder, f"{track.id} {number:>16}".encode(), SEGMENT, block)
        index.add_segment(Segment(track.id, init, digest, SEGMENT, number * TICKS, TICKS, True))
        index.mark_stored(digest)


def _object(folder: Path, head: bytes, size: int, block: bytes) -> str:
    """Straight into the folder: `head`, then the block's bytes or a hole."""
    data = head + (block[len(head) :] if block else bytes(size - len(head)))
    digest = hashlib.sha256(data).hexdigest()
    path = folder / key_of(digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(data if block else head)
        file.truncate(size)
    return digest
