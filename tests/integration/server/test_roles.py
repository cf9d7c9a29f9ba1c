"""The single roles, as production runs them: each by its own command, joined by configuration alone."""

import json
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from urllib.request import urlopen

from tests.fixtures.processes import alive, free_port, running, wait_until

HOUSE = Path(__file__).resolve().parents[3]


def takan(*words: object) -> list[str]:
    return [sys.executable, "-m", "server.cli", *(str(word) for word in words)]


def settings(folder: Path) -> tuple[Path, int]:
    port, control = free_port(), free_port()
    file = folder / "takan.toml"
    file.write_text(
        f"[web]\nport = {port}\n[media]\nnode = 'north'\nport = 0\ncontrol_port = {control}\n"
        f"[nodes]\nlist = ['north=http://127.0.0.1:{control}']\n"
    )
    return file, port


def test_three_roles_make_an_instance_and_end_when_they_are_told(tmp_path: Path) -> None:
    file, port = settings(tmp_path)
    options = ("--data", tmp_path / "data", "--config", file)
    made = subprocess.run(takan("migrate", *options), cwd=HOUSE, capture_output=True, text=True, timeout=60, check=True)
    assert "one-time password" in made.stdout
    again = subprocess.run(
        takan("migrate", *options), cwd=HOUSE, capture_output=True, text=True, timeout=60, check=True
    )
    assert "one-time password" not in again.stdout
    logs = {role: tmp_path / f"{role}.log" for role in ("web", "media", "worker")}
    with ExitStack() as stack:
        roles = {
            role: stack.enter_context(running(takan(role, *options), log, cwd=HOUSE)) for role, log in logs.items()
        }

        def well() -> bool:
            for role, process in roles.items():
                alive(process, logs[role])
            with urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
                return bool(json.loads(answer.read())["status"] == "ok")

        wait_until("all are well", well, 60)
        for process in roles.values():
            process.send_signal(signal.SIGTERM)
        assert {role: process.wait(30) for role, process in roles.items()} == dict.fromkeys(roles, 0)
    for log in logs.values():
        assert all(json.loads(line)["role"] for line in log.read_text().splitlines())


def test_an_operator_makes_people_and_shows_the_key(tmp_path: Path) -> None:
    options = ("--data", tmp_path / "data")
    none = subprocess.run(takan("admin", "key", *options), cwd=HOUSE, capture_output=True, text=True, check=False)
    assert none.returncode == 1
    subprocess.run(takan("migrate", *options), cwd=HOUSE, capture_output=True, check=True, timeout=60)
    key = subprocess.run(takan("admin", "key", *options), cwd=HOUSE, capture_output=True, text=True, check=True)
    assert key.stdout.startswith("-----BEGIN PUBLIC KEY-----")
    words = ("admin", "create", "chen", "--role", "inspector", *options)
    made = subprocess.run(takan(*words), cwd=HOUSE, capture_output=True, text=True, check=True, timeout=60)
    assert made.stdout.startswith("inspector chen, one-time password ")
    taken = subprocess.run(takan(*words), cwd=HOUSE, capture_output=True, text=True, check=False, timeout=60)
    assert (taken.returncode, "sign-in-taken" in taken.stderr) == (1, True)
    reset = subprocess.run(
        takan("admin", "reset", "chen", *options), cwd=HOUSE, capture_output=True, text=True, check=True, timeout=60
    )
    assert reset.stdout != made.stdout


def test_a_wrong_setting_is_told_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "takan.toml"
    file.write_text("[web]\nprot = 1\n")
    done = subprocess.run(
        takan("web", "--config", file), cwd=HOUSE, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("takan: there is no setting prot in [web]")
    assert "Traceback" not in done.stderr
