"""What the server says to others: the node by HTTP, keys in files, packages in folders, codes."""

import json
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.etree import ElementTree

import pytest
from cryptography import x509

from inspection.model.errors import NotFound, Unavailable
from media.client import read_ticket
from server.outbound.certificate import certificate_for
from server.outbound.codes import SvgCodes
from server.outbound.keys import BadKey, make_keys, read_keys, read_public
from server.outbound.node import HttpNodes
from server.outbound.package import FolderReader, FolderWriter
from server.outbound.passwords import Argon2


class Door(BaseHTTPRequestHandler):
    """Notes what it is asked and answers what the test laid down."""

    asked: list[tuple[str, str, str, bytes]] = []  # noqa: RUF012
    status, body = 200, b"{}"

    def _answer(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        Door.asked.append((self.command, self.path, self.headers.get("Authorization", ""), data))
        self.send_response(Door.status)
        self.send_header("Location", "/live/x")
        self.send_header("Content-Length", str(len(Door.body)))
        self.end_headers()
        self.wfile.write(Door.body)

    do_GET = do_POST = do_DELETE = do_PATCH = _answer

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def door() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    Door.asked, Door.status, Door.body = [], 200, b"{}"
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def nodes(address: str, folder: Path) -> HttpNodes:
    make_keys(folder)
    return HttpNodes({"n1": address}, read_keys(folder).ticket, lambda: 1_000_000, lambda: "id1", 5)


def test_control_calls_carry_a_ticket_for_that_survey(door: str, tmp_path: Path) -> None:
    there = nodes(door, tmp_path)
    Door.body = json.dumps({"tracks": [{"id": "a.video", "segments": 1, "end": 2}]}).encode()
    assert there.close_room("n1", "s1")[0]["id"] == "a.video"
    method, path, bearer, _ = Door.asked[0]
    assert (method, path) == ("DELETE", "/control/rooms/s1")
    ticket = read_ticket(bearer.removeprefix("Bearer "), read_public(tmp_path / "ticket.pub"), 1_000_000)
    assert (ticket.direction, ticket.survey, ticket.node) == ("control", "s1", "n1")
    there.tell("n1", "s1", {"kind": "focus", "body": {"check": "c"}})
    assert json.loads(Door.asked[1][3])["kind"] == "focus"


def test_a_segment_that_is_not_in_the_spool_is_none(door: str, tmp_path: Path) -> None:
    there = nodes(door, tmp_path)
    Door.body = b"bytes"
    assert there.spooled("n1", "s1", "d" * 64) == b"bytes"
    Door.status = 404
    assert there.spooled("n1", "s1", "d" * 64) is None


def test_what_is_passed_on_comes_back_as_it_is(door: str, tmp_path: Path) -> None:
    Door.status, Door.body = 409, b"no"
    answer = nodes(door, tmp_path).pass_on("n1", "POST", "/live/n1/whip/a/b", {"Authorization": "Bearer t"}, b"v=0")
    assert (answer.status, answer.body, answer.headers["Location"]) == (409, b"no", "/live/x")
    assert Door.asked == [("POST", "/live/n1/whip/a/b", "Bearer t", b"v=0")]


@pytest.mark.parametrize("body", [b"", b"no json", b"[]"])
def test_a_node_that_talks_nonsense_counts_as_away(door: str, tmp_path: Path, body: bytes) -> None:
    Door.status, Door.body = 500, body
    with pytest.raises(Unavailable):
        nodes(door, tmp_path).room("n1", "s1")


def test_a_node_that_is_not_there(tmp_path: Path) -> None:
    there = nodes("http://127.0.0.1:9", tmp_path)
    with pytest.raises(Unavailable):
        there.health("n1")
    with pytest.raises(NotFound):
        there.pass_on("n2", "POST", "/", {}, b"")


def test_keys_are_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    make_keys(tmp_path / "keys")
    before = {path.name: path.read_bytes() for path in (tmp_path / "keys").iterdir()}
    make_keys(tmp_path / "keys")
    assert {path.name: path.read_bytes() for path in (tmp_path / "keys").iterdir()} == before
    assert set(before) == {"ledger.key", "ledger.pub", "ticket.key", "ticket.pub", "session.key"}
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in (tmp_path / "keys").iterdir())
    (tmp_path / "keys" / "ledger.key").write_text("x")
    with pytest.raises(BadKey, match=r"ledger\.key"):
        read_keys(tmp_path / "keys")


def test_a_certificate_for_the_local_network_is_kept_until_it_no_longer_fits(tmp_path: Path) -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    pem, _ = certificate_for("192.0.2.7", tmp_path, now)
    first = pem.read_bytes()
    names = x509.load_pem_x509_certificate(first).extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert [str(one) for one in names.value.get_values_for_type(x509.IPAddress)] == ["192.0.2.7"]
    certificate_for("192.0.2.7", tmp_path, now)
    assert pem.read_bytes() == first
    certificate_for("192.0.2.8", tmp_path, now)
    assert pem.read_bytes() != first


@pytest.mark.parametrize("path", ["../x", "/x", "a/../x", "a//x", "", "a\\x", "a/."])
def test_a_package_never_leaves_its_folder(tmp_path: Path, path: str) -> None:
    writer = FolderWriter(tmp_path / "package")
    with pytest.raises(ValueError, match="^" + re.escape(path)):
        writer.write(path, iter([b"x"]), ())
    with pytest.raises(ValueError, match="^" + re.escape(path)):
        FolderReader(tmp_path / "package").open(path)


def test_a_package_is_read_as_it_was_written(tmp_path: Path) -> None:
    writer = FolderWriter(tmp_path / "package")
    writer.write("data/b", iter([b"1", b"2"]), ())
    writer.write("a", iter([]), ())
    reader = FolderReader(tmp_path / "package")
    assert reader.paths() == ["a", "data/b"]
    assert reader.open("data/b").read() == b"12"


def test_a_code_is_a_picture_without_inline_style() -> None:
    picture = SvgCodes().svg("https://takan.example.org/join/x")
    assert ElementTree.fromstring(picture).tag == "svg"
    assert "style=" not in picture


def test_a_password_is_known_again() -> None:
    passwords = Argon2()
    hashed = passwords.hash("secret")
    assert hashed.startswith("$argon2id$")
    assert passwords.verify(hashed, "secret")
    assert not passwords.verify(hashed, "Secret")
    assert not passwords.verify("no hash", "secret")
