"""`./takan up` as a person meets it; what the pages do is tested elsewhere."""

import http.client
import json
import os
import signal
import time
from pathlib import Path
from urllib.parse import urlsplit

from tests.fixtures.instance import Instance, StartInstance
from tests.fixtures.processes import wait_until


def health(instance: Instance) -> object:
    connection = http.client.HTTPConnection(urlsplit(instance.url).netloc, timeout=10)
    try:
        connection.request("GET", "/health")
        return json.loads(connection.getresponse().read())["status"]
    finally:
        connection.close()


def test_the_shared_instance_serves(instance: Instance) -> None:
    assert health(instance) == "ok"


def test_the_first_start_tells_the_administrators_password_and_the_next_does_not(
    start_instance: StartInstance, tmp_path: Path
) -> None:
    data = tmp_path / "kept"
    with start_instance(data=data) as first:
        assert all(first.administrator())
    began = time.monotonic()
    with start_instance(data=data) as second:
        took = time.monotonic() - began
        assert "one-time password" not in second.output()
        assert health(second) == "ok"
    # The promise is under 3 s; a machine that runs a whole test suite besides is given more.
    assert took < 30


def test_sigterm_ends_it_cleanly_and_leaves_no_process(start_instance: StartInstance) -> None:
    with start_instance() as instance:
        family = descendants(instance.pid)
        assert len(family) >= 3
        os.kill(instance.pid, signal.SIGTERM)
        wait_until("every role has ended", lambda: not any(map(runs, family)), 30)


def descendants(pid: int) -> list[int]:
    """The processes started by `pid`, and by those."""
    children = [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [*children, *(below for child in children for below in descendants(child))]


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
