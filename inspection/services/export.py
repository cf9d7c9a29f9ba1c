"""Write a case's package: a BagIt folder (RFC 8493) that anybody can verify without this software."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from inspection.model.deadline import office_day
from inspection.model.decision import Export
from inspection.model.documents import entry_line, evidence_document, head_document
from inspection.model.errors import WrongDigest, WrongMoment
from inspection.model.event import Event
from inspection.model.ledger import canonical
from inspection.model.package import (
    BAGIT,
    BAGIT_PATH,
    CASE_PATH,
    DECISION_PATH,
    HEAD_PATH,
    INFO_PATH,
    LEDGER_PATH,
    MANIFEST_PATH,
    SIGNED_PREFIX,
    TAGMANIFEST_PATH,
    bag_info,
    manifest,
    recording_path,
    run_name,
    runs,
    signature_line,
    survey_path,
)
from inspection.model.people import SYSTEM
from inspection.ports import ObjectStore, Office, PackageWriter, Signer
from inspection.services.collect import Papers, SurveyPapers, collect
from inspection.services.custody import enter

Progress = Callable[[int, int], None]  # bytes of recordings and pictures written, and in all
CHUNK = 256 * 1024
LIST_LARGEST = 16_000_000


def export_case(
    office: Office,
    store: ObjectStore,
    signer: Signer,
    export: str,
    writer: PackageWriter,
    now: datetime,
    progress: Progress = lambda done, total: None,
) -> Export:
    """Write the package of one wish, in memory that does not grow with it. An interrupted one may be begun anew in
    an empty folder; one that is ready is given as it is.

    Raises `WrongMoment("survey-running" | "evidence-pending" | "segments-pending" | "snapshots-pending")`,
    `NotFound("object-missing")`, `WrongDigest` when the store gives other bytes than it took.
    """
    with office.read() as work:
        wish = work.exports.get(export)
        if wish.state == "ready":
            return wish
        if wish.state == "failed":
            raise WrongMoment("export-failed")
        papers = collect(work, wish.case)
    total = _total(papers)
    _mark(office, replace(wish, state="running", total=total))
    bag = _Bag(store, writer, lambda done: progress(min(done, total), total))
    _write_payload(bag, papers, signer)
    digest = _write_tags(bag, papers, signer, now)
    with office.write() as work:
        ready = replace(work.exports.get(export), state="ready", done=total, total=total)
        work.exports.put(ready)
        enter(work, signer, wish.case, Event.EXPORTED, SYSTEM, now, {"export": export, "for": wish.wanted_by}, digest)
    return ready


def tell_progress(office: Office, export: str, done: int) -> None:
    """Write down how many bytes are done: for the caller's `progress`, at its own pace."""
    with office.write() as work:
        found = work.exports.get(export)
        if found.state == "running":
            work.exports.put(replace(found, done=done))


class _Bag:
    """The files of a package as they are written: each path once, its digest and size kept for the manifests."""

    def __init__(self, store: ObjectStore, writer: PackageWriter, told: Callable[[int], None]) -> None:
        self._store, self._writer, self._told = store, writer, told
        self._done = 0
        self.files: dict[str, tuple[str, int]] = {}

    def put(self, path: str, chunks: Iterator[bytes]) -> None:
        whole, size = hashlib.sha256(), 0

        def passing() -> Iterator[bytes]:
            nonlocal size
            for chunk in chunks:
                whole.update(chunk)
                size += len(chunk)
                yield chunk

        self._writer.write(path, passing())
        self.files[path] = (whole.hexdigest(), size)

    def put_paper(self, path: str, value: Any) -> None:
        self.put(path, iter((canonical(value),)))

    def put_objects(self, path: str, digests: list[str]) -> None:
        """One file of several objects, one after another."""
        self.put(path, (chunk for digest in digests for chunk in self._object(digest)))

    def whole(self, digest: str) -> bytes:
        """A small object. Raises `WrongDigest`."""
        with self._store.open(digest) as source:
            data = source.read(LIST_LARGEST)
        if hashlib.sha256(data).hexdigest() != digest:
            raise WrongDigest(digest)
        return data

    def _object(self, digest: str) -> Iterator[bytes]:
        own = hashlib.sha256()
        with self._store.open(digest) as source:
            while chunk := source.read(CHUNK):
                own.update(chunk)
                yield chunk
                self._done += len(chunk)
                self._told(self._done)
        if own.hexdigest() != digest:
            raise WrongDigest(digest)


def _write_payload(bag: _Bag, papers: Papers, signer: Signer) -> None:
    bag.put_paper(CASE_PATH, papers.paper)
    bag.put(LEDGER_PATH, (canonical(entry_line(entry)) + b"\n" for entry in papers.entries))
    bag.put_paper(HEAD_PATH, head_document(papers.head, signer.public_key()))
    if papers.decision is not None:
        bag.put_paper(DECISION_PATH, papers.decision)
    for number, survey in enumerate(papers.surveys, start=1):
        _write_survey(bag, number, survey)


def _write_survey(bag: _Bag, number: int, papers: SurveyPapers) -> None:
    bag.put_paper(survey_path(number, "survey.json"), papers.survey)
    bag.put_paper(survey_path(number, "findings.json"), papers.findings)
    bag.put_paper(survey_path(number, "snapshots.json"), papers.snapshots)
    for picture in papers.pictures:
        if picture.sha256 is not None:
            bag.put_objects(survey_path(number, f"snapshots/{picture.id}.jpg"), [picture.sha256])
    for evidence in papers.recordings:
        track = evidence.track or evidence.id
        bag.put_paper(recording_path(number, track, "evidence.json"), evidence_document(evidence))
        data = bag.whole(evidence.sha256)
        bag.put(recording_path(number, track, "list.json"), iter((data,)))
        for run, (init, segments) in enumerate(runs(json.loads(data)["segments"]), start=1):
            digests = [init, *(segment["digest"] for segment in segments)]
            bag.put_objects(recording_path(number, track, run_name(run)), digests)


def _write_tags(bag: _Bag, papers: Papers, signer: Signer, now: datetime) -> str:
    """The tag files; the SHA-256 of the payload's manifest."""
    listing = manifest((path, digest) for path, (digest, _) in bag.files.items())
    payload = (sum(size for _, size in bag.files.values()), len(bag.files))
    digest = hashlib.sha256(listing).hexdigest()
    info = bag_info(papers.case.number, office_day(now).isoformat(), payload, digest, signer.fingerprint())
    info += signature_line(signer.sign(SIGNED_PREFIX + info))
    tags = {BAGIT_PATH: BAGIT, INFO_PATH: info, MANIFEST_PATH: listing}
    for path, data in tags.items():
        bag.put(path, iter((data,)))
    bag.put(TAGMANIFEST_PATH, iter((manifest((path, bag.files[path][0]) for path in tags),)))
    return digest


def _total(papers: Papers) -> int:
    pictures = sum(picture.bytes for survey in papers.surveys for picture in survey.pictures)
    return pictures + sum(evidence.bytes for survey in papers.surveys for evidence in survey.recordings)


def _mark(office: Office, export: Export) -> None:
    with office.write() as work:
        work.exports.put(export)
