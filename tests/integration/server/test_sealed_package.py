"""Papers, clips and pictures inside a package: each judged there, and what somebody might do to one."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from imageio_ffmpeg import get_ffmpeg_exe

from inspection.model.sealed import EXPIRED, CredentialsSaid, PaperSaid
from inspection.model.verdict import Origin, Overall, Part, Standing, Verdict
from inspection.services.decide import decide
from inspection.services.verify import Beforehand
from inspection.services.verify import verify as judge_package
from server.commands.verify_file import judge_file
from server.outbound.codes import picture
from server.outbound.package import FolderReader, FolderWriter
from server.outbound.seal_chain import make_chain, read_chain
from server.outbound.seal_judge import LibrarySealJudge
from server.roles.paper_codes import codes
from tests.fakes import FakeFolder, FakeJudge, FakeSigner
from tests.integration.server.test_papers import incremental
from tests.sealed import SealedStage, made
from tests.unit.inspection.test_verify import entries, rechained, sealed

FOREIGN = FakeSigner(b"x" * 32)
CLIP = "data/surveys/1/clips/"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> SealedStage:
    folder = tmp_path_factory.mktemp("sealed")
    make_chain(folder / "keys", "踏勘 Takan", datetime.now(UTC))
    return SealedStage(chain=read_chain(folder / "keys", "", "", ""), folder=folder)


@pytest.fixture(scope="module")
def package(stage: SealedStage) -> FakeFolder:
    """A record and a notice that all have signed, a draft of a certificate, two clips, a picture."""
    survey = stage.concluded()
    stage.clipped(survey, 2, 5)
    stage.clipped(survey, 6, 9)
    guest = stage.applicant(survey.id)
    stage.signed(stage.paper(survey, "record"), stage.inspector, guest)
    decide(stage.office, stage.signer, stage.approver, survey.case, "approved", "x", None, stage.later(hours=1))
    stage.signed(stage.paper(survey, "decision"), stage.approver)
    stage.paper(survey, "certificate")
    return stage.exported(survey)


def judged(folder: FakeFolder, stage: SealedStage, seals: LibrarySealJudge | None = None) -> Verdict:
    key = Beforehand(stage.signer.public_key())
    return judge_package(folder, key, FakeJudge(), seals=seals or LibrarySealJudge())


def found(verdict: Verdict, part: Part) -> dict[str, set[str]]:
    """The codes of a part's faults, by path."""
    paths = {fault.where for fault in verdict.faults if fault.part is part}
    return {path: {fault.code for fault in verdict.faults if fault.where == path} for path in paths}


def papers(folder: FakeFolder) -> dict[str, str]:
    """Paths by what the ledger says that they are."""
    made = [line["body"] for line in entries(folder) if line["event"] == "paper-made"]
    return {body["kind"]: f"data/papers/{body['paper']}.pdf" for body in made}


def clips(folder: FakeFolder) -> list[str]:
    return sorted(path for path in folder if path.startswith(CLIP))


def changed(folder: FakeFolder, stage: SealedStage, path: str, data: bytes) -> FakeFolder:
    """Other bytes at that path, and the manifests made to fit by one who has the office's key."""
    return sealed(FakeFolder(folder | {path: data}), stage.signer)


def retold(folder: FakeFolder, path: str, data: bytes) -> FakeFolder:
    """The same, and the whole ledger written anew to name those bytes: by one with a key of his own."""
    before, after = sha256(folder[path]).hexdigest(), sha256(data).hexdigest()
    text = json.dumps(entries(folder)).replace(before, after)
    other = FakeFolder(folder | {path: data})
    for name in ("clips.json", "snapshots.json"):
        where = f"data/surveys/1/{name}"
        other[where] = other[where].replace(before.encode(), after.encode())
    return rechained(other, json.loads(text), FOREIGN)


def test_all_of_it_holds(package: FakeFolder, stage: SealedStage) -> None:
    verdict = judged(package, stage, LibrarySealJudge(stage.chain.roots, codes))
    assert verdict.faults == ()
    assert (verdict.overall, verdict.origin) == (Overall.INTACT, Origin.PROVEN)
    for part in (Part.CLIPS, Part.SIGNATURES, Part.CREDENTIALS):
        assert verdict.parts[part] is Standing.SOUND
    assert len(clips(package)) == 2
    assert set(papers(package)) == {"record", "decision", "certificate"}


