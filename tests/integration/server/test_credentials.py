"""Content Credentials: from what a file was made, when, by whom; and an authority that does not answer."""

import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from imageio_ffmpeg import get_ffmpeg_exe

from inspection.model.sealed import CredentialsSaid
from server.commands.verify_file import judge_file, lines
from server.outbound import credentials
from server.outbound.credentials import CannotSeal, Credentials
from server.outbound.credentials_read import read_credentials
from server.outbound.seal_chain import Chain, issue
from server.outbound.seal_judge import Means
from server.outbound.stamps import HttpAuthority
from tests.fixtures.authority import Authority
from tests.integration.server.signing import NOW, OFFICE, chain, crl_file, keys_folder, stamping

__all__ = ["chain", "keys_folder", "stamping"]  # fixtures
SHOT = {"parent": "ab" * 32, "presented": 90_000, "snapshot": "s1", "survey": "v1", "track": "p1.video"}
CLIP = {
    "clip": "c1", "kind": "clip", "survey": "v1", "start_us": 0, "end_us": 1,
    "tracks": [{"parent": "ab" * 32, "segments": ["cd" * 32], "track": "p1.video"},
               {"parent": "ef" * 32, "segments": ["01" * 32], "track": "p1.audio"}],
}  # fmt: skip


@pytest.fixture(scope="module")
def jpeg(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("picture") / "plain.jpg"
    command = [get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180", "-frames:v", "1"]
    subprocess.run([*command, str(path)], check=True)
    return path


def sealed(writer: Credentials, jpeg: Path, folder: Path, facts: dict[str, object]) -> Path:
    target = folder / "sealed.jpg"
    writer.seal(jpeg, target, "picture", facts, NOW)
    return target


def written(path: Path, authority: bytes = b"", roots: tuple[object, ...] = ()) -> CredentialsSaid:
    with path.open("rb") as file:
        return read_credentials(file, ".jpg", roots, authority)  # type: ignore[arg-type]


@pytest.mark.parametrize(("facts", "parents"), [(SHOT, ["ab" * 32]), (CLIP, ["ab" * 32, "ef" * 32])])
def test_what_it_was_made_from_stands_in_it_as_ingredients(
    jpeg: Path, chain: Chain, tmp_path: Path, facts: dict[str, object], parents: list[str]
) -> None:
    said = written(sealed(Credentials(chain, OFFICE), jpeg, tmp_path, facts))
    assert (said.state, said.faults, said.facts) == ("Valid", (), facts)
    assert list(said.ingredients) == parents


@pytest.mark.parametrize("treatment", ["copied", "edges", "overlaid"])
def test_what_was_done_is_told_in_words_that_the_reader_knows(
    jpeg: Path, chain: Chain, tmp_path: Path, treatment: str
) -> None:
    said = written(sealed(Credentials(chain, OFFICE), jpeg, tmp_path, CLIP | {"treatment": treatment}))
    assert (said.state, said.faults) == ("Valid", ())


def test_ingredients_that_the_facts_do_not_name_are_a_fault(
    jpeg: Path, chain: Chain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = credentials.manifest

    def other(title: str, facts: dict[str, object], at: object) -> dict[str, object]:
        made = plain(title, facts, NOW)
        made["ingredients"][0]["instance_id"] = credentials.DIGEST + "99" * 32
        return made

    monkeypatch.setattr(credentials, "manifest", other)
    assert written(sealed(Credentials(chain, OFFICE), jpeg, tmp_path, SHOT)).faults == ("ingredients-other",)


def test_they_have_the_time_of_an_authority(
    jpeg: Path, chain: Chain, tmp_path: Path, stamping: tuple[Authority, HttpAuthority]
) -> None:
    authority, client = stamping
    path = sealed(Credentials(chain, OFFICE, client), jpeg, tmp_path, SHOT)
    for pem, trusted in ((b"", False), (authority.pem, True), (Authority(NOW, NOW + timedelta(days=1)).pem, False)):
        said = written(path, pem)
        assert said.faults == ()
        assert said.stamp is not None
        assert (said.stamp.at, said.stamp.authority, said.stamp.trusted) == (authority.now, "TSA", trusted)
    (tmp_path / "tsa.pem").write_bytes(authority.pem)
    told = lines(judge_file(path, Means(authority=tmp_path / "tsa.pem").judge(), None))
    assert f"time: {authority.now.isoformat()}, stamped by TSA" in told


@pytest.mark.parametrize("fails", ["away", "garbage", "unfit"])
def test_without_an_answer_they_are_written_all_the_same(
    jpeg: Path, chain: Chain, tmp_path: Path, stamping: tuple[Authority, HttpAuthority], fails: str
) -> None:
    authority, client = stamping
    if fails == "unfit":
        authority.now += timedelta(days=3650)  # its clock is far from that of the certificate
    else:
        setattr(authority, fails, True)
    said = written(sealed(Credentials(chain, OFFICE, client), jpeg, tmp_path, SHOT))
    assert (said.state, said.faults, said.stamp) == ("Valid", (), None)


def test_the_office_is_proven_by_its_roots_and_a_stranger_named(
    jpeg: Path, chain: Chain, keys_folder: Path, tmp_path: Path
) -> None:
    path = sealed(Credentials(chain, OFFICE), jpeg, tmp_path, SHOT)
    proven = judge_file(path, Means(keys_folder / "seal-root.pem").judge(), None, trusted=True)
    assert (proven.status, proven.origin) == (0, "proven")
    stranger = issue(None, "stranger", NOW, authority=1)
    assert written(path, roots=(stranger.certificate,)).faults == ("certificate-foreign",)


def test_nothing_is_written_with_an_issuer_that_was_taken_back(jpeg: Path, chain: Chain, tmp_path: Path) -> None:
    root = issue(None, "City root", NOW, authority=1)
    issuer = issue(root, "City issuer", NOW, authority=0)
    lists = crl_file(tmp_path, root, {issuer.certificate.serial_number: NOW - timedelta(days=1)})
    taken = replace(chain, issuer=issuer, own_issuer=False, lists=(lists,))
    with pytest.raises(CannotSeal, match="seal-revoked"):
        sealed(Credentials(taken, OFFICE), jpeg, tmp_path, SHOT)
