"""Roles are kept running and ended; the data folder serves one `up` at a time."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from server.roles.folder import Folder, InUse
from server.roles.supervisor import Role, Supervisor
from tests.fixtures.instance import Instance, StartInstance
from tests.fixtures.processes import running, wait_until

HOUSE = Path(__file__).resolve().parents[3]
SLEEPER = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); signal.pause()"
HOLDER = f"from server.roles.lifeline import hold; hold(); {SLEEPER}"
OWNER = (
    "import sys, time\n"
    "from server.roles.supervisor import Role, Supervisor\n"
    "one = Supervisor([Role('held', [sys.executable, '-c', sys.argv[1]], {})])\n"
    "one.watch(); print(one.pids()['held'], flush=True); time.sleep(60)\n"
)


def gone(pid: int) -> bool:
    """Ended: no such process, or one that only waits to be reaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_a_role_that_dies_is_started_again_and_all_end_together() -> None:
    supervisor = Supervisor([Role(name, [sys.executable, "-c", SLEEPER], {}) for name in ("one", "two")])
    supervisor.watch()
    first = supervisor.pids()
    os.kill(first["one"], signal.SIGKILL)

    def again() -> bool:
        supervisor.watch()
        return supervisor.pids().get("one") not in (None, first["one"])

    wait_until("it runs again", again)
    assert supervisor.pids()["two"] == first["two"]
    last = supervisor.pids()
    supervisor.close()
    assert all(gone(pid) for pid in last.values())


def test_one_that_cannot_start_is_tried_later_and_later() -> None:
    clock = [0.0]
    supervisor = Supervisor([Role("bad", [sys.executable, "-c", "raise SystemExit(3)"], {})], lambda: clock[0])
    pauses = []
    for _ in range(4):
        supervisor.watch()
        run = supervisor.runs[0]
        assert run.process is not None
        run.process.wait(20)
        run.look()
        pauses.append(run.due - clock[0])
        clock[0] = run.due
    supervisor.close()
    assert pauses == sorted(pauses)
    assert pauses[-1] >= 4 * pauses[0]


def test_roles_end_when_their_supervisor_is_killed() -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER, HOLDER], cwd=HOUSE, stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    held = int(owner.stdout.readline())
    owner.kill()
    owner.wait(10)
    owner.stdout.close()
    wait_until("the role has ended", lambda: gone(held))


def test_a_folder_serves_one_at_a_time(tmp_path: Path) -> None:
    first, second = Folder(tmp_path), Folder(tmp_path)
    first.take()
    first.tell({"url": "http://127.0.0.1:1", "pid": os.getpid()})
    with pytest.raises(InUse, match=r"already served at http://127\.0\.0\.1:1"):
        second.take()
    first.release()
    second.take()
    second.release()
    assert second.running() is None


def test_up_keeps_its_roles_and_ends_them(start_instance: StartInstance) -> None:
    with start_instance() as instance:
        roles = facts(instance)["roles"]
        second = subprocess.run(
            [sys.executable, "-m", "server.cli", "up", "--data", instance.data],
            cwd=HOUSE,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert second.returncode == 1
        assert "already served" in second.stderr
        for name in ("media", "worker", "web"):
            os.kill(roles[name], signal.SIGKILL)
        wait_until("all run again", lambda: not set(facts(instance)["roles"].values()) & set(roles.values()), 60)
        wait_until("it is well again", lambda: health(instance) == "ok", 60)
        last = facts(instance)["roles"]
        os.kill(instance.pid, signal.SIGINT)
        wait_until("all have ended", lambda: all(gone(pid) for pid in (instance.pid, *last.values())), 60)
        assert not (instance.data / "run" / "up.json").exists()


def test_a_gigabyte_is_refused_by_the_running_server(instance: Instance) -> None:
    """Its length is announced, a little of it sent: the answer comes at once and the connection is closed."""
    import socket
    from urllib.parse import urlsplit

    where = urlsplit(instance.url)
    with socket.create_connection((where.hostname or "", where.port or 0), 10) as wire:
        wire.sendall(b"POST /api/v1/sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 1073741824\r\n\r\n" + b"x" * 1000)
        answer = b""
        while part := wire.recv(65_536):
            answer += part
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"application/problem+json" in answer


def test_the_keys_are_for_the_owner_alone(instance: Instance) -> None:
    for path in (instance.data / "keys").iterdir():
        assert path.stat().st_mode & 0o077 == 0, path.name


def test_a_port_that_is_taken_is_told(instance: Instance, tmp_path: Path) -> None:
    port = instance.url.rpartition(":")[2]
    log = tmp_path / "log"
    command = [sys.executable, "-m", "server.cli", "up", "--data", tmp_path / "data", "--port", port]
    with running(command, log, cwd=HOUSE) as process:
        assert process.wait(60) == 1
    assert f"port {port}" in log.read_text()


def facts(instance: Instance) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = json.loads((instance.data / "run" / "up.json").read_text())
    return found


def health(instance: Instance) -> str:
    with urlopen(f"{instance.url}/health", timeout=5) as answer:
        return str(json.loads(answer.read())["status"])
