"""`takan bench upload`: an upload by tus into a private instance, beside a copy and `sha256sum` of the same bytes."""

import http.client
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from inspection.model.upload import UploadState
from server import wiring
from server.commands import case
from server.configuration import load
from server.roles.demo_instance import instance
from server.services import Services

PIECE = 1 << 20
CHUNK = 512 << 20  # bytes of one request
HEAD = b"\xff\xd8\xff\xe0"  # a photo by its first bytes: nothing is decoded of it before it is evidence


def run(megabytes: int, rounds: int, as_json: bool) -> int:
    with tempfile.TemporaryDirectory(prefix="takan-bench-", dir=Path.cwd()) as name:
        found = measure(Path(name), megabytes << 20, rounds)
    print(json.dumps(found) if as_json else "\n".join(_lines(found)))
    return 0


def measure(folder: Path, size: int, rounds: int) -> dict[str, Any]:
    """Megabytes a second, medians; in turns, so that both meet the same machine."""
    source = folder / "source"
    _fill(source, size)
    plain, ours, arriving = [], [], []
    with instance(folder / "data", None) as url:
        given = wiring.services(load(folder / "data", None, {}))
        for _ in range(rounds):
            plain.append(size / _plain(source, folder / "copy") / 1e6)
            arrived, whole = _upload(given, url, source, size)
            arriving.append(size / arrived / 1e6)
            ours.append(size / whole / 1e6)
    return {
        "bytes": size,
        "rounds": rounds,
        "copy_and_sha256sum_mb_s": round(statistics.median(plain), 1),
        "upload_to_evidence_mb_s": round(statistics.median(ours), 1),
        "upload_alone_mb_s": round(statistics.median(arriving), 1),
        "ratio": round(statistics.median(ours) / statistics.median(plain), 3),
    }


def _fill(path: Path, size: int) -> None:
    with path.open("wb") as file:
        file.write(HEAD)
        left = size - len(HEAD)
        while left:
            data = os.urandom(min(PIECE, left))
            left -= file.write(data)


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


def _upload(given: Services, url: str, source: Path, size: int) -> tuple[float, float]:
    """Seconds until the last byte was answered, and until it was evidence."""
    made = case.make(given, url, (None, None, ""))["tus"]
    address = urlsplit(made["url"])
    link = http.client.HTTPConnection(address.hostname or "", address.port, blocksize=PIECE)
    headers = {"Tus-Resumable": "1.0.0", "Authorization": f"Bearer {made['token']}"}
    wish = headers | {"Upload-Length": str(size), "Upload-Metadata": "filename YQ=="}
    link.request("POST", address.path, headers=wish)
    answer = link.getresponse()
    answer.read()
    path = answer.headers["Location"]
    began = time.monotonic()
    with source.open("rb") as file:
        for offset in range(0, size, CHUNK):
            length = min(CHUNK, size - offset)
            kind = {"Content-Type": "application/offset+octet-stream", "Content-Length": str(length)}
            link.putrequest("PATCH", path)
            for name, value in (headers | kind | {"Upload-Offset": str(offset)}).items():
                link.putheader(name, value)
            link.endheaders()
            link.sock.sendfile(file, offset, length)
            link.getresponse().read()
    arrived = time.monotonic() - began
    whole = _until_evidence(given, path.rpartition("/")[2], began)
    link.close()
    return arrived, whole


def _until_evidence(given: Services, id: str, began: float) -> float:
    while time.monotonic() - began < 600:
        with given.office.read() as work:
            if work.uploads.get(id).state is UploadState.ADMITTED:
                return time.monotonic() - began
        time.sleep(0.01)
    raise TimeoutError("it did not become evidence")


def _lines(found: dict[str, Any]) -> list[str]:
    return [
        f"{found['bytes'] / 1e6:.0f} MB, median of {found['rounds']}, in turns",
        f"copy, fsync, sha256sum   {found['copy_and_sha256sum_mb_s']:8.1f} MB/s",
        f"upload until evidence    {found['upload_to_evidence_mb_s']:8.1f} MB/s",
        f"upload, last byte        {found['upload_alone_mb_s']:8.1f} MB/s",
        f"ratio                    {found['ratio']:8.3f}",
    ]
