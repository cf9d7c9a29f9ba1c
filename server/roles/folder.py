"""The data folder: one `up` at a time, and where the running one is found."""

import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

MIGRATIONS = Path(__file__).resolve().parents[2] / "storage" / "migrations" / "versions"


class InUse(Exception):
    """Another `up` serves this folder; the message says which."""


class Folder:
    """`run/lock` is held for the life of the process; `run/up.json` tells other commands where it serves."""

    def __init__(self, data: Path) -> None:
        self._run = data / "run"
        self._lock: TextIO | None = None
        self._told: dict[str, Any] = {}

    def take(self) -> None:
        """Raises `InUse`."""
        self._run.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (self._run / "lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            found = self.running()
            raise InUse(
                f"{self._run.parent} is already served"
                + (f" at {found['url']} by process {found['pid']}" if found else "")
                + ". Stop that one first, or give another folder with --data."
            ) from None
        self._lock = lock

    def tell(self, facts: Mapping[str, Any]) -> None:
        """Written when it changed, whole or not at all."""
        if facts == self._told:
            return
        self._told = dict(facts)
        draft = self._run / "up.json.new"
        draft.write_text(json.dumps(facts) + "\n")
        draft.chmod(0o600)
        draft.replace(self._run / "up.json")

    def running(self) -> dict[str, Any] | None:
        """What the `up` of this folder told; None when there is none, or its process is gone."""
        try:
            facts = json.loads((self._run / "up.json").read_text())
            os.kill(facts["pid"], 0)
        except (OSError, ValueError, KeyError):
            return None
        return dict(facts)

    def is_prepared(self) -> bool:
        """Whether a start of this very version went well here: keys, tables and catalogue are there."""
        try:
            return (self._run / "prepared").read_text() == _version()
        except OSError:
            return False

    def note_prepared(self) -> None:
        (self._run / "prepared").write_text(_version())

    def release(self) -> None:
        (self._run / "up.json").unlink(missing_ok=True)
        if self._lock:
            self._lock.close()


def _version() -> str:
    """What a prepared folder depends on: the migrations of this checkout."""
    return "\n".join(sorted(path.name for path in MIGRATIONS.glob("*.py")))
