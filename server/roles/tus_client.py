"""A plain client of tus 1.0 for measurements: one connection, requests of half a gigabyte."""

import base64
import http.client
import time
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from inspection.model.upload import UploadState
from server.services import Services

PIECE = 1 << 20
CHUNK = 512 << 20  # bytes of one request
PATIENCE = 3600.0  # seconds


@dataclass(frozen=True, slots=True)
class Sent:
    """`id` of the upload, when it began and when its last byte was answered (seconds of `time.monotonic`)."""

    id: str
    began: float
    arrived: float


def send(tus: dict[str, Any], source: Path, name: str = "a") -> Sent:
    """Upload a file. `tus`: url and token, as `takan case new --json` tells them. Raises `OSError`."""
    address, size = urlsplit(tus["url"]), source.stat().st_size
    link = http.client.HTTPConnection(address.hostname or "", address.port, blocksize=PIECE)
    headers = {"Tus-Resumable": "1.0.0", "Authorization": f"Bearer {tus['token']}"}
    told = base64.b64encode(name.encode()).decode()
    began = time.monotonic()
    link.request(
        "POST", address.path, headers=headers | {"Upload-Length": str(size), "Upload-Metadata": f"filename {told}"}
    )
    path = _answered(link, 201).headers["Location"]
    with source.open("rb", buffering=0) as file:
        for offset in range(0, size, CHUNK):
            _chunk(link, path, headers, file, offset, min(CHUNK, size - offset))
    arrived = time.monotonic()
    link.close()
    return Sent(str(path).rpartition("/")[2], began, arrived)


def _chunk(
    link: http.client.HTTPConnection, path: str, headers: dict[str, str], file: FileIO, offset: int, length: int
) -> None:
    kind = {"Content-Type": "application/offset+octet-stream", "Content-Length": str(length)}
    link.putrequest("PATCH", path)
    for name, value in (headers | kind | {"Upload-Offset": str(offset)}).items():
        link.putheader(name, value)
    link.endheaders()
    link.sock.sendfile(file, offset, length)
    _answered(link, 204)


def _answered(link: http.client.HTTPConnection, status: int) -> http.client.HTTPResponse:
    answer = link.getresponse()
    answer.read()
    if answer.status != status:
        raise OSError(f"{answer.status} instead of {status}")
    return answer


def until_evidence(given: Services, id: str) -> float:
    """When it was read back and is evidence, seconds of `time.monotonic`. Raises `TimeoutError`."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with given.office.read() as work:
            if work.uploads.get(id).state is UploadState.ADMITTED:
                return time.monotonic()
        time.sleep(0.01)
    raise TimeoutError("it did not become evidence")


def until_playable(given: Services, id: str) -> float:
    """When a reviewer can play something of it. Raises `TimeoutError`."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with given.office.read() as work:
            if any(job.result.get("playable") for job in work.media_jobs.of_evidence(id)):
                return time.monotonic()
        time.sleep(0.01)
    raise TimeoutError("it cannot be played")
