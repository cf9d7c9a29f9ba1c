"""Several workers over PostgreSQL: one dies for good in the middle of a job, another goes on with it."""

import os
import signal
from pathlib import Path

import pytest
from dbos import DBOS

from server.configuration import Worker
from server.roles import fellows
from tests.fixtures.instance import StartInstance
from tests.fixtures.processes import wait_until
from tests.integration.server.test_uploads_whole import desk_at, film
from tests.integration.server.world import World, later
from tests.integration.surroundings.test_instance import descendants, runs


def test_another_worker_goes_on_with_what_a_dead_one_had_begun(
    start_instance: StartInstance, postgres_url: str, tmp_path: Path
) -> None:
    shared = {
        "TAKAN_DATABASE_URL": postgres_url,
        "TAKAN_OBJECTS_FOLDER": str(tmp_path / "objects"),
        "TAKAN_WORKER_GONE_SECONDS": "4",
    }
    with start_instance(**shared, TAKAN_WORKER_NAME="first") as instance:
        desk = desk_at(instance, **shared)
        long = film(tmp_path / "long.ts", "-c:v", "mpeg2video", "-q:v", "4", seconds=19, size="640x480")
        id = desk.send(long)

        def running() -> bool:
            return any(job["kind"] == "transcode" and job["state"] == "running" for job in desk.told(id)["jobs"])

        wait_until("the film is being converted", running, 40)
        family = [instance.pid, *descendants(instance.pid)]
        for one in family:  # as when a host loses its power: nobody is left to start anything again
            os.kill(one, signal.SIGKILL)
        wait_until("all of it is gone", lambda: not any(map(runs, family[1:])), 20)
    with start_instance(data=instance.data, **shared, TAKAN_WORKER_NAME="second"):
        told = desk.when(id, lambda one: one["state"] == "ready", 120)
        jobs = {job["kind"]: job for job in told["jobs"]}
        assert jobs["transcode"]["state"] == "done"
        assert jobs["transcode"]["attempts"] >= 2
        assert jobs["examine"]["attempts"] == 1


def test_only_the_silent_ones_are_taken_over_from(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[list[str]] = []
    monkeypatch.setattr(DBOS, "_recover_pending_workflows", taken.append)
    given = world.services
    fellows.look(given, Worker(name="a"))
    fellows.look(given, Worker(name="b"))
    later(world, 50)
    fellows.look(given, Worker(name="b"))
    assert taken == []
    later(world, 61)
    fellows.look(given, Worker(name="b"))
    assert taken == [["worker-a"]]
    fellows.look(given, Worker(name="b"))
    assert taken == [["worker-a"]], "it is forgotten"


def test_a_worker_keeps_its_name() -> None:
    assert fellows.name_of(Worker(name="x")) == "worker-x"
    assert fellows.name_of(Worker()) == fellows.name_of(Worker())
