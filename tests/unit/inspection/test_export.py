"""A case leaves as a bag that anybody can read."""

import json
import tracemalloc
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from typing import Any, BinaryIO

import pytest

from inspection.model.errors import Forbidden, NotFound, Unavailable, WrongDigest, WrongMoment
from inspection.model.event import Event
from inspection.model.paper import Paper, PaperKind, PaperState
from inspection.model.people import SYSTEM
from inspection.model.survey import Survey
from inspection.model.upload import Upload, UploadState, upload_name
from inspection.model.verdict import Origin, Overall, Part, Standing
from inspection.ports import Alone
from inspection.services.admit import admit
from inspection.services.admit_upload import admit_upload
from inspection.services.custody import enter
from inspection.services.export import tell_progress
from inspection.services.fsck import fsck
from inspection.services.plan_package import PlannedPackage
from inspection.services.snapshots import want_snapshot
from inspection.services.verify import Beforehand, verify
from inspection.services.want_export import fail_export, read_export, want_export
from tests.builders import STILL, Stage, init_bytes, segment_bytes
from tests.fakes import FakeFolder, FakeJudge, FakeObjects


def wish(stage: Stage, case: str, actor: Any = None) -> Any:
    by = actor or stage.inspector
    return want_export(stage.office, stage.signer, by, case, stage.later(seconds=1), stage.new_id)


def test_the_folder_is_a_bag_of_rfc_8493() -> None:
    stage = Stage()
    folder = stage.exported()
    assert folder["bagit.txt"] == b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    for name, inside in (("manifest-sha256.txt", True), ("tagmanifest-sha256.txt", False)):
        lines = {path: digest for digest, path in (line.split("  ") for line in folder[name].decode().splitlines())}
        own = {path for path in folder if path.startswith("data/") == inside} - {"tagmanifest-sha256.txt"}
        assert set(lines) == own
        assert all(sha256(folder[path]).hexdigest() == digest for path, digest in lines.items())
    info = dict(line.split(": ", 1) for line in folder["bag-info.txt"].decode().splitlines())
    payload = [len(data) for path, data in folder.items() if path.startswith("data/")]
    assert info["Payload-Oxum"] == f"{sum(payload)}.{len(payload)}"
    assert (info["External-Identifier"], info["Bagging-Date"]) == ("TK-20261124-0001", "2026-11-24")


def test_a_recording_is_playable_files_and_the_list_that_was_admitted() -> None:
    stage = Stage()
    survey = stage.decided()
    folder = stage.exported(survey)
    for evidence in stage.evidence(survey.id):
        place = f"data/surveys/1/recordings/{evidence.track}"
        participant, kind = (evidence.track or "").split(".")
        assert sha256(folder[f"{place}/list.json"]).hexdigest() == evidence.sha256
        pieces = [init_bytes(kind), *(segment_bytes(participant, kind, number) for number in range(3))]
        movie, layout = folder[f"{place}/001.mp4"], json.loads(folder[f"{place}/files.json"])
        (told,) = layout["files"]
        assert movie[told["index"]["offset"] + 4 :][:4] == b"sidx"
        assert [movie[one["offset"] :][: one["bytes"]] for one in (told["init"], *told["segments"])] == pieces
        assert len(movie) == told["bytes"] == told["index"]["bytes"] + sum(map(len, pieces))


def test_another_init_segment_begins_another_file() -> None:
    stage = Stage()
    survey, track = stage.filmed()
    other = replace(track.inits[0], digest=sha256(b"another moov").hexdigest(), bytes=12, width=1280, height=720)
    stage.store[other.digest] = b"another moov"
    stage.received(
        replace(
            track,
            inits=(*track.inits, other),
            segments=(*track.segments[:1], replace(track.segments[1], init=other.digest), *track.segments[2:]),
        )
    )
    ended = stage.ended(survey)
    folder = stage.exported(ended)
    files = [path.rpartition("/")[2] for path in sorted(folder) if f"{track.id}/" in path and path.endswith("mp4")]
    assert files == ["001.mp4", "002.mp4", "003.mp4"]
    assert folder[f"data/surveys/1/recordings/{track.id}/002.mp4"].startswith(b"another moov")


def test_the_papers_say_what_happened() -> None:
    stage = Stage()
    folder = stage.exported()
    case, survey = json.loads(folder["data/case.json"]), json.loads(folder["data/surveys/1/survey.json"])
    assert (case["state"], case["case"]["applicant"], case["approver"]["name"]) == ("approved", "王芳", "赵敏")
    assert survey["ending"]["note"] == "货架待整改"
    assert json.loads(folder["data/decision.json"])["outcome"] == "approved"
    events = [json.loads(line)["event"] for line in folder["data/ledger.jsonl"].splitlines()]
    assert events[-2:] == ["decided", "export-wanted"]
    assert json.loads(folder["data/head.json"])["count"] == len(events)


