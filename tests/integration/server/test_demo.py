"""The demo, whole: embedded, and the same on PostgreSQL and an S3 server by configuration alone."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.fixtures.s3 import S3

HOUSE = Path(__file__).resolve().parents[3]


def demo(export: Path, *words: object) -> dict[str, Any]:
    command = [sys.executable, "-m", "server.cli", "demo", "--json", "--seconds", "9", "--export", str(export)]
    done = subprocess.run(
        [*command, *(str(word) for word in words)], cwd=HOUSE, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def judge(export: Path, found: dict[str, Any]) -> None:
    assert set(found) == {"case", "survey", "evidence", "decision", "export"}
    assert found["decision"] == "approved"
    assert found["export"] == str(export)
    assert {one["codec"] for one in found["evidence"]} == {"H264", "opus"}
    for one in found["evidence"]:
        assert set(one) == {"id", "kind", "codec", "seconds", "bytes", "sha256"}
        assert one["seconds"] > 6
        assert one["bytes"] > 10_000
        assert len(one["sha256"]) == 64
    command = [sys.executable, "-m", "server.cli", "verify", str(export)]
    assert subprocess.run(command, cwd=HOUSE, capture_output=True, timeout=60, check=False).returncode == 0


def test_the_demo_on_one_machine(tmp_path: Path) -> None:
    judge(tmp_path / "package", demo(tmp_path / "package"))


def test_the_demo_on_postgresql_and_s3(tmp_path: Path, postgres_url: str, s3: S3, bucket: str) -> None:
    config = tmp_path / "takan.toml"
    config.write_text(
        f'[database]\nurl = "{postgres_url}"\n'
        f'[objects]\nkind = "s3"\nendpoint = "{s3.endpoint}"\nbucket = "{bucket}"\nsecure = false\n'
        f'access_key = "{s3.access_key}"\nsecret_key = "{s3.secret_key}"\n'
    )
    judge(tmp_path / "package", demo(tmp_path / "package", "--config", config))
