"""Puts jobs into the worker's queue. A job's id is derived from what it works on, so that asking twice is harmless."""

import queue
import threading

from inspection.model.ledger import microseconds
from inspection.model.upload import Job

QUEUE = "wanted-now"  # what a person waits for: polled often
VERSION = "1"  # of the workflows: a running one is continued only by a worker of the same version
CUT_SNAPSHOT = "cut-snapshot"
WRITE_EXPORT = "write-export"
MAKE_PAPER = "make-paper"
CUT_CLIP = "cut-clip"
CHECK_UPLOAD = "check-upload"
MEDIA_QUEUE = "footage"  # what reads a film through: by priority
ENCODING_QUEUE = "encoding"  # what takes the longest, and all cores: nothing else waits behind it
ENCODING = frozenset({"transcode", "transcode-more"})
MEDIA = "media-"  # begins the names of workflows on evidence
QUICK = frozenset({"examine", "sidecar"})  # somebody waits, and it takes a second
WAITING = 1000  # jobs; beyond them the sweep will find what was wanted


class DbosJobs:
    """Implements `server.services.Jobs`.

    A thread of its own speaks to the queue's database, so that no page waits while that is away. What is lost with
    this process the worker's sweep finds by the wish that was committed before.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._waiting: queue.Queue[tuple[str, str, str, int, str] | None] = queue.Queue(WAITING)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def cut_snapshot(self, snapshot: str) -> None:
        self._ask(CUT_SNAPSHOT, snapshot)

    def write_export(self, export: str) -> None:
        self._ask(WRITE_EXPORT, export)

    def make_paper(self, paper: str) -> None:
        self._ask(MAKE_PAPER, paper)

    def cut_clip(self, clip: str) -> None:
        self._ask(CUT_CLIP, clip)

    def check_upload(self, upload: str) -> None:
        self._ask(CHECK_UPLOAD, upload)

    def work_on(self, job: Job) -> None:
        """Asked for anew it is another workflow: the moment of the wish is part of its id."""
        name = QUEUE if job.kind in QUICK else ENCODING_QUEUE if job.kind in ENCODING else MEDIA_QUEUE
        again = f"{MEDIA}{job.kind}-{job.id}-{microseconds(job.created_at)}"
        self._ask(MEDIA + job.kind, job.id, name, 0 if job.kind in QUICK else job.priority, again)

    def close(self) -> None:
        """What was asked for is passed on first."""
        if self._thread:
            self._waiting.put(None)
            self._thread.join(5)

    def _ask(self, workflow: str, subject: str, queue_name: str = QUEUE, priority: int = 0, id: str = "") -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._pass_on, name="jobs", daemon=True)
                self._thread.start()
        try:
            self._waiting.put_nowait((workflow, subject, queue_name, priority, id or job_id(workflow, subject)))
        except queue.Full:
            return

    def _pass_on(self) -> None:
        from dbos import DBOSClient, EnqueueOptions  # late: it costs every role's start a quarter of a second

        client = DBOSClient(system_database_url=self._url)
        try:
            while (job := self._waiting.get()) is not None:
                workflow, subject, queue_name, priority, id = job
                options: EnqueueOptions = {
                    "workflow_name": workflow,
                    "queue_name": queue_name,
                    "workflow_id": id,
                    "app_version": VERSION,
                }
                if priority:
                    options["priority"] = priority
                client.enqueue(options, subject)
        finally:
            client.destroy()


def job_id(workflow: str, subject: str) -> str:
    return f"{workflow}-{subject}"
