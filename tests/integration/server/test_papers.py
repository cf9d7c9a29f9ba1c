"""Papers as they are drawn, signed and judged, and what somebody might do to one."""

import json
import logging
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from imageio_ffmpeg import get_ffmpeg_exe

from inspection.model.ledger import canonical
from inspection.model.paper import Paper, PaperKind, PaperState, Seal
from inspection.services.paper_facts import facts_of, signatories
from server.outbound.codes import picture
from server.outbound.seal import PadesSealer, add_signature
from server.outbound.seal_chain import BadSeal, Chain, issue, make_chain, read_chain, require_fit
from server.outbound.seal_check import check_paper
from server.outbound.sheet import Letterhead, codes_of, draw, facts_bytes
from server.outbound.typeset import CannotTypeset, typeset
from server.words import Catalogue
from tests.builders import Stage

WORDS = Catalogue.read(Path(__file__).resolve().parents[3] / "web" / "translations")
NOW = datetime.now(UTC)
HEAD = Letterhead("踏勘 Takan", "Asia/Shanghai", banner=True, seal="ab" * 32)
Facts = dict[str, Any]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    folder = tmp_path_factory.mktemp("keys")
    make_chain(folder, "踏勘 Takan", NOW)
    return read_chain(folder, "", "", "")


@pytest.fixture(scope="module")
def jpeg(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("picture") / "x.jpg"
    command = [get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=1280x720", "-frames:v", "1"]
    subprocess.run([*command, str(path)], check=True)
    return path.read_bytes()


@pytest.fixture(scope="module")
def told() -> tuple[Facts, Paper, list[Any]]:
    stage = Stage()
    survey = stage.decided()
    with stage.office.read() as work:
        facts = facts_of(work, stage.signer, PaperKind.RECORD, survey.case, survey.id)
        asked = signatories(work, PaperKind.RECORD, survey.case, survey.id)
    paper = Paper(
        "p1", survey.case, survey.id, PaperKind.RECORD, "zh-CN", PaperState.WANTED, "i", NOW, "https://takan.example"
    )
    return facts, paper, asked


def sheet_of(told: tuple[Facts, Paper, list[Any]], facts: Facts | None = None, language: str = "zh-CN") -> Any:
    plain, paper, asked = told
    paper = replace(paper, language=language)
    return draw(paper, facts or plain, asked, HEAD, WORDS.say(language), NOW, {})


def drawn(sheet: Any, facts: Facts, pictures: list[tuple[str, bytes]] | None = None) -> bytes:
    codes = [(name, picture(text)) for name, text in codes_of(sheet).items()]
    return typeset(sheet, facts_bytes(facts), [*codes, *(pictures or [])])


@pytest.fixture(scope="module")
def plain(told: tuple[Facts, Paper, list[Any]]) -> bytes:
    return drawn(sheet_of(told), told[0])


@pytest.fixture(scope="module")
def sealed(plain: bytes, chain: Chain) -> bytes:
    sealer = PadesSealer(chain, "踏勘 Takan")
    for number, (name, role) in enumerate([("陈静", "inspector"), ("林涛", "inspector"), ("王芳", "applicant")]):
        plain = sealer.sign(plain, Seal(name, role, "", f"{role}-{number}"), NOW)
    return sealer.seal(plain, "", NOW)


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)
    finally:
        document.close()


@pytest.fixture(autouse=True)
def quiet() -> None:
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_record_says_who_when_what_and_what_it_is_not(told: Any, language: str) -> None:
    pdf = drawn(sheet_of(told, language=language), told[0])
    text = text_of(pdf)
    say = WORDS.say(language)
    for key in ("paper.record", "paper.development", "paper.proven", "paper.stated", "paper.gap_list"):
        assert say(key)[:12] in text
    assert "TK-20261124-0001-S1" in text
    assert b"pdfaid:part" in pdf


def test_four_sign_in_a_row_and_a_validator_agrees(sealed: bytes, chain: Chain, told: Any) -> None:
    said = check_paper(sealed, chain.roots, NOW)
    assert said.holds, said
    assert [one.name for one in said.signatures] == ["陈静", "林涛", "王芳", "踏勘 Takan"]
    assert [one.role for one in said.signatures][:3] == ["inspector", "inspector", "applicant"]
    assert said.facts == told[0]


def test_the_file_as_it_was_drawn_is_told_unsigned(plain: bytes, chain: Chain) -> None:
    assert check_paper(plain, chain.roots, NOW).faults == ("unsigned",)


def incremental(pdf: bytes, what: str) -> bytes:
    """The file with an update below its signatures: a page more, a page drawn over, other facts attached."""
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.content import RawContent
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.pdf_utils.layout import BoxConstraints
    from pyhanko.pdf_utils.writer import PageObject

    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    if what == "page":
        stream = RawContent(b"", box=BoxConstraints(10, 10)).as_form_xobject()
        page = PageObject(contents=writer.add_object(stream), media_box=(0, 0, 200, 200))  # type: ignore[no-untyped-call]
        writer.insert_page(page)  # type: ignore[no-untyped-call]
    elif what == "drawn over":
        page = writer.root["/Pages"]["/Kids"][0].get_object()
        page["/Contents"] = writer.add_object(generic.StreamObject(stream_data=b"0 0 300 300 re f"))
        writer.update_container(page)
    else:
        file = writer.root["/Names"]["/EmbeddedFiles"]["/Names"][1].get_object()["/EF"]
        told = json.loads(file["/F"].data)
        told["subject"]["survey"]["ending"]["outcome"] = "complete"
        stream = generic.StreamObject(stream_data=canonical(told))
        file[generic.NameObject("/F")] = writer.add_object(stream)
        writer.update_container(file)
    out = BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    return out.getvalue()


@pytest.mark.parametrize("what", ["page", "drawn over", "facts"])
def test_an_update_below_the_signatures_is_named(sealed: bytes, chain: Chain, what: str) -> None:
    said = check_paper(incremental(sealed, what), chain.roots, NOW)
    assert "added-after" in said.faults
    assert len(said.signatures) == 4
    assert all("changed-after" in one.faults for one in said.signatures)
    assert (said.facts == check_paper(sealed, chain.roots, NOW).facts) == (what != "facts")


def test_a_flipped_byte_breaks_the_first_signature(sealed: bytes, chain: Chain) -> None:
    at = sealed.index(b"stream\n") + 40
    bad = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
    said = check_paper(bad, chain.roots, NOW)
    assert said.faults == ("unreadable",) or "signature-broken" in said.signatures[0].faults


def test_a_signature_of_another_record_is_broken_here(sealed: bytes, told: Any, chain: Chain) -> None:
    facts = {**told[0], "format": "takan-paper/0"}
    other = drawn(sheet_of(told), facts)
    other = PadesSealer(chain, "踏勘 Takan").sign(other, Seal("陈静", "inspector", "", "inspector-0"), NOW)
    mark = b"/Contents <"
    begin, there = sealed.index(mark) + len(mark), other.index(mark) + len(mark)
    end, stop = sealed.index(b">", begin), other.index(b">", there)
    signature = sealed[begin:end].rstrip(b"0").ljust(stop - there, b"0")
    moved = other[:there] + signature + other[there + len(signature) :]
    assert check_paper(moved, chain.roots, NOW).signatures[0].faults == ("signature-broken",)


def test_certificates_that_do_not_do_are_told_apart(plain: bytes, chain: Chain) -> None:
    who = Seal("陈静", "inspector", "", "one")

    def fault(identity: Any, at: datetime = NOW) -> tuple[str, ...]:
        return check_paper(add_signature(plain, identity, who, "x"), chain.roots, at).signatures[0].faults

    assert fault(issue(chain.issuer, "x", NOW)) == ()
    assert fault(issue(chain.issuer, "x", NOW, days=2), NOW + timedelta(days=9)) == ("certificate-expired",)
    assert fault(issue(None, "x", NOW)) == ("certificate-foreign",)
    assert fault(issue(chain.issuer, "x", NOW, fit=False)) == ("certificate-unfit",)


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"\0" * 5000, b"%PDF-1.7\nxref\n0 1\ntrailer<</Root 1 0 R>>"])
def test_what_is_no_paper_is_unreadable(data: bytes, chain: Chain) -> None:
    assert check_paper(data, chain.roots, NOW).faults == ("unreadable",)