def test_without_the_libraries_the_rest_is_judged(package: FakeFolder, stage: SealedStage) -> None:
    verdict = judge_package(package, Beforehand(), FakeJudge())
    assert verdict.overall is Overall.INTACT
    assert {verdict.parts[part] for part in (Part.SIGNATURES, Part.CREDENTIALS)} == {Standing.LEFT}


def test_a_case_without_any_says_so(tmp_path: Path, stage: SealedStage) -> None:
    plain = SealedStage(chain=stage.chain, folder=tmp_path)
    verdict = judged(plain.exported(plain.ended(plain.opened()[0], "no-show", "")), plain)
    for part in (Part.CLIPS, Part.SIGNATURES, Part.CREDENTIALS):
        assert verdict.parts[part] is Standing.NONE


def test_a_folder_on_disk_is_judged_the_same(package: FakeFolder, stage: SealedStage, tmp_path: Path) -> None:
    writer = FolderWriter(tmp_path / "package")
    for path, data in package.items():
        writer.write(path, iter((data,)), ())
    key = Beforehand(stage.signer.public_key())
    verdict = judge_package(FolderReader(tmp_path / "package"), key, FakeJudge(), seals=LibrarySealJudge())
    assert verdict.faults == ()


def test_papers_that_were_exchanged_are_both_named(package: FakeFolder, stage: SealedStage) -> None:
    paths = papers(package)
    record, notice = paths["record"], paths["decision"]
    swapped = sealed(
        FakeFolder(package | {record: package[notice], notice: package[record]}), stage.signer
    )  # fmt: skip
    codes = found(judged(swapped, stage), Part.SIGNATURES)
    assert set(codes) == {record, notice}
    assert all({"ledger-other", "signatures-other", "facts-other"} <= one for one in codes.values())


def test_a_paper_that_was_dropped_or_added_is_named(package: FakeFolder, stage: SealedStage) -> None:
    record = papers(package)["record"]
    dropped = FakeFolder({path: data for path, data in package.items() if path != record})
    assert found(judged(sealed(dropped, stage.signer), stage), Part.SIGNATURES) == {record: {"file-missing"}}
    added = changed(package, stage, "data/papers/another.pdf", package[record])
    assert found(judged(added, stage), Part.STRUCTURE) == {"data/papers/another.pdf": {"file-unexpected"}}


def test_a_paper_that_was_altered_is_named(package: FakeFolder, stage: SealedStage) -> None:
    record = papers(package)["record"]
    longer = changed(package, stage, record, package[record] + b"\n% more")
    assert found(judged(longer, stage), Part.SIGNATURES) == {record: {"ledger-other", "added-after"}}
    paged = incremental(package[record], "page")
    codes = found(judged(retold(package, record, paged), stage), Part.SIGNATURES)
    assert {"changed-after", "added-after"} <= codes[record]


def test_a_paper_as_it_stood_before_the_last_signature_is_named(package: FakeFolder, stage: SealedStage) -> None:
    """A revision cut back: every signature in it holds."""
    record = papers(package)["record"]
    shorter = package[record][: package[record].rindex(b"%%EOF", 0, package[record].rindex(b"%%EOF")) + 6]
    codes = found(judged(retold(package, record, shorter), stage), Part.SIGNATURES)
    assert codes[record] == {"signatures-other"}


def test_papers_of_another_authority_are_named(package: FakeFolder, stage: SealedStage, tmp_path: Path) -> None:
    make_chain(tmp_path / "other", "Other", datetime.now(UTC))
    other = read_chain(tmp_path / "other", "", "", "").roots
    verdict = judged(package, stage, LibrarySealJudge(other))
    kinds = papers(package)
    foreign = {kinds["record"], kinds["decision"]}
    assert found(verdict, Part.SIGNATURES) == {path: {"certificate-foreign"} for path in foreign}
    assert set(found(verdict, Part.CREDENTIALS)) >= set(clips(package))


def test_papers_signed_after_their_certificates_had_ended_are_named(package: FakeFolder, stage: SealedStage) -> None:
    """They are judged as of the ledger's moment: here as if that were twenty years later."""

    class Later(LibrarySealJudge):
        def paper(self, pdf: bytes, at: datetime) -> PaperSaid:
            return super().paper(pdf, at + timedelta(days=20 * 365))

    codes = found(judged(package, stage, Later()), Part.SIGNATURES)
    assert all("certificate-expired" in one for one in codes.values())
    assert papers(package)["record"] in codes


