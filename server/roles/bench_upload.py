"""`takan bench upload`: an upload by tus into a private instance, beside a copy and `sha256sum` of the same bytes; with
an S3 service beside its client's own upload."""

import json
import os
import statistics
import subprocess
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from server import wiring
from server.commands import case
from server.configuration import load
from server.roles.demo_instance import instance
from server.roles.memory import peaks
from server.roles.tus_client import PIECE, send, until_evidence
from storage.objects.yardstick import client_upload, let_go

HEAD = b"\xff\xd8\xff\xe0"  # a photo by its first bytes: nothing is decoded of it before it is evidence


def run(megabytes: int, rounds: int, as_json: bool, s3: str | None = None) -> int:
    """`s3`: `http://KEY:SECRET@HOST:PORT/BUCKET`, else a local folder."""
    with tempfile.TemporaryDirectory(prefix="takan-bench-", dir=Path.cwd()) as name:
        found = measure(Path(name), megabytes << 20, rounds, s3)
    print(json.dumps(found) if as_json else "\n".join(_lines(found)))
    return 0


def measure(folder: Path, size: int, rounds: int, s3: str | None = None) -> dict[str, Any]:
    """Megabytes a second, medians; in turns, so that both meet the same machine."""
    source = folder / "source"
    _fill(source, size)
    plain, ours, arriving = [], [], []
    config = _config(folder, s3) if s3 else None
    with instance(folder / "data", config) as url:
        there = load(folder / "data", config, {})
        given = wiring.services(there)
        for _ in range(rounds):
            spent = _by_client(asdict(there.objects), source) if s3 else _plain(source, folder / "copy")
            plain.append(size / spent / 1e6)
            sent = send(case.make(given, url, (None, None, ""))["tus"], source)
            arriving.append(size / (sent.arrived - sent.began) / 1e6)
            ours.append(size / (until_evidence(given, sent.id) - sent.began) / 1e6)
        memory = peaks(folder / "data")
    counted = arriving if s3 else ours
    return {
        "bytes": size,
        "rounds": rounds,
        "store": "s3" if s3 else "folder",
        "beside_mb_s": round(statistics.median(plain), 1),
        "upload_to_evidence_mb_s": round(statistics.median(ours), 1),
        "upload_alone_mb_s": round(statistics.median(arriving), 1),
        "ratio": round(statistics.median(one / other for one, other in zip(counted, plain, strict=True)), 3),
        "peak_mb": memory,
    }


def _config(folder: Path, s3: str) -> Path:
    address = urlsplit(s3)
    lines = [
        "[objects]",
        'kind = "s3"',
        f'endpoint = "{address.hostname}:{address.port}"',
        f'bucket = "{address.path.strip("/")}"',
        f'access_key = "{address.username}"',
        f'secret_key = "{address.password}"',
        f"secure = {'true' if address.scheme == 'https' else 'false'}",
    ]
    path = folder / "takan.toml"
    path.touch(0o600)
    path.write_text("\n".join([*lines, ""]))
    return path


def _fill(path: Path, size: int) -> None:
    with path.open("wb") as file:
        file.write(HEAD)
        left = size - len(HEAD)
        while left:
            data = os.urandom(min(PIECE, left))
            left -= file.write(data)


def _by_client(settings: dict[str, Any], source: Path) -> float:
    began = time.monotonic()
    client_upload(settings, "measured/own", source)
    spent = time.monotonic() - began
    let_go(settings, "measured/own")
    return spent


def _plain(source: Path, copy: Path) -> float:
    """`cp`, made durable as an upload is, then `sha256sum`."""
    began = time.monotonic()
    subprocess.run(["cp", source, copy], check=True)
    with copy.open("rb") as file:
        os.fsync(file.fileno())
    subprocess.run(["sha256sum", copy], check=True, capture_output=True)
    spent = time.monotonic() - began
    copy.unlink()
    return spent


def _lines(found: dict[str, Any]) -> list[str]:
    beside = "S3 client's own upload" if found["store"] == "s3" else "copy, fsync, sha256sum"
    return [
        f"{found['bytes'] / 1e6:.0f} MB, median of {found['rounds']}, in turns",
        f"{beside:24} {found['beside_mb_s']:8.1f} MB/s",
        f"upload until evidence    {found['upload_to_evidence_mb_s']:8.1f} MB/s",
        f"upload, last byte        {found['upload_alone_mb_s']:8.1f} MB/s",
        f"ratio                    {found['ratio']:8.3f}",
        f"peak of memory, MB       {found['peak_mb']}",
    ]