def test_a_seal_from_configuration_must_open_and_be_fit(tmp_path: Path, chain: Chain) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.serialization import pkcs12

    make_chain(tmp_path, "x", NOW)
    office = issue(chain.issuer, "Bureau", NOW)
    closed = serialization.BestAvailableEncryption(b"open sesame")
    file = tmp_path / "office.p12"
    file.write_bytes(pkcs12.serialize_key_and_certificates(b"o", office.key, office.certificate, office.above, closed))
    read = read_chain(tmp_path, str(file), "open sesame", "")
    assert (read.development, read.office.certificate) == (False, office.certificate)
    with pytest.raises(BadSeal, match=r"office\.p12"):
        read_chain(tmp_path, str(file), "wrong", "")
    with pytest.raises(BadSeal, match=r"missing\.p12"):
        read_chain(tmp_path, str(tmp_path / "missing.p12"), "", "")
    with pytest.raises(BadSeal, match="nonRepudiation"):
        require_fit(issue(chain.issuer, "x", NOW, fit=False).certificate, "x")


STRANGE = ["名" * 300, "محمد بن عبد الله", "𠮷野家 🏭 ✓ \u0e01\u0e33", "<b>#import</b> $x$ \\ @a `x`", "W" * 300]


@pytest.mark.parametrize("name", STRANGE)
def test_any_name_can_be_printed(told: Any, name: str) -> None:
    facts = {**told[0], "subject": {**told[0]["subject"], "case": {**told[0]["subject"]["case"], "applicant": name}}}
    pdf = drawn(sheet_of(told, facts), facts)
    assert name[0].isascii() is False or "W" in text_of(pdf) or "<b>#import</b>" in text_of(pdf)


