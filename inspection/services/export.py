"""Make a case's package: a BagIt bag (RFC 8493) that anybody can verify without this software."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from inspection.model.deadline import office_day
from inspection.model.decision import Export
from inspection.model.documents import clip_document, entry_line, evidence_document, head_document
from inspection.model.errors import WrongDigest, WrongMoment
from inspection.model.event import Event
from inspection.model.evidence import Evidence
from inspection.model.ledger import canonical
from inspection.model.package import (
    ANNOTATIONS_PATH,
    BAGIT,
    BAGIT_PATH,
    CASE_PATH,
    DECISION_PATH,
    HEAD_PATH,
    INDEX_PATH,
    INFO_PATH,
    LEDGER_PATH,
    MANIFEST_PATH,
    SIGNED_PREFIX,
    TAGMANIFEST_PATH,
    FileFacts,
    PlayableFile,
    bag_info,
    clip_path,
    layout_document,
    manifest,
    original_name,
    paper_path,
    playable_files,
    recording_path,
    signature_line,
    store_line,
    survey_path,
    upload_path,
)
from inspection.model.people import SYSTEM
from inspection.model.text import DIGEST
from inspection.model.tlog import VerifierKey
from inspection.model.upload import upload_name
from inspection.model.web_annotation import collection
from inspection.ports import Ahead, IndexPage, ObjectStore, Office, PackageWriter, Signer
from inspection.services.collect import Papers, SurveyPapers, collect, in_order
from inspection.services.custody import enter
from inspection.services.plan_package import Planner, literal
from inspection.services.tell_package import tell

Progress = Callable[[int, int], None]  # bytes of recordings and pictures looked at, and in all
CHUNK = 1 << 20
LIST_LARGEST = 16_000_000


@dataclass(frozen=True, slots=True)
class Making:
    """What a package is made with. `ahead` fetches bytes on another thread, `keeping` is what the store says of
    itself (see `ObjectStore.keeping`)."""

    store: ObjectStore
    signer: Signer
    page: IndexPage
    ahead: Ahead = lambda chunks: chunks
    witnesses: tuple[VerifierKey, ...] = ()
    authority: bytes = b""  # the time-stamp authority's certificates, PEM


def export_case(
    office: Office,
    making: Making,
    export: str,
    now: datetime,
    progress: Progress = lambda done, total: None,
) -> Export:
    """Make the package of one wish, in memory that does not grow with it. An interrupted attempt is gone on with at
    the file where it was; one that is ready is given as it is.

    Raises what `collect` raises, `WrongMoment("export-failed")`,
    `NotFound("object-missing")`, `WrongDigest` when the store gives other bytes than it took.
    """
    with office.read() as work:
        wish = work.exports.get(export)
        if wish.state == "ready":
            return wish
        if wish.state == "failed":
            raise WrongMoment("export-failed")
        papers = collect(work, wish.case, making.witnesses, making.authority)
    total = _total(papers)
    _mark(office, replace(wish, state="running", total=total))
    planner = Planner(office, making.store, export)
    digest = write_package(making, planner, papers, now, lambda done: progress(min(done, total), total))
    plan, size = planner.keep(papers.case.number, office_day(now).isoformat())
    with office.write() as work:
        ready = replace(work.exports.get(export), state="ready", done=total, total=total, plan=plan, size=size)
        work.exports.put(ready)
        body = {"export": export, "for": wish.wanted_by}
        enter(work, making.signer, wish.case, Event.EXPORTED, SYSTEM, now, body, digest)
    return ready


def write_package(
    making: Making, writer: PackageWriter, papers: Papers, now: datetime, told: Callable[[int], None]
) -> str:
    """Every file of the package goes to the writer; the SHA-256 of the payload's manifest."""
    bag = _Bag(making, writer, told)
    _write_payload(bag, papers)
    writer.finish()  # what the tags tell of is there before they are
    digest = _write_tags(bag, papers, now)
    writer.finish()
    return digest