def test_the_export_is_told_with_its_progress_and_its_digest() -> None:
    stage = Stage()
    survey = stage.decided()
    export = wish(stage, survey.case)
    assert wish(stage, survey.case) == export
    told: list[tuple[int, int]] = []
    ready = stage.export(export.id, lambda *done: told.append(done))
    folder = stage.unfolded(ready)
    total = sum(evidence.bytes for evidence in stage.evidence(survey.id)) + len(STILL)
    assert (ready.state, ready.done, ready.total, told[-1]) == ("ready", total, total, (total, total))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    with stage.office.read() as work:
        last = work.ledger.entries(survey.case)[-1]
    assert (last.event, last.digest) == ("exported", sha256(folder["manifest-sha256.txt"]).hexdigest())
    again = stage.export(export.id)
    assert again == ready
    assert read_export(stage.office, stage.signer, stage.approver, survey.case, export.id, stage.now) == ready
    tell_progress(stage.office, export.id, 5)
    assert fail_export(stage.office, export.id, "object-missing") == ready


def test_what_is_not_settled_is_not_exported() -> None:
    stage = Stage()
    survey, track = stage.filmed()
    with pytest.raises(WrongMoment, match="survey-running"):
        wish(stage, survey.case)
    stage.ended(survey, closed=False)
    with pytest.raises(WrongMoment, match="evidence-pending"):
        wish(stage, survey.case)
    admit(stage.office, stage.store, stage.signer, survey.id, stage.now, stage.new_id)
    export = wish(stage, survey.case)
    stage.received(replace(track, segments=tuple(replace(one, stored=False) for one in track.segments)))
    before = set(stage.store)
    with pytest.raises(WrongMoment, match="segments-pending"):
        stage.export(export.id)
    stage.received(track)
    want_snapshot(
        stage.office, stage.inspector, survey.id, track.id, track.start, None, stage.now, stage.new_id
    )  # fmt: skip
    with pytest.raises(WrongMoment, match="snapshots-pending"):
        stage.export(export.id)
    assert set(stage.store) == before
    assert fail_export(stage.office, export.id, "snapshots-pending").state == "failed"
    with pytest.raises(WrongMoment, match="export-failed"):
        stage.export(export.id)


def test_bytes_that_the_store_spoiled_do_not_leave() -> None:
    stage = Stage()
    survey, track = stage.filmed()
    ended = stage.ended(survey)
    export = wish(stage, ended.case)
    good = stage.store[track.segments[1].digest]
    stage.store[track.segments[1].digest] = good[:-1] + b"?"
    with pytest.raises(WrongDigest):
        stage.export(export.id)
    del stage.store[track.segments[1].digest]
    with pytest.raises(NotFound, match="object-missing"):
        stage.export(export.id)
    stage.store[track.segments[1].digest] = good
    assert stage.export(export.id).state == "ready"


def test_only_lead_and_approver_take_a_package() -> None:
    stage = Stage()
    survey = stage.decided()
    for actor in (stage.stranger, stage.administrator, stage.applicant(survey.id)):
        with pytest.raises(NotFound):
            wish(stage, survey.case, actor)
    stage.second = stage.staff(stage.second.role, "何清")
    export = wish(stage, survey.case, stage.approver)
    with pytest.raises(NotFound, match="export-unknown"):
        read_export(stage.office, stage.signer, stage.inspector, stage.case().id, export.id, stage.now)
    with pytest.raises((NotFound, Forbidden)):
        read_export(stage.office, stage.signer, stage.stranger, survey.case, export.id, stage.now)
    assert stage.events(survey.case).count("access-refused") >= 3


def test_an_interrupted_export_goes_on_with_the_file_it_was_at() -> None:
    stage = Stage()
    survey = stage.decided()
    export = wish(stage, survey.case)
    asked: list[str] = []

    class Failing(FakeObjects):
        def open(self, digest: str, start: int = 0, end: int | None = None) -> BinaryIO:
            asked.append(digest)
            if self.away_for == digest:
                raise Unavailable("store-away")
            return super().open(digest, start, end)

        away_for = ""

    stage.store = store = Failing(stage.store)
    video = next(one for one in stage.evidence(survey.id) if (one.track or "").endswith("video"))
    store.away_for = json.loads(store[video.sha256])["segments"][1]["digest"]
    with pytest.raises(Unavailable):
        stage.export(export.id)
    audio = next(one for one in stage.evidence(survey.id) if (one.track or "").endswith("audio"))
    done = {one["digest"] for one in json.loads(store[audio.sha256])["segments"]}
    assert done <= set(asked)
    asked.clear()
    store.away_for = ""
    ready = stage.export(export.id)
    assert not done & set(asked)
    assert store.away_for not in asked
    package = stage.unfolded(ready)
    verdict = verify(package, Beforehand(stage.signer.public_key()), FakeJudge())
    assert (verdict.overall, verdict.origin) == (Overall.INTACT, Origin.PROVEN)


