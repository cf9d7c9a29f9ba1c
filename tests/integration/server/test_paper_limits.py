"""Papers of what is unusual: refused with a clear code where it comes in, and drawn where it is there."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from inspection.model.errors import Invalid
from inspection.model.paper import Paper, PaperState
from inspection.model.participant import CONSENT_VERSION
from inspection.model.survey import Survey
from inspection.model.verdict import Overall
from inspection.services.consent import give_consent
from inspection.services.verify import Beforehand
from inspection.services.verify import verify as judge_package
from media.files.errors import Undecodable
from media.files.printed import printed
from server.outbound.fonts import letters_of
from server.outbound.seal_chain import Chain, make_chain, read_chain
from server.outbound.seal_judge import LibrarySealJudge
from server.outbound.typeset import told_by_number, typeset
from tests.fakes import FakeJudge
from tests.integration.server.test_papers import text_of
from tests.integration.server.test_verify_file import SHEET
from tests.sealed import SealedStage, made


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    folder = tmp_path_factory.mktemp("keys")
    make_chain(folder, "Office", datetime.now(UTC))
    return read_chain(folder, "", "", "")


@pytest.fixture
def stage(chain: Chain, tmp_path: Path) -> SealedStage:
    return SealedStage(chain=chain, folder=tmp_path)


def named(stage: SealedStage, survey: Survey, name: str) -> None:
    """As an older version or an import may have left it: the rows and the ledger say so."""
    with stage.office.write() as work:
        for row in work.participants.of_survey(survey.id):
            if row.person is None:
                answer = work.participants.consent(row.id)
                assert answer is not None
                work.participants.add_consent(replace(answer, name=name))


NAMES = {
    "long": "阿" * 300,
    "arabic": "محمد بن عبد الله الهاشمي",
    "uyghur": "ئالىم ئابدۇرېھىم ئۆي ڭ",
    "latin": "Nguyễn Thị Łucja Ăță",
    "mixed": "陈 🏭 ‮evil‬ \u0f40",
}


@pytest.mark.parametrize("which", NAMES)
def test_whoever_signs_under_an_unusual_name_is_in_the_record(which: str, stage: SealedStage) -> None:
    """Drawn, signed by him and judged in the package, whose ledger tells the same name."""
    survey, _ = stage.filmed()
    stage.ended(survey)
    named(stage, survey, NAMES[which])
    record = stage.paper(survey, "record")
    assert record.state is PaperState.READY
    record = stage.signed(record, stage.inspector, stage.applicant(survey.id))
    assert record.state is PaperState.SEALED
    said = LibrarySealJudge().paper(stage.store[record.sha256 or ""], stage.now)
    assert said.holds, [one.faults for one in said.signatures]
    assert [one.stated for one in said.signatures][1] == NAMES[which]


def test_a_name_of_300_letters_is_refused_where_it_comes_in(stage: SealedStage) -> None:
    survey, _ = stage.opened()
    guest = stage.applicant(survey.id)
    with pytest.raises(Invalid, match="text-too-long"):
        give_consent(
            stage.office, stage.signer, guest, survey.id, "阿" * 300, CONSENT_VERSION, "zh-CN", True, stage.now
        )
    assert "consent-given" not in stage.events(survey.case)


def test_what_turns_a_line_around_is_told_by_its_number() -> None:
    assert told_by_number({"a": ["x‮y", "陈静 é", "\x01\n"]}) == {
        "a": ["x[U+202E]y", "陈静 é", "[U+0001]\n"]
    }  # fmt: skip


def test_every_letter_that_is_told_as_itself_can_be_drawn() -> None:
    from server.outbound.typeset import _drawn

    letters = sorted(_drawn() - {9, 10})
    assert len(letters) > 30_000
    words = ["".join(map(chr, letters[at : at + 400])) for at in range(0, len(letters), 400)]
    block = {"kind": "words", "title": "x", "words": words}
    assert typeset({**SHEET, "blocks": [block]}, b"{}", []).startswith(b"%PDF-1.7")


def test_what_is_no_font_has_no_letters(tmp_path: Path) -> None:
    path = tmp_path / "x.otf"
    for data in (b"", b"OTTO", b"OTTO\0\xff" + b"\0" * 40):
        path.write_bytes(data)
        letters_of.cache_clear()
        assert letters_of(path) == frozenset()


def test_a_picture_of_12000_pixels_is_printed_as_large_as_it_is_shown(stage: SealedStage) -> None:
    stage.shot = made(stage.folder / "wide.jpg", "testsrc2=size=12000x8000", "-frames:v", "1")
    survey = stage.concluded()
    record = stage.paper(survey, "record")
    assert record.state is PaperState.READY
    assert record.bytes < 1_000_000 < stage.shot.stat().st_size
    assert shown(stage, record)


def test_a_picture_that_is_broken_is_told_and_the_record_is_made(stage: SealedStage) -> None:
    survey = stage.concluded()
    with stage.office.read() as work:
        picture = work.snapshots.of_survey(survey.id)[0]
    stage.store[picture.sha256 or ""] = b"\xff\xd8\xff and then nothing"
    record = stage.paper(survey, "record")
    assert record.state is PaperState.READY
    assert not shown(stage, record)
    assert "Not printed here" in text_of(stage.store[record.sha256 or ""])


def shown(stage: SealedStage, paper: Paper) -> bool:
    """Whether a photograph is in the file."""
    return b"/DCTDecode" in stage.store[paper.sha256 or ""]


def test_a_picture_is_made_smaller_only_where_it_is_larger(tmp_path: Path) -> None:
    data = made(tmp_path / "x.jpg", "testsrc2=size=640x360", "-frames:v", "1").read_bytes()
    assert printed(data, 640, 360) == data
    assert len(printed(data, 320, 320)) < len(data)
    for bad in (
        b"",
        b"\xff\xd8\xff",
        data[: len(data) // 3],
        made(tmp_path / "x.png", "color=red", "-frames:v", "1").read_bytes(),
    ):
        with pytest.raises(Undecodable):
            printed(bad, 320, 320)


def test_a_survey_without_anything_has_a_record_that_is_intact(stage: SealedStage) -> None:
    """No position, no finding, no picture, no recording, nobody who agreed."""
    survey, _ = stage.opened()
    stage.ended(survey, "insufficient", "nothing")
    stage.signed(stage.paper(survey, "record"), stage.inspector)
    verdict = judge_package(
        stage.exported(survey), Beforehand(stage.signer.public_key()), FakeJudge(), seals=LibrarySealJudge()
    )
    assert (verdict.overall, verdict.faults) == (Overall.INTACT, ())
