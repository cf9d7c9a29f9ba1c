"""A private instance for the demo: `takan up` on a folder of its own, ended by its id."""

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HOUSE = Path(__file__).resolve().parents[2]
READY = re.compile(r"^ready (\S+)$", re.MULTILINE)
START = 60.0  # seconds for its first start


class InstanceFailed(Exception):
    """It did not start, or a command on it failed; the message is the end of what it said."""


@contextmanager
def instance(data: Path, config: Path | None) -> Iterator[str]:
    """The address at which it serves."""
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [*command("up", data, config), "--port", "0"],
            cwd=HOUSE,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            yield _address(process, log.fileno())
        finally:
            process.terminate()
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def administrator(data: Path, config: Path | None, sign_in: str) -> str:
    """A new administrator by the command line, as an operator makes one; returns the one-time password."""
    words = ["create", sign_in, "--name", "Demo"]
    done = subprocess.run(
        [*command("admin", data, config), *words], cwd=HOUSE, capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode:
        raise InstanceFailed(done.stderr.strip()[-500:])
    return done.stdout.strip().rpartition(" ")[2]


def command(name: str, data: Path, config: Path | None) -> list[str]:
    settings = ["--config", str(config.absolute())] if config else []
    return [sys.executable, "-m", "server.cli", name, "--data", str(data), *settings]


def _address(process: "subprocess.Popen[bytes]", log: int) -> str:
    until = time.monotonic() + START
    while time.monotonic() < until:
        said = _read(log)
        found = READY.search(said)
        if found:
            return found[1]
        if process.poll() is not None:
            raise InstanceFailed(said[-1000:])
        time.sleep(0.05)
    raise InstanceFailed(_read(log)[-1000:])


def _read(log: int) -> str:
    """All that was logged so far, without moving the place at which the child writes."""
    with open(f"/proc/self/fd/{log}", errors="replace") as file:
        return file.read()
