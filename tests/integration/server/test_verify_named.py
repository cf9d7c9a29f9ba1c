"""Whose word a package has: of a witness or an authority that whoever verifies named, or only of those that the package
names itself; and what `takan verify` says of it."""

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from inspection.model.tlog import LOG_KEY, VerifierKey
from inspection.services.ask_witnesses import ask_witnesses
from inspection.services.export import Making, export_case
from inspection.services.stamp_log import stamp_newest
from inspection.services.want_export import want_export
from server.cli import main
from server.outbound.stamps import HttpAuthority, Rfc3161Judge
from tests.builders import NOW, ORIGIN, Stage
from tests.fakes import FakePage
from tests.fixtures.authority import Authority, serving
from tests.log_office import NearWitness


@dataclass(frozen=True, slots=True)
class Vouched:
    """A package with a witness's and an authority's word, and the files that name them."""

    package: Path
    witness: Path
    authority: Path
    trust: Path


@pytest.fixture(scope="module")
def vouched(tmp_path_factory: pytest.TempPathFactory) -> Vouched:
    folder, stage = tmp_path_factory.mktemp("vouched"), Stage()
    survey = stage.decided()
    wish = want_export(stage.office, stage.signer, stage.inspector, survey.case, stage.later(seconds=1), stage.new_id)
    stage.logged()
    witness = NearWitness([VerifierKey(ORIGIN, LOG_KEY, stage.signer.public_key())])
    authority = Authority(stage.now, stage.now + timedelta(days=365))
    with serving(authority) as url:
        near = HttpAuthority(url, authority.pem, 5)
        assert stamp_newest(stage.office, near, Rfc3161Judge(), stage.now, timedelta(hours=1)) is not None
    assert [one.outcome for one in ask_witnesses(stage.office, [witness])] == ["cosigned"]
    making = Making(stage.store, stage.signer, FakePage(), witnesses=(witness.key,), authority=authority.pem)
    files = stage.unfolded(export_case(stage.office, making, wish.id, stage.now, lambda done, total: None))
    for path, data in files.items():
        (folder / "package" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "package" / path).write_bytes(data)
    named = Vouched(folder / "package", folder / "witness", folder / "authority.pem", folder / "key")
    named.witness.write_text(f"# the district's own\n{witness.key.text()} https://witness.example\n")
    named.authority.write_bytes(authority.pem)
    named.trust.write_bytes(stage.signer.public_key())
    return named


def judged(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, Any]:
    status = main(["verify", *map(str, words), "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_those_that_the_package_names_itself_are_said_to_be_that(
    vouched: Vouched, capsys: pytest.CaptureFixture[str]
) -> None:
    status, found = judged(capsys, vouched.package)
    assert (status, found["overall"], found["unmet"]) == (0, "intact", [])
    assert found["vouched"] == {"witnesses": "itself", "stamps": "itself"}
    assert main(["verify", str(vouched.package)]) == 0
    said = capsys.readouterr().out
    assert "witnesses: sound, by one that the package names itself (witness.example/w1)" in said
    assert "stamps: sound, by one that the package names itself (CN=TSA)" in said


def test_those_that_were_named_are_told_apart(vouched: Vouched, capsys: pytest.CaptureFixture[str]) -> None:
    named = ("--witness", vouched.witness, "--authority", vouched.authority, "--trust", vouched.trust)
    status, found = judged(capsys, vouched.package, *named)
    assert (status, found["overall"], found["origin"], found["unmet"]) == (0, "intact", "proven", [])
    assert found["vouched"] == {"witnesses": "named", "stamps": "named"}
    assert [one["known"] for one in found["log"]["witnesses"] + found["log"]["stamps"]] == [True, True]
    assert main(["verify", str(vouched.package), *map(str, named)]) == 0
    said = capsys.readouterr().out
    assert "witnesses: sound, by one that you named (witness.example/w1)" in said
    assert "stamps: sound, by one that you named (CN=TSA)" in said


def test_one_that_was_named_and_did_not_sign_is_missed(
    vouched: Vouched, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other, stranger = tmp_path / "other", Authority(NOW, NOW + timedelta(days=9), name="Other")
    other.write_text(NearWitness([], "witness.example/w2").key.text())
    (tmp_path / "other.pem").write_bytes(stranger.pem)
    status, found = judged(capsys, vouched.package, "--witness", other, "--authority", tmp_path / "other.pem")
    assert (status, found["overall"], found["unmet"]) == (1, "intact", ["witnesses", "stamps"])
    assert found["vouched"] == {"witnesses": "itself", "stamps": "itself"}
    assert main(["verify", str(vouched.package), "--witness", str(other)]) == 1
    assert "witnesses: nobody whom you named" in capsys.readouterr().out
    both = ("--witness", other, "--witness", vouched.witness)
    assert judged(capsys, vouched.package, *both)[0] == 0  # one of those who were named is enough


def test_a_package_without_witnesses_or_stamps_misses_those_that_were_named(
    vouched: Vouched, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path, data in Stage().exported().items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    assert judged(capsys, tmp_path)[0] == 0
    status, found = judged(capsys, tmp_path, "--witness", vouched.witness, "--authority", vouched.authority)
    assert (status, found["overall"], found["unmet"]) == (1, "intact", ["witnesses", "stamps"])
    assert found["vouched"] == {"witnesses": "none", "stamps": "none"}


def test_a_forged_word_of_a_named_one_is_an_alteration(
    vouched: Vouched, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another key under the named witness's own name: no line of his is there, so he did not sign."""
    forger = NearWitness([], "witness.example/w1x")
    key = VerifierKey("witness.example/w1", forger.key.kind, forger.key.public_key)
    (tmp_path / "forged").write_text(key.text())
    status, found = judged(capsys, vouched.package, "--witness", tmp_path / "forged")
    assert (status, found["unmet"], found["vouched"]["witnesses"]) == (1, ["witnesses"], "itself")


@pytest.mark.parametrize("content", [b"", b"# nobody\n", b"no key", b"\xff\xfe", b"log.example+12345678+AAAA"])
def test_a_file_that_holds_no_witness_s_key_is_2(
    vouched: Vouched, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    (tmp_path / "witness").write_bytes(content)
    assert main(["verify", str(vouched.package), "--witness", str(tmp_path / "witness")]) == 2
    assert "is not a public key" in capsys.readouterr().err


def test_a_log_s_key_is_no_witness_s(vouched: Vouched, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "log").write_text(VerifierKey(ORIGIN, LOG_KEY, vouched.trust.read_bytes()).text())
    assert main(["verify", str(vouched.package), "--witness", str(tmp_path / "log")]) == 2
    capsys.readouterr()