def test_facts_that_were_changed_alone_are_named(package: FakeFolder, stage: SealedStage) -> None:
    """The sheet shows what it showed; only what a machine reads is another: below the signatures, then before them."""
    record = papers(package)["record"]
    below = incremental(package[record], "facts")
    codes = found(judged(retold(package, record, below), stage), Part.SIGNATURES)
    assert {"changed-after", "facts-other"} <= codes[record]


def test_a_record_of_another_history_is_named(package: FakeFolder, stage: SealedStage, tmp_path: Path) -> None:
    """Drawn, signed and sealed by the very same office, of another case: nothing in it is broken."""
    other = SealedStage(chain=stage.chain, folder=tmp_path)
    survey = other.concluded()
    record = other.signed(other.paper(survey, "record"), other.inspector, other.applicant(survey.id))
    path = papers(package)["record"]
    codes = found(judged(retold(package, path, other.store[record.sha256 or ""]), stage), Part.SIGNATURES)
    assert {"facts-other", "ledger-other"} <= codes[path]


def test_a_code_that_opens_another_case_is_named(
    stage: SealedStage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Put there before anybody signed: every signature holds."""
    lying = SealedStage(chain=stage.chain, folder=tmp_path)
    survey = lying.concluded()
    monkeypatch.setattr("server.roles.papers.picture", lambda text: picture(text.replace(survey.id, "id9999")))
    lying.signed(lying.paper(survey, "record"), lying.inspector, lying.applicant(survey.id))
    folder = lying.exported(survey)
    verdict = judged(folder, lying, LibrarySealJudge(codes=codes))
    assert found(verdict, Part.SIGNATURES) == {papers(folder)["record"]: {"code-other"}}
    assert verdict.overall is Overall.ALTERED
    path = tmp_path / "record.pdf"
    path.write_bytes(folder[papers(folder)["record"]])
    assert judge_file(path, LibrarySealJudge(codes=codes), None).faults == ["code-other"]


def stripped(data: bytes, suffix: str, folder: Path) -> bytes:
    """The same pictures, copied by a program that knows nothing of credentials."""
    before, after = folder / f"before{suffix}", folder / f"after{suffix}"
    before.write_bytes(data)
    copying = ["-c", "copy"] if suffix == ".mp4" else []
    subprocess.run([get_ffmpeg_exe(), "-v", "error", "-y", "-i", str(before), *copying, str(after)], check=True)
    return after.read_bytes()


def test_a_clip_without_its_credentials_is_named(package: FakeFolder, stage: SealedStage, tmp_path: Path) -> None:
    path = clips(package)[0]
    bare = stripped(package[path], ".mp4", tmp_path)
    verdict = judged(changed(package, stage, path, bare), stage)
    assert found(verdict, Part.CLIPS) == {path: {"ledger-other", "credentials-missing"}}
    assert verdict.parts[Part.CREDENTIALS] is Standing.ALTERED


def test_clips_that_were_exchanged_are_both_named(package: FakeFolder, stage: SealedStage) -> None:
    """Each has good credentials: of the other."""
    one, other = clips(package)
    folder = sealed(FakeFolder(package | {one: package[other], other: package[one]}), stage.signer)
    codes = found(judged(folder, stage), Part.CREDENTIALS)
    assert codes == {path: {"ledger-other", "credentials-other"} for path in (one, other)}


def test_a_clip_told_of_another_recording_is_named(package: FakeFolder, stage: SealedStage) -> None:
    lines = entries(package)
    body = next(line["body"] for line in lines if line["event"] == "clip-derived")
    folder = FakeFolder(package)
    for one in body["facts"]["tracks"]:
        folder["data/surveys/1/clips.json"] = folder["data/surveys/1/clips.json"].replace(
            one["parent"].encode(), b"0" * 64
        )
    text = json.dumps(lines)
    for one in body["facts"]["tracks"]:
        text = text.replace(f'"parent": "{one["parent"]}"', f'"parent": "{"0" * 64}"')
    codes = found(judged(rechained(folder, json.loads(text), FOREIGN), stage), Part.CLIPS)
    assert all("parent-unknown" in one for one in codes.values())
    assert set(codes) == set(clips(package))


def test_a_picture_that_was_encoded_again_is_named(package: FakeFolder, stage: SealedStage, tmp_path: Path) -> None:
    path = next(path for path in package if path.endswith(".jpg"))
    again = stripped(package[path], ".jpg", tmp_path)
    verdict = judged(changed(package, stage, path, again), stage)
    assert found(verdict, Part.CREDENTIALS) == {path: {"digest-wrong", "credentials-missing"}}


def test_credentials_whose_certificate_has_expired_since_are_none_of_the_packages_faults(
    package: FakeFolder, stage: SealedStage, tmp_path: Path
) -> None:
    """The ledger says that these very bytes were there before. By itself a file has nobody who says so."""

    class Later(LibrarySealJudge):
        def credentials(self, source: BinaryIO, ending: str) -> CredentialsSaid:
            said = super().credentials(source, ending)
            return replace(said, state="Invalid", faults=(*said.faults, EXPIRED))

        def paper(self, pdf: bytes, at: datetime) -> PaperSaid:
            assert abs(at - stage.now) < timedelta(days=1)
            return super().paper(pdf, at)

    assert judged(package, stage, Later()).faults == ()
    path = tmp_path / "clip.mp4"
    path.write_bytes(package[clips(package)[0]])
    assert judge_file(path, Later(), None).faults == [EXPIRED]
    assert judge_file(path, Later(), package).faults == []


def test_a_picture_of_which_a_bit_fell_over_is_named(package: FakeFolder, stage: SealedStage) -> None:
    path = next(path for path in package if path.endswith(".jpg"))
    data = bytearray(package[path])
    data[-200] ^= 1
    codes = found(judged(retold(package, path, bytes(data)), stage), Part.CREDENTIALS)
    assert any("Hash.mismatch" in code for code in codes[path])


SPOILED: list[Callable[[bytes], bytes]] = [lambda data: b"", lambda data: b"%PDF-1.7 none", lambda data: data[:5000]]


@pytest.mark.parametrize("spoil", SPOILED)
def test_what_is_no_paper_any_more_is_named(
    spoil: Callable[[bytes], bytes], package: FakeFolder, stage: SealedStage
) -> None:
    path = papers(package)["record"]
    codes = found(judged(retold(package, path, spoil(package[path])), stage), Part.SIGNATURES)
    assert "unreadable" in codes[path]


def test_what_is_no_clip_any_more_is_named(package: FakeFolder, stage: SealedStage) -> None:
    path = clips(package)[0]
    for data in (b"x", package[path][:1000]):
        assert judged(changed(package, stage, path, data), stage).parts[Part.CREDENTIALS] is Standing.ALTERED


def test_a_ledger_that_tells_nonsense_of_papers_is_judged(package: FakeFolder, stage: SealedStage) -> None:
    """Whoever holds a key may write anything: a fault, never an exception."""
    nonsense: list[dict[str, Any]] = [{"kind": 5}, {"subject": None}, {"paper": "../../x"}, {"survey": []}, {"who": 1}]
    for change in nonsense:
        lines = entries(package)
        for line in lines:
            if line["event"].startswith("paper-"):
                line["body"] |= change
        assert judged(rechained(FakeFolder(package), lines, FOREIGN), stage).overall is Overall.ALTERED


def test_a_compressed_package_is_judged_with_its_clips(package: FakeFolder, stage: SealedStage, tmp_path: Path) -> None:
    import zipfile

    from server.outbound.zipped import ZipReader

    for way in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        path = tmp_path / f"{way}.zip"
        with zipfile.ZipFile(path, "w", way) as archive:
            for name, data in package.items():
                archive.writestr(f"case/{name}", data)
        key = Beforehand(stage.signer.public_key())
        assert judge_package(ZipReader(path), key, FakeJudge(), seals=LibrarySealJudge()).faults == ()


def test_a_code_in_a_photograph_is_none_of_the_papers(stage: SealedStage, tmp_path: Path) -> None:
    """What was filmed may hold codes: only those that the paper itself shows are judged."""
    import segno

    code = BytesIO()
    segno.make("https://takan.example/cases/other", error="m").save(code, kind="png", scale=3, border=4)
    (tmp_path / "code.png").write_bytes(code.getvalue())
    scene = made(tmp_path / "scene.png", "color=gray:size=640x360", "-frames:v", "1")
    over = ["-i", str(scene), "-i", str(tmp_path / "code.png"), "-filter_complex", "overlay=40:40", "-frames:v", "1"]
    shot = tmp_path / "shot.jpg"
    subprocess.run([get_ffmpeg_exe(), "-v", "error", "-y", *over, str(shot)], check=True)
    filming = SealedStage(chain=stage.chain, folder=tmp_path)
    filming.shot = shot
    survey = filming.concluded()
    record = filming.signed(filming.paper(survey, "record"), filming.inspector, filming.applicant(survey.id))
    assert all("other" not in one for one in codes(filming.store[record.sha256 or ""]))