class Endless(FakeObjects):
    """Segments of a megabyte that nobody keeps: made from their number when they are read."""

    def __init__(self, kept: FakeObjects) -> None:
        super().__init__(kept)
        self.made: dict[str, bytes] = {}

    def make(self, number: int) -> str:
        digest = sha256(self._bytes(name := b"%16d" % number)).hexdigest()
        self.made[digest] = name
        return digest

    def open(self, digest: str, start: int = 0, end: int | None = None) -> BinaryIO:
        if digest in self.made:
            return BytesIO(self._bytes(self.made[digest])[start:end])
        return super().open(digest, start, end)

    @staticmethod
    def _bytes(name: bytes) -> bytes:
        return name * 65_536


def peak(megabytes: int) -> int:
    """Of the memory that making and giving out such a package takes."""
    stage = Stage()
    survey, track = stage.filmed()
    stage.store = store = Endless(stage.store)
    first = track.segments[0]
    pieces = tuple(
        replace(first, digest=store.make(number), bytes=1 << 20, start=first.start + number * 90, duration=90)
        for number in range(megabytes)
    )
    with stage.office.write() as work:
        work.receptions.rows[track.id] = replace(track, segments=pieces, gaps=())
    export = wish(stage, stage.ended(survey).case)
    stage.logged()
    tracemalloc.start()
    try:
        package = PlannedPackage(store, stage.export(export.id).plan or "")
        sent = sum(len(chunk) for chunk in package.zipped(0, package.size))
        assert sent == package.size > megabytes << 20
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_recording() -> None:
    small, large = peak(16), peak(128)
    assert large < small + (4 << 20)


def sent(stage: Stage, survey: Survey, id: str, data: bytes, format: str, kind: str) -> str:
    """An upload that was read back whole."""
    by = stage.inspector
    upload = Upload(
        id, survey.case, survey.id, by.id, by.name, by.role, "现场 📷.jpg", len(data), {}, UploadState.CHECKING,
        len(data), "t", "h", stage.now, stage.now,
    )  # fmt: skip
    with stage.office.write() as work:
        work.uploads.add(upload)
    stage.store[upload_name(id)] = data
    digest = sha256(data).hexdigest()
    admit_upload(stage.office, stage.signer, id, digest, kind, format, stage.now)
    return digest


def test_what_was_sent_leaves_with_the_case_as_it_came() -> None:
    stage = Stage()
    survey = stage.decided()
    sent(stage, survey, "up1", b"photo" * 1000, "jpeg", "photo")
    sent(stage, survey, "up2", b"strange" * 1000, "../../x", "document")
    folder = stage.exported(survey)
    assert folder["data/surveys/1/uploads/up1/original.jpg"] == b"photo" * 1000
    assert folder["data/surveys/1/uploads/up2/original.bin"] == b"strange" * 1000
    key = Beforehand(stage.signer.public_key())
    assert verify(folder, key, FakeJudge()).faults == ()
    for change in (b"photo" * 999 + b"phot0", None):
        altered = FakeFolder(folder)
        if change is None:
            del altered["data/surveys/1/uploads/up1/original.jpg"]
        else:
            altered["data/surveys/1/uploads/up1/original.jpg"] = change
        verdict = verify(altered, key, FakeJudge())
        assert verdict.parts[Part.RECORDINGS] is Standing.ALTERED
    stage.logged()
    assert list(fsck(stage.office, stage.store, Alone())) == []
    stage.store[upload_name("up1")] = b"other"
    export = wish(stage, survey.case)
    with pytest.raises(WrongDigest):
        stage.export(export.id)


def test_documents_leave_as_they_stood_last() -> None:
    stage = Stage()
    survey = stage.decided()
    pdf, digest = b"%PDF record", sha256(b"%PDF record").hexdigest()
    stage.store[digest] = pdf
    paper = Paper(
        "pdf1", survey.case, survey.id, PaperKind.RECORD, "en", PaperState.READY, stage.inspector.id, stage.now, "",
        sha256=digest, bytes=len(pdf),
    )  # fmt: skip
    body = {"kind": "record", "language": "en", "paper": "pdf1", "subject": "0" * 64, "survey": survey.id}
    with stage.office.write() as work:
        work.papers.add(paper)
        enter(work, stage.signer, survey.case, Event.PAPER_MADE, SYSTEM, stage.now, body, digest)
    folder = stage.exported(survey)
    assert folder["data/papers/pdf1.pdf"] == pdf
    key = Beforehand(stage.signer.public_key())
    assert verify(folder, key, FakeJudge()).faults == ()
    folder["data/papers/pdf1.pdf"] = b"%PDF another"
    assert verify(folder, key, FakeJudge()).parts[Part.SIGNATURES] is Standing.ALTERED
