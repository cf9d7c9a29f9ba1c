"""Shadow attacks on signed PDFs (Mainka, Mladenov, Rohlmann, NDSS 2021): whoever prepares a paper hides something in
it, people sign what they see, and an update without any new signature shows the other thing."""

from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest

from inspection.model.paper import Seal
from server.outbound.seal import PadesSealer
from server.outbound.seal_chain import Chain, make_chain, read_chain
from server.outbound.seal_check import check_paper
from server.outbound.typeset import typeset
from tests.integration.server.test_verify_file import SHEET

NOW = datetime.now(UTC)
FOUND = b"1 1 1 rg 0 0 400 400 re f "  # what is seen: a white sheet over it all
OTHER = b"0 0 0 rg 0 0 400 400 re f "


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    folder = tmp_path_factory.mktemp("keys")
    make_chain(folder, "Office", NOW)
    return read_chain(folder, "", "", "")


def updated(pdf: bytes, change: Callable[[Any, Any], None]) -> bytes:
    """With an update that `change` makes: it gets the writer and the first page."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    change(writer, writer.root["/Pages"]["/Kids"][0].get_object())
    out = BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    return out.getvalue()


def pdf_objects() -> Any:
    """pyHanko's own, which are not typed."""
    from pyhanko.pdf_utils import generic

    return generic


def stream(data: bytes, **entries: Any) -> Any:
    generic = pdf_objects()
    made = generic.StreamObject(stream_data=data)
    for key, value in entries.items():
        made[generic.NameObject(f"/{key}")] = value
    return made


def prepared(writer: Any, page: Any) -> None:
    """A sheet over the page, another that nothing shows, and a text field with an appearance of its own."""
    generic = pdf_objects()
    name = generic.NameObject
    box = generic.ArrayObject([generic.NumberObject(one) for one in (0, 0, 400, 400)])
    form = {"Type": name("/XObject"), "Subtype": name("/Form"), "BBox": box}
    shown = writer.add_object(stream(FOUND, **form))
    hidden = writer.add_object(stream(OTHER, **form))
    page["/Resources"].get_object().setdefault(name("/XObject"), generic.DictionaryObject())
    page["/Resources"]["/XObject"][name("/Over")] = shown
    page["/Resources"]["/XObject"][name("/Below")] = hidden
    over = writer.add_object(stream(b" q /Over Do Q "))
    contents = page.raw_get("/Contents")
    page[name("/Contents")] = generic.ArrayObject([contents, over])
    look = generic.DictionaryObject({name("/N"): writer.add_object(stream(FOUND, **form))})
    field = generic.DictionaryObject(
        {
            name("/Type"): name("/Annot"), name("/Subtype"): name("/Widget"), name("/FT"): name("/Tx"),
            name("/T"): generic.TextStringObject("result"), name("/V"): generic.TextStringObject("fail"),
            name("/Rect"): box, name("/F"): generic.NumberObject(4), name("/AP"): look,
        }
    )  # fmt: skip
    placed = writer.add_object(field)
    page[name("/Annots")] = generic.ArrayObject([placed])
    fields = generic.DictionaryObject({name("/Fields"): generic.ArrayObject([placed])})
    writer.root[name("/AcroForm")] = writer.add_object(fields)
    writer.update_root()
    writer.update_container(page)
    writer.update_container(page["/Resources"])


def hide(writer: Any, page: Any) -> None:
    """The sheet over the page is emptied: what lay under it is seen."""
    found = page["/Resources"]["/XObject"]["/Over"]
    found._data = found._encoded_data = b""
    writer.update_container(found)


def replace(writer: Any, page: Any) -> None:
    """The text field has another value and another look: what PDF calls filling in a form."""
    generic = pdf_objects()
    field = writer.root["/AcroForm"]["/Fields"][0]
    field[generic.NameObject("/V")] = generic.TextStringObject("pass")
    look = field["/AP"]["/N"]
    changed = stream(OTHER, **{key[1:]: look[key] for key in ("/Type", "/Subtype", "/BBox")})
    field["/AP"][generic.NameObject("/N")] = writer.add_object(changed)
    writer.update_container(field)
    writer.update_container(field["/AP"])


def hide_and_replace(writer: Any, page: Any) -> None:
    """Nothing new is written: a name of the page is bound to what was in the file, unseen, when it was signed."""
    generic = pdf_objects()
    objects = page["/Resources"]["/XObject"]
    objects[generic.NameObject("/Over")] = objects.raw_get("/Below")
    writer.update_container(objects)


ATTACKS = [hide, replace, hide_and_replace]


@pytest.fixture(scope="module")
def base() -> bytes:
    return updated(typeset(SHEET, b"{}", []), prepared)


def signed(pdf: bytes, chain: Chain, place: str) -> bytes:
    return PadesSealer(chain, "Office").sign(pdf, Seal("A", "inspector", "", place), NOW)


def test_what_was_prepared_holds_as_long_as_nothing_is_done(base: bytes, chain: Chain) -> None:
    said = check_paper(signed(signed(base, chain, "one-1"), chain, "two-2"), chain.roots, NOW)
    assert said.holds, said


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_update_after_the_last_signature_is_named(
    attack: Callable[[Any, Any], None], base: bytes, chain: Chain
) -> None:
    said = check_paper(updated(signed(base, chain, "one-1"), attack), chain.roots, NOW)
    assert said.faults == ("added-after",)
    assert "changed-after" in said.signatures[0].faults


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_update_between_two_signatures_is_named(
    attack: Callable[[Any, Any], None], base: bytes, chain: Chain
) -> None:
    """The second covers all of the file, so only the first can tell."""
    between = updated(signed(base, chain, "one-1"), attack)
    said = check_paper(signed(between, chain, "two-2"), chain.roots, NOW)
    assert said.faults == ()
    assert [one.faults for one in said.signatures] == [("changed-after",), ()]


def test_an_index_that_points_elsewhere_into_signed_bytes_is_named(chain: Chain) -> None:
    """Not one object is written after the signature, only an index in which an object's number leads to other bytes."""

    def planted(writer: Any, page: Any) -> None:
        prepared(writer, page)
        number = page["/Resources"]["/XObject"].raw_get("/Over").idnum
        inner = b"%d 0 obj\n<</Type/XObject/Subtype/Form/BBox[0 0 400 400]/Length %d>>\nstream\n%s\nendstream\nendobj\n"
        writer.add_object(stream(inner % (number, len(OTHER), OTHER)))

    pdf = signed(updated(typeset(SHEET, b"{}", []), planted), chain, "one-1")
    at = pdf.index(b" 0 obj\n<</Type/XObject/Subtype/Form/BBox[0 0 400 400]/Length")
    begin = pdf.rindex(b"\n", 0, at) + 1
    number, last = int(pdf[begin:at]), int(pdf[pdf.rindex(b"startxref") + 10 :].split()[0])
    root = pdf[pdf.rindex(b"/Root ") + 6 :].split(b" ")[0]
    index = b"xref\n%d 1\n%010d 00000 n \ntrailer\n<</Size 9999 /Root %s 0 R /Prev %d>>\nstartxref\n%d\n%%%%EOF\n"
    forged = pdf + index % (number, begin, root, last, len(pdf))
    said = check_paper(forged, chain.roots, NOW)
    assert not said.holds
    assert said.faults in (("unreadable",), ("added-after",))
    assert said.faults == ("unreadable",) or "changed-after" in said.signatures[0].faults
