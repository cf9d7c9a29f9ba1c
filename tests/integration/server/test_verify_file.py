"""`takan verify` of one file, beside the package whose ledger has to name it."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from inspection.model.paper import Seal
from server import cli
from server.commands.verify_file import judge_file
from server.outbound.seal import PadesSealer
from server.outbound.seal_chain import Chain, make_chain, read_chain
from server.outbound.seal_judge import LibrarySealJudge, Means
from server.outbound.typeset import typeset
from tests.builders import Stage
from tests.fakes import FakeFolder

NOW = datetime.now(UTC)
SHEET = {
    "banner": None, "digest": "", "digest_words": "", "day": [2026, 11, 24],
    "facts_name": "facts", "lang": "en", "number": "1", "office": "O",
    "subtitle": "", "title": "T", "verdict": None, "link": "", "qr": None, "qr_words": "", "blocks": [],
}  # fmt: skip


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    folder = tmp_path_factory.mktemp("keys")
    make_chain(folder, "Office", NOW)
    return read_chain(folder, "", "", "")


@pytest.fixture
def folder() -> FakeFolder:
    stage = Stage()
    return stage.exported(stage.decided())


def paper(path: Path, chain: Chain, facts: dict[str, object]) -> bytes:
    pdf = typeset(SHEET, json.dumps(facts).encode(), [])
    data = PadesSealer(chain, "Office").sign(pdf, Seal("A", "inspector", "", "one"), NOW)
    path.write_bytes(data)
    return data


def named(folder: FakeFolder, digest: str) -> FakeFolder:
    """As if the ledger's last entry named that digest: only the naming is judged here, the chain by the package."""
    lines = folder["data/ledger.jsonl"].splitlines()
    last = json.loads(lines[-1]) | {"digest": digest}
    folder["data/ledger.jsonl"] = b"\n".join([*lines[:-1], json.dumps(last).encode()])
    return folder


def test_a_paper_is_proven_by_roots_and_named_by_its_ledger(tmp_path: Path, chain: Chain, folder: FakeFolder) -> None:
    head = json.loads(folder["data/ledger.jsonl"].splitlines()[0])["hash"]
    data = paper(tmp_path / "p.pdf", chain, {"ledger": {"hash": head}})
    judge = LibrarySealJudge(chain.roots)
    verdict = judge_file(tmp_path / "p.pdf", judge, named(folder, sha256(data).hexdigest()), trusted=True)
    assert (verdict.status, verdict.origin, verdict.faults) == (0, "proven", [])
    assert verdict.ledger is not None
    assert judge_file(tmp_path / "p.pdf", LibrarySealJudge(), None).origin == "unproven"


def test_a_paper_of_another_case_is_not_named_here(tmp_path: Path, chain: Chain, folder: FakeFolder) -> None:
    paper(tmp_path / "p.pdf", chain, {"ledger": {"hash": "0" * 64}})
    verdict = judge_file(tmp_path / "p.pdf", LibrarySealJudge(), folder)
    assert (verdict.status, verdict.faults) == (1, ["ledger-unknown", "ledger-other"])


def test_foreign_roots_are_named(tmp_path: Path, chain: Chain) -> None:
    paper(tmp_path / "p.pdf", chain, {})
    make_chain(tmp_path / "other", "Other", NOW)
    judge = Means(tmp_path / "other" / "seal-root.pem").judge()
    verdict = judge_file(tmp_path / "p.pdf", judge, None)
    assert verdict.faults == ["one: certificate-foreign"]


def test_the_command_tells_intact_altered_and_unreadable_apart(
    tmp_path: Path, chain: Chain, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "p.pdf"
    data = paper(path, chain, {"x": 1})
    assert cli.main(["verify", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["signatures"][0]["name"] == "A"
    path.write_bytes(data + b"\n% something more")
    assert cli.main(["verify", str(path)]) == 1
    assert "added-after" in capsys.readouterr().out
    path.write_bytes(b"no paper")
    assert cli.main(["verify", str(path)]) == 2
    assert cli.main(["verify", str(path), "--roots", str(tmp_path / "none.pem")]) == 2