def test_a_long_note_no_picture_and_no_position_are_printed(told: Any) -> None:
    subject = told[0]["subject"]
    finding = {**subject["findings"][0], "note": "长" * 50_000, "snapshots": []}
    survey = {**subject["survey"], "positions": []}
    facts = {**told[0], "subject": {**subject, "findings": [finding], "survey": survey, "recordings": []}}
    text = text_of(drawn(sheet_of(told, facts), facts))
    assert text.count("长") >= 50_000
    assert WORDS.say("zh-CN")("paper.no_position") in text
    assert WORDS.say("zh-CN")("paper.no_recording") in text


def test_a_picture_that_is_none_ends_the_child_only(told: Any) -> None:
    sheet = sheet_of(told)
    sheet["blocks"][-1] = {"kind": "findings", "title": "x", "lead": "", "findings": [bad_finding("bad.jpg")]}
    with pytest.raises(CannotTypeset):
        drawn(sheet, told[0], [("bad.jpg", b"\xff\xd8\xff not a picture")])


def test_a_picture_stands_in_the_file(told: Any, jpeg: bytes) -> None:
    sheet = sheet_of(told)
    sheet["blocks"][-1] = {"kind": "findings", "title": "x", "lead": "", "findings": [bad_finding("x.jpg")]}
    assert len(drawn(sheet, told[0], [("x.jpg", jpeg)])) > len(jpeg)


def bad_finding(file: str) -> dict[str, Any]:
    shown = {"file": file, "width": 62, "alt": "x", "rows": [], "qr": None, "link": "", "missing": ""}
    return {"result": "pass", "word": "x", "number": "1.", "title": "x", "note": "", "said": "", "pictures": [shown]}