def unfold_case(
    office: Office, making: Making, case: str, writer: PackageWriter, now: datetime, told: Callable[[int], None]
) -> str:
    """Write a case's package straight to the writer, every byte read once: for the command line. The ledger tells of
    it afterwards, so the package does not hold that entry. Raises what `collect` raises, `NotFound`, `WrongDigest`."""
    with office.read() as work:
        papers = collect(work, case, making.witnesses, making.authority)
    digest = write_package(making, writer, papers, now, told)
    with office.write() as work:
        enter(work, making.signer, case, Event.EXPORTED, SYSTEM, now, {"export": None, "for": SYSTEM.id}, digest)
    return digest


def tell_progress(office: Office, export: str, done: int) -> None:
    """Write down how many bytes are done: for the caller's `progress`, at its own pace."""
    with office.write() as work:
        found = work.exports.get(export)
        if found.state == "running":
            work.exports.put(replace(found, done=done))


class _Bag:
    """The files of a package as they are written: each path once, its digest and size kept for the manifests."""

    def __init__(self, making: Making, writer: PackageWriter, told: Callable[[int], None]) -> None:
        self.making, self._writer, self._told = making, writer, told
        self._done = 0
        self.files: dict[str, FileFacts] = {}

    def put(self, path: str, data: bytes) -> None:
        self.files[path] = self._writer.write(path, iter((data,) if data else ()), ())

    def put_paper(self, path: str, value: Any) -> None:
        self.put(path, canonical(value))

    def put_picture(self, path: str, digest: str, size: int) -> None:
        self._put_pieces(path, [(digest, size)])

    def put_playable(self, path: str, file: PlayableFile) -> None:
        pieces = [(file.init.digest, file.init.bytes)]
        if file.index:
            pieces.append(literal(file.index))
        self._put_pieces(path, [*pieces, *((one.digest, one.bytes) for one in file.segments)])

    def put_original(self, path: str, evidence: Evidence) -> None:
        """An upload lies under its evidence's id. Raises `WrongDigest`."""
        self._put_pieces(path, [(upload_name(evidence.id), evidence.bytes)])
        if self.files[path].sha256 != evidence.sha256:
            raise WrongDigest(evidence.sha256)

    def whole(self, digest: str) -> bytes:
        """A small object. Raises `WrongDigest`."""
        with self.making.store.open(digest) as source:
            data = source.read(LIST_LARGEST)
        if hashlib.sha256(data).hexdigest() != digest:
            raise WrongDigest(digest)
        return data

    def _put_pieces(self, path: str, pieces: Sequence[tuple[str, int]]) -> None:
        found = self._writer.had(path, pieces)
        if found is None:
            found = self._writer.write(path, self.making.ahead(self._bytes(pieces)), pieces)
        else:
            self._tell(found.size)
        self.files[path] = found

    def _bytes(self, pieces: Sequence[tuple[str, int]]) -> Iterator[bytes]:
        for piece, size in pieces:
            if piece.startswith("="):
                yield bytes.fromhex(piece[1:])
            else:
                yield from self._object(piece, size)

    def _object(self, digest: str, size: int) -> Iterator[bytes]:
        own, seen = hashlib.sha256(), 0
        with self.making.store.open(digest) as source:
            while chunk := source.read(CHUNK):
                own.update(chunk)
                seen += len(chunk)
                self._tell(len(chunk))
                yield chunk
        if seen != size or (DIGEST.fullmatch(digest) and own.hexdigest() != digest):
            raise WrongDigest(digest)

    def _tell(self, more: int) -> None:
        self._done += more
        self._told(self._done)


def _head_key(papers: Papers) -> bytes:
    """The public key that the ledger's end was signed with: the current one, or one that it has followed since."""
    keys = {one["key"]: one["public_key"] for one in papers.log.keys["keys"]}
    return bytes.fromhex(keys[papers.head.key])


