"""`takan verify` on a folder: 0 intact, 1 altered or foreign, 2 not readable."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import Stage
from tests.fakes import FakeSigner

HOUSE = Path(__file__).resolve().parents[3]
STAGE = Stage()


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "package"
    for path, data in PACKAGE.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


PACKAGE = dict(STAGE.exported())


def judged(path: Path, *words: object) -> tuple[int, str]:
    command = [sys.executable, "-m", "server.cli", "verify", str(path), *(str(word) for word in words)]
    done = subprocess.run(command, cwd=HOUSE, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout


def key_file(folder: Path, signer: FakeSigner) -> Path:
    path = folder / "key"
    path.write_bytes(signer.public_key())
    return path


def test_an_intact_package_of_unproven_origin(package: Path) -> None:
    status, said = judged(package)
    assert status == 0
    assert "verdict: intact" in said
    assert "origin: unproven" in said
    assert STAGE.signer.fingerprint() in said


def test_with_the_offices_key_the_origin_is_proven(package: Path, tmp_path: Path) -> None:
    status, said = judged(package, "--trust", key_file(tmp_path, STAGE.signer), "--json")
    found = json.loads(said)
    assert (status, found["overall"], found["origin"]) == (0, "intact", "proven")


def test_a_foreign_key_is_1(package: Path, tmp_path: Path) -> None:
    status, said = judged(package, "--trust", key_file(tmp_path, FakeSigner(b"x" * 32)))
    assert status == 1
    assert "origin: foreign" in said


def test_one_changed_byte_is_1_and_named(package: Path) -> None:
    path = next(package.rglob("*.mp4"))
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    status, said = judged(package, "--json")
    assert status == 1
    assert path.relative_to(package).as_posix() in {one["where"] for one in json.loads(said)["faults"]}


def test_a_link_in_a_package_is_not_followed(package: Path) -> None:
    path = next(package.rglob("*.jpg"))
    path.unlink()
    path.symlink_to("/etc/hostname")
    assert judged(package)[0] in (1, 2)


def test_what_is_no_package_is_2(tmp_path: Path) -> None:
    assert judged(tmp_path / "none")[0] == 2
    (tmp_path / "file").write_text("x")
    assert judged(tmp_path / "file")[0] == 2


def test_a_key_that_is_none_is_2(package: Path, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("no key")
    assert judged(package, "--trust", tmp_path / "key")[0] == 2
