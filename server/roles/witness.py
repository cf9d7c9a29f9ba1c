"""`takan witness`: keeps an eye on other offices' logs. It needs a folder, a name and the logs' keys, and nothing else.

The folder holds the witness's key (0600), its name, the keys of the logs that it watches (`logs.txt`, a line each), and
what it signed last (`witness.db`). Losing that file means signing from the beginning again, so it is worth a backup.
"""

import logging
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from gunicorn.app.base import BaseApplication

from inspection.model.shape import Malformed
from inspection.model.tlog import LOG_KEY, NAME, WITNESS_KEY, VerifierKey, parse_key
from server import logs as logging_set_up
from server.outbound.keys import BadKey, FileSigner, create_key, private_key
from server.roles.lifeline import hold
from server.roles.web import JsonLogger
from server.witness_app import create_witness
from storage.witness import WitnessBook

THREADS = 8


class BadWitnessFolder(Exception):
    """It has no name, or a line that is no log's key; the message says which."""


class Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, app: Flask, listening: socket.socket) -> None:
        self._app, self._listening = app, listening
        super().__init__()

    def load_config(self) -> None:
        settings: dict[str, Any] = {
            "bind": [f"fd://{self._listening.fileno()}"],
            "workers": 1,
            "worker_class": "gthread",
            "threads": THREADS,
            "timeout": 30,
            "graceful_timeout": 5,
            "logger_class": JsonLogger,
            "control_socket_disable": True,
            "proc_name": "takan-witness",
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._app


def run(folder: Path, name: str, watch: Sequence[str], address: str, port: int) -> int:
    """Serves until SIGTERM; exit status 2 when the folder does not say enough."""
    logging_set_up.set_up("witness", "INFO")
    hold()
    try:
        app, key = build(folder, name, watch)
        listening = socket.create_server((address, port))
    except (BadWitnessFolder, BadKey, OSError) as error:
        print(f"takan: {error}", file=sys.stderr)
        return 2
    print(f"witness {key.text()}")
    print(f"ready http://{address}:{listening.getsockname()[1]}", flush=True)
    logging.getLogger("takan.witness").info("serving")
    Server(app, listening).run()
    return 0


def build(folder: Path, name: str, watch: Sequence[str]) -> tuple[Flask, VerifierKey]:
    """The app and the witness's own verifier key. `name` and `watch` are added to what the folder knows already.

    Raises `BadWitnessFolder`, `BadKey`, `OSError`.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    create_key(folder / "witness.key", Ed25519PrivateKey.generate())
    signer = FileSigner(private_key(folder / "witness.key"))
    key = VerifierKey(_name(folder / "name.txt", name), WITNESS_KEY, signer.public_key())
    logs = _logs(folder / "logs.txt", watch)
    book = WitnessBook(folder / "witness.db")

    def learn(one: VerifierKey) -> None:
        with (folder / "logs.txt").open("a") as file:
            file.write(f"{one.text()}\n")

    return create_witness(book, logs, learn, key, signer.sign, lambda: int(time.time())), key


def _name(path: Path, given: str) -> str:
    known = path.read_text().strip() if path.exists() else ""
    if given and known and given != known:
        raise BadWitnessFolder(f"this witness is called {known}: its key belongs to that name")
    if not NAME.fullmatch(given or known):
        raise BadWitnessFolder("a witness needs a name without blanks or plus signs: --name witness.example.org/w1")
    if not known:
        path.write_text(given + "\n")
    return given or known


def _logs(path: Path, added: Sequence[str]) -> list[VerifierKey]:
    lines = [line for line in (path.read_text().splitlines() if path.exists() else []) if line.strip()]
    lines += [line for line in added if line not in lines]
    try:
        keys = [parse_key(line) for line in lines]
    except Malformed as error:
        raise BadWitnessFolder(f"{path} has a line that is no log's key") from error
    if not keys or any(key.kind != LOG_KEY for key in keys):
        raise BadWitnessFolder("which logs? --log with the verifier key of each, as `takan admin log-key` tells it")
    path.write_text("".join(f"{line}\n" for line in lines))
    return keys
