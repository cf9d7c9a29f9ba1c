"""The worker: durable jobs on DBOS, and the sweep that starts what a crash left unstarted.

Each job is a workflow named here; its id is derived from what it works on, so that starting it twice is harmless, and
every step is safe to repeat.
"""

import logging
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass

from dbos import DBOS, DBOSConfig

from inspection.model.errors import Refusal
from server import logs, wiring
from server.configuration import Configuration
from server.outbound.jobs import (
    CHECK_UPLOAD,
    CUT_CLIP,
    CUT_SNAPSHOT,
    ENCODING_QUEUE,
    MAKE_PAPER,
    MEDIA,
    MEDIA_QUEUE,
    QUEUE,
    VERSION,
    WRITE_EXPORT,
)
from server.roles import fellows, log_keeper, storekeeper
from server.roles.check_upload import check_upload
from server.roles.clips import cut_clip
from server.roles.footage import attempt as attempt_at
from server.roles.footage_work import ACTS
from server.roles.lifeline import hold
from server.roles.packing import write_export
from server.roles.papers import make_paper
from server.roles.snapshots import cut_snapshot
from server.roles.sweep import sweep
from server.services import Services

log = logging.getLogger("takan.worker")
POLL = 0.1  # seconds between two looks into the queue of what a person waits for


@dataclass(frozen=True, slots=True)
class Job:
    """Its name in the queue, and one attempt at it for one id: None when there is no more to do, else why not yet."""

    name: str
    attempt: Callable[[Services, str], str | None]


JOBS = (
    Job(CUT_SNAPSHOT, cut_snapshot),
    Job(WRITE_EXPORT, write_export),
    Job(MAKE_PAPER, make_paper),
    Job(CUT_CLIP, cut_clip),
    Job(CHECK_UPLOAD, check_upload),
    *(Job(MEDIA + kind, attempt_at(act)) for kind, act in ACTS.items()),
)
ATTEMPTS = 400
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 30.0  # seconds between two attempts, growing by a fifth


def run(configuration: Configuration) -> int:
    logs.set_up("worker", configuration.log.level)
    hold()
    given = wiring.services(configuration)
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    _launch(configuration, given)
    keepers = [*log_keeper.start(given, ending), storekeeper.start(given, ending)]
    log.info("serving")
    while not ending.is_set():
        _round(given, configuration)
        ending.wait(configuration.worker.sweep_seconds)
    for keeper in keepers:
        keeper.join(configuration.ledger.answer_seconds)
    DBOS.destroy(workflow_completion_timeout_sec=5)
    return 0


def _round(given: Services, configuration: Configuration) -> None:
    """A sign of life, then the sweep. What is away now is asked again in the next round."""
    try:
        fellows.look(given, configuration.worker)
        sweep(given)
    except (Refusal, OSError) as error:
        log.warning("round not finished", extra={"why": str(error)})


def _launch(configuration: Configuration, given: Services) -> None:
    worker = configuration.worker
    config: DBOSConfig = {
        "name": "takan",
        "system_database_url": configuration.jobs_url(),
        "application_version": VERSION,
        "executor_id": fellows.name_of(worker),  # it takes up what its earlier run left
        "enable_otlp": False,
        "log_level": "WARNING",
        "max_executor_threads": worker.threads + worker.readers + worker.encoders + 4,
    }
    DBOS(config=config)
    for job in JOBS:
        _register(job, given)
    DBOS.launch()
    DBOS.register_queue(QUEUE, polling_interval_sec=POLL, worker_concurrency=worker.threads)
    DBOS.register_queue(MEDIA_QUEUE, polling_interval_sec=POLL, worker_concurrency=worker.readers)
    DBOS.register_queue(ENCODING_QUEUE, polling_interval_sec=POLL, worker_concurrency=worker.encoders)


def _register(job: Job, given: Services) -> None:
    @DBOS.step(name=f"{job.name}-attempt")
    def attempt(subject: str) -> str | None:
        return job.attempt(given, subject)

    @DBOS.workflow(name=job.name)
    def work(subject: str) -> None:
        pause = FIRST_PAUSE
        for _ in range(ATTEMPTS):
            if attempt(subject) is None:
                return
            DBOS.sleep(pause)
            pause = min(pause * 1.2, LONGEST_PAUSE)
