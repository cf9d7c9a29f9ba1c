"""Uploads as large as the disk holds, twenty at once, and over a link that breaks two hundred times: through a whole
instance, with a folder and with S3. Memory is that of the largest moment (`VmHWM`) of each role.

Sources are files of holes with the first bytes of a sound: they cost no disk, and what arrives does. `TAKAN_LOAD_GB`
says how large the one large file is (50 where the disk has room for it).
"""

import hashlib
import http.client
import os
import random
import shutil
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import gettempdir
from typing import Any
from urllib.parse import urlsplit

import pytest

from server import wiring
from server.commands import case
from server.configuration import load
from server.roles.memory import peaks
from server.roles.tus_client import Sent, send, until_evidence
from server.services import Services
from tests.fixtures.instance import Instance, StartInstance
from tests.fixtures.processes import wait_until
from tests.fixtures.s3 import S3

HEAD = b"fLaC"  # sound by its first bytes: nobody tries to look at it
GB, MB = 1 << 30, 1 << 20
GROWTH = 64.0  # MB that a role may hold more after a large file than after a small one
SPARE = 20 * GB


@pytest.fixture(params=["folder", "s3"])
def office(request: pytest.FixtureRequest, start_instance: StartInstance) -> Iterator[tuple[Instance, Services]]:
    settings: dict[str, str] = {}
    if request.param == "s3":
        s3: S3 = request.getfixturevalue("s3")
        settings = {
            "TAKAN_OBJECTS_KIND": "s3",
            "TAKAN_OBJECTS_ENDPOINT": s3.endpoint,
            "TAKAN_OBJECTS_BUCKET": s3.new_bucket(),
            "TAKAN_OBJECTS_ACCESS_KEY": s3.access_key,
            "TAKAN_OBJECTS_SECRET_KEY": s3.secret_key,
            "TAKAN_OBJECTS_SECURE": "false",
        }
    with start_instance(**settings) as instance:
        yield instance, wiring.services(load(instance.data, None, settings))
    shutil.rmtree(instance.data)  # what pytest keeps of earlier runs must not fill the disk


def holes(path: Path, size: int, mark: int = 0) -> Path:
    """A sound by its first bytes, its own by the next, then nothing."""
    with path.open("wb") as file:
        file.write(HEAD + mark.to_bytes(4, "big"))
        file.truncate(size)
    return path


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def kept(given: Services, sent: Sent) -> str:
    until_evidence(given, sent.id)
    with given.office.read() as work:
        return str(work.uploads.get(sent.id).sha256)


def large() -> int:
    wanted = float(os.environ.get("TAKAN_LOAD_GB", "50"))
    room = shutil.disk_usage(gettempdir()).free - SPARE
    return min(round(wanted * GB), room)


def test_one_as_large_as_the_disk_holds_in_constant_memory(office: tuple[Instance, Services], tmp_path: Path) -> None:
    instance, given = office
    tus: dict[str, Any] = case.make(given, instance.url, (None, None, ""))["tus"]
    small = holes(tmp_path / "small", 64 * MB)
    assert kept(given, send(tus, small)) == digest(small)
    before = peaks(instance.data)
    whole = holes(tmp_path / "large", large())
    sent = send(tus, whole)
    assert kept(given, sent) == digest(whole)
    after = peaks(instance.data)
    print(f"\n{whole.stat().st_size / 1e9:.1f} GB in {sent.arrived - sent.began:.0f} s: {before} then {after} MB")
    assert all(after[role] - before[role] < GROWTH for role in before)


def test_twenty_at_once_in_constant_memory(office: tuple[Instance, Services], tmp_path: Path) -> None:
    instance, given = office
    tus: dict[str, Any] = case.make(given, instance.url, (None, None, ""))["tus"]
    files = [holes(tmp_path / str(n), min(500 * MB, large() // 20), n) for n in range(20)]
    with ThreadPoolExecutor(20) as pool:
        sent = list(pool.map(lambda path: send(tus, path, path.name), files))
    assert [kept(given, one) for one in sent] == [digest(path) for path in files]
    after = peaks(instance.data)
    print(f"\n20 × {files[0].stat().st_size / 1e6:.0f} MB: {after} MB")
    assert after["web"] < 512  # twenty parts of 8 MB, twice while they are sent
    assert after["worker"] < 400


def test_a_link_that_breaks_two_hundred_times(office: tuple[Instance, Services], tmp_path: Path) -> None:
    """At any byte: what arrived is held, and each time the sender goes on from there."""
    instance, given = office
    tus = case.make(given, instance.url, (None, None, ""))["tus"]
    size, chance = 800 * MB, random.Random(7)
    path = holes(tmp_path / "file", size)
    link = Breaking(tus, path)
    for number in range(200):
        link.push(link.offset() + chance.randrange(1, 2 * (size // 200)), number)
    while link.offset() < size:
        link.push(size, 200)
    assert kept(given, Sent(link.id, 0, 0)) == digest(path)


class Breaking:
    """A sender whose connection ends in the middle of a request."""

    def __init__(self, tus: dict[str, Any], path: Path) -> None:
        self._address, self._path = urlsplit(tus["url"]), path
        self._size = path.stat().st_size
        self._headers = {"Tus-Resumable": "1.0.0", "Authorization": f"Bearer {tus['token']}"}
        headers = self._headers | {"Upload-Length": str(self._size), "Upload-Metadata": "filename YQ=="}
        self._place = self._ask("POST", self._address.path, headers)["Location"]
        self.id = self._place.rpartition("/")[2]

    def offset(self) -> int:
        return int(self._ask("HEAD", self._place, self._headers)["Upload-Offset"])

    def push(self, until: int, number: int) -> None:
        """Announce all that is left, send up to `until`, hang up; wait until the server has it."""
        offset = self.offset()
        until = min(until, self._size)
        if until <= offset:
            return
        lines = [f"PATCH {self._place} HTTP/1.1", f"Host: {self._address.netloc}"]
        told = self._headers | {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset)}
        told |= {"Content-Length": str(self._size - offset)}
        lines += [f"{name}: {value}" for name, value in told.items()]
        with socket.create_connection((self._address.hostname or "", self._address.port or 80), timeout=60) as link:
            link.sendall("\r\n".join([*lines, "", ""]).encode())
            with self._path.open("rb") as file:
                link.sendfile(file, offset, until - offset)
            link.shutdown(socket.SHUT_WR)
            link.recv(1)  # the answer, or the end
        wait_until(f"break {number} is over", lambda: self.offset() >= until, 60)

    def _ask(self, method: str, path: str, headers: dict[str, str]) -> http.client.HTTPMessage:
        connection = http.client.HTTPConnection(self._address.netloc, timeout=60)
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            answer.read()
            return answer.headers
        finally:
            connection.close()
