"""The witness as another office runs it: a process with a folder of its own, spoken to by HTTP."""

import http.client
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from inspection.model.ledger import canonical
from inspection.model.tlog import LOG_KEY, VerifierKey, cosigned_at, parse_key, parse_note
from inspection.services.ask_witnesses import ask_witnesses
from inspection.services.read_log import newest_checkpoint, proof_of_growth
from inspection.services.rotate_key import published_keys, rotate_key
from inspection.services.sequence import sequence_all
from server.outbound.witnesses import HttpWitness, post
from server.roles.witness import BadWitnessFolder, build
from tests.fakes import FakeOffice, FakeSigner
from tests.fixtures.processes import wait_until
from tests.log_office import NOW, ORIGIN, add_entries, an_office

ROOT = Path(__file__).resolve().parents[3]
SIGNER = FakeSigner()
LOG = VerifierKey(ORIGIN, LOG_KEY, SIGNER.public_key())
TEXT = "text/plain"


@contextmanager
def witness(folder: Path, *more: str) -> Iterator[tuple[VerifierKey, str, subprocess.Popen[str]]]:
    """Its key, address and process."""
    command = [sys.executable, "-m", "server.cli", "witness", "--data", str(folder), "--port", "0", *more]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            key = parse_key(process.stdout.readline().removeprefix("witness "))
            yield key, process.stdout.readline().strip().removeprefix("ready "), process
        finally:
            process.terminate()
            process.wait(20)


def an_office_with(entries: int) -> FakeOffice:
    office = FakeOffice()
    an_office(entries, SIGNER, office)
    return office


def grow(office: FakeOffice, entries: int) -> None:
    add_entries(office, SIGNER, entries)
    sequence_all(office, SIGNER, ORIGIN, "one", NOW)


def test_it_signs_across_its_own_end_and_never_less_than_before(tmp_path: Path) -> None:
    office, old = an_office_with(9), an_office_with(4)
    with witness(tmp_path / "w", "--name", "w.example/1", "--log", LOG.text()) as (key, url, process):
        assert ask_witnesses(office, [HttpWitness(key, url, 5)])[0].outcome == "cosigned"
        os.kill(process.pid, signal.SIGKILL)  # this one process, which we have started
        process.wait(20)
        wait_until("its children are gone too", lambda: not serves(url))
        assert ask_witnesses(grown(office), [HttpWitness(key, url, 5)])[0].outcome == "away"
    with witness(tmp_path / "w") as (same, url, _):
        assert same == key
        near = HttpWitness(key, url, 5)
        assert ask_witnesses(old, [near])[0].outcome == "contradicts"
        assert ask_witnesses(office, [near])[0].outcome == "cosigned"
        assert cosigned_at(parse_note(newest_checkpoint(office)), key)
        assert f"signed {ORIGIN} 12 " in get(url)


def grown(office: FakeOffice) -> FakeOffice:
    grow(office, 3)
    return office


def get(url: str) -> str:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def serves(url: str) -> bool:
    try:
        return bool(get(url))
    except OSError:
        return False


def test_each_refusal_has_its_status(tmp_path: Path) -> None:
    app, _ = build(tmp_path, "w.example/1", [LOG.text()])
    client = app.test_client()

    def add(body: bytes) -> tuple[int, str, str]:
        answer = client.post("/add-checkpoint", data=body, content_type=TEXT)
        return answer.status_code, answer.get_data(as_text=True), answer.content_type

    five, nine = an_office_with(5), an_office_with(9)
    assert add(b"garbage")[0] == 400
    assert add(b"x" * 200_000)[0] == 413
    assert add(proof_of_growth(five, 0).replace(ORIGIN.encode(), b"other.example"))[0] == 404
    stranger = FakeOffice()
    an_office(5, FakeSigner(b"s" * 32), stranger)
    assert add(proof_of_growth(stranger, 0))[0] == 403
    assert add(proof_of_growth(nine, 0))[0] == 200
    assert add(proof_of_growth(five, 0)) == (409, "9\n", "text/x.tlog.size")  # cut back
    assert add(proof_of_growth(five, 5).replace(b"old 5", b"old 9"))[0] == 400
    fork = FakeOffice()
    an_office(0, SIGNER, fork)
    add_entries(fork, SIGNER, 12, ("c7",))
    sequence_all(fork, SIGNER, ORIGIN, "one", NOW)
    assert add(proof_of_growth(fork, 9))[0] == 422
    assert add(proof_of_growth(nine, 9))[0] == 200  # the same once more
    other_nine = FakeOffice()
    an_office(0, SIGNER, other_nine)
    add_entries(other_nine, SIGNER, 9, ("c7",))
    sequence_all(other_nine, SIGNER, ORIGIN, "one", NOW)
    assert add(proof_of_growth(other_nine, 9))[:2] == (409, "9\n")
    assert client.get("/add-checkpoint").status_code == 405


def test_a_new_key_is_kept_once_it_was_handed_over_to(tmp_path: Path) -> None:
    office, new = an_office_with(2), FakeSigner(b"n" * 32)
    rotate_key(office, SIGNER, new, NOW, lambda: None)
    app, _ = build(tmp_path, "w.example/1", [LOG.text()])
    keys = canonical(published_keys(office, ORIGIN))
    answer = app.test_client().post("/add-keys", data=keys)
    told = VerifierKey(ORIGIN, LOG_KEY, new.public_key()).text()
    assert (answer.status_code, answer.get_data(as_text=True)) == (200, f"log {told}\n")
    assert app.test_client().post("/add-keys", data=keys).get_data() == b""
    assert app.test_client().post("/add-keys", data=keys.replace(b"true", b"false")[:-1]).status_code == 400
    assert (tmp_path / "logs.txt").read_text().split() == [LOG.text(), told]
    again, _ = build(tmp_path, "", [])
    assert told in again.test_client().get("/").get_data(as_text=True)


def test_it_does_not_begin_without_knowing_what_to_watch(tmp_path: Path) -> None:
    for folder, name, logs, says in (
        ("a", "", [LOG.text()], "needs a name"),
        ("b", "with blanks", [LOG.text()], "needs a name"),
        ("c", "w.example/1", [], "which logs"),
        ("d", "w.example/1", ["garbage"], "no log's key"),
    ):
        with pytest.raises(BadWitnessFolder, match=says):
            build(tmp_path / folder, name, logs)
    build(tmp_path / "e", "w.example/1", [LOG.text()])
    with pytest.raises(BadWitnessFolder, match="is called"):
        build(tmp_path / "e", "w.example/2", [])
    assert (tmp_path / "e" / "witness.key").stat().st_mode & 0o777 == 0o600


def test_a_witness_that_cannot_remember_signs_nothing(tmp_path: Path) -> None:
    app, _ = build(tmp_path, "w.example/1", [LOG.text()])
    for name in ("witness.db", "witness.db-wal", "witness.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    (tmp_path / "witness.db").mkdir()
    answer = app.test_client().post("/add-checkpoint", data=proof_of_growth(an_office_with(2), 0), content_type=TEXT)
    assert answer.status_code == 503


def test_an_address_where_nobody_is_is_an_os_error() -> None:
    with pytest.raises(OSError, match="refused"):
        post("http://127.0.0.1:1/add-checkpoint", b"", TEXT, 1)