def _write_payload(bag: _Bag, papers: Papers) -> None:
    bag.put_paper(CASE_PATH, papers.paper)
    bag.put(LEDGER_PATH, b"".join(canonical(entry_line(entry)) + b"\n" for entry in papers.entries))
    bag.put_paper(HEAD_PATH, head_document(papers.head, _head_key(papers)))
    for path, data in papers.log.files().items():
        bag.put(path, data)
    if papers.decision is not None:
        bag.put_paper(DECISION_PATH, papers.decision)
    bag.put_paper(ANNOTATIONS_PATH, collection(papers.case.id, papers.case.number, papers.annotations))
    for paper in papers.papers:
        if paper.sha256 is not None:
            bag.put_picture(paper_path(paper.id), paper.sha256, paper.bytes)
    recordings = []
    for number, survey in enumerate(papers.surveys, start=1):
        recordings.append(_write_survey(bag, number, survey))
    facts = tell(papers, recordings, bag.making.signer.fingerprint(), bag.making.store.keeping())
    bag.put(INDEX_PATH, bag.making.page.page(facts))


def _write_survey(bag: _Bag, number: int, papers: SurveyPapers) -> list[dict[str, Any]]:
    """The lists of its recordings."""
    bag.put_paper(survey_path(number, "survey.json"), papers.survey)
    bag.put_paper(survey_path(number, "findings.json"), papers.findings)
    bag.put_paper(survey_path(number, "snapshots.json"), papers.snapshots)
    for picture in papers.pictures:
        if picture.sha256 is not None:
            bag.put_picture(survey_path(number, f"snapshots/{picture.id}.jpg"), picture.sha256, picture.bytes)
    bag.put_paper(survey_path(number, "clips.json"), in_order([clip_document(one) for one in papers.clips]))
    for clip in papers.clips:
        bag.put_picture(clip_path(number, clip.id), clip.sha256 or "", clip.bytes)
    for evidence in papers.uploads:
        bag.put_paper(upload_path(number, evidence.id, "evidence.json"), evidence_document(evidence))
        bag.put_original(upload_path(number, evidence.id, original_name(evidence.facts.get("format"))), evidence)
    lists = []
    for evidence in papers.recordings:
        track = evidence.track or evidence.id
        bag.put_paper(recording_path(number, track, "evidence.json"), evidence_document(evidence))
        data = bag.whole(evidence.sha256)
        bag.put(recording_path(number, track, "list.json"), data)
        lists.append(listing := json.loads(data))
        files = playable_files(listing)
        bag.put_paper(recording_path(number, track, "files.json"), layout_document(files))
        for file in files:
            bag.put_playable(recording_path(number, track, file.name), file)
    return lists


def _write_tags(bag: _Bag, papers: Papers, now: datetime) -> str:
    """The tag files; the SHA-256 of the payload's manifest."""
    payload = {path: one for path, one in bag.files.items() if path.startswith("data/")}
    listing = manifest((path, one.sha256) for path, one in payload.items())
    digest = hashlib.sha256(listing).hexdigest()
    info = bag_info(
        papers.case.number,
        office_day(now).isoformat(),
        (sum(one.size for one in payload.values()), len(payload)),
        digest,
        bag.making.signer.public_key().hex(),
        bag.files[INDEX_PATH].sha256,
        store_line(bag.making.store.keeping()),
    )
    info += signature_line(bag.making.signer.sign(SIGNED_PREFIX + info))
    for path, data in {BAGIT_PATH: BAGIT, INFO_PATH: info, MANIFEST_PATH: listing}.items():
        bag.put(path, data)
    tags = (BAGIT_PATH, INFO_PATH, INDEX_PATH, MANIFEST_PATH)
    bag.put(TAGMANIFEST_PATH, manifest((path, bag.files[path].sha256) for path in tags))
    return digest


def _total(papers: Papers) -> int:
    pictures = sum(picture.bytes for survey in papers.surveys for picture in survey.pictures)
    pictures += sum(clip.bytes for survey in papers.surveys for clip in survey.clips)
    papered = sum(paper.bytes for paper in papers.papers)
    return (
        pictures
        + papered
        + sum(evidence.bytes for survey in papers.surveys for evidence in (*survey.recordings, *survey.uploads))
    )


def _mark(office: Office, export: Export) -> None:
    with office.write() as work:
        work.exports.put(export)
