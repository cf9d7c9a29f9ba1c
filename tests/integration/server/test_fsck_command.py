"""`takan fsck` from the command line: what it says, what it mends, and with which exit status."""

import json
from pathlib import Path
from typing import Any

import pytest

from server.cli import main
from server.outbound.keys import make_keys
from storage.database import Database, migrate
from storage.objects.bytes import key_of
from tests.integration.storage.test_whole_visit import RealStage


def looked(capsys: pytest.CaptureFixture[str], data: Path, *words: object) -> tuple[int, Any]:
    status = main(["fsck", "--data", str(data), "--json", *map(str, words)])
    return status, json.loads(capsys.readouterr().out)


def test_an_object_is_put_back_from_a_package(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, package = tmp_path / "data", tmp_path / "package"
    data.mkdir()
    make_keys(data / "keys")
    migrate(url := f"sqlite:///{data / 'takan.db'}")
    database = Database(url)
    stage = RealStage(database, data / "objects")
    files = stage.exported()
    stage.logged()
    for path, content in files.items():
        (package / path).parent.mkdir(parents=True, exist_ok=True)
        (package / path).write_bytes(content)
    assert looked(capsys, data) == (0, {"differences": [], "left": 0})
    with stage.office.read() as work:
        wrong = work.receptions.tracks(work.surveys.of_case(work.cases.by_number("TK-20261124-0001").id)[0].id)[0]
    kept = data / "objects" / key_of(wrong.segments[0].digest)
    kept.chmod(0o640)
    kept.write_bytes(b"other")
    status, found = looked(capsys, data)
    assert (status, found["left"]) == (1, 1)
    assert found["differences"][0]["code"] == "object-replaced"
    assert found["differences"][0]["repair"] == "restore"
    status, found = looked(capsys, data, "--repair", "restore")
    assert (status, found["left"]) == (1, 1)  # there is no copy
    status, found = looked(capsys, data, "--repair", "restore", "--from", package)
    assert (status, found["left"], found["differences"][0]["repaired"]) == (0, 0, True)
    assert looked(capsys, data)[0] == 0
    assert main(["fsck", "--data", str(data), "--repair", "restore", "--from", str(tmp_path / "none")]) == 2
    assert "cannot look" in capsys.readouterr().err
    database.close()
