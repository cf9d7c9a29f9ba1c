"""Keeps some processes running: starts them, starts again whichever dies, ends them all."""

import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from server.roles.lifeline import VARIABLE

log = logging.getLogger("takan.supervisor")

SHORTEST, LONGEST = 0.2, 10.0  # seconds between a death and the next start
STEADY = 20.0  # a run that lasted so long was no failed start
PATIENCE = 20.0  # seconds that a role has to end by itself


@dataclass(frozen=True, slots=True)
class Role:
    """A process to keep: its command line and what it gets besides the supervisor's own environment."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    handles: tuple[int, ...] = ()


class Run:
    """The runs of one role, one after the other."""

    def __init__(self, role: Role, now: Callable[[], float]) -> None:
        self.role, self._now = role, now
        self.process: subprocess.Popen[bytes] | None = None
        self.starts = 0
        self.due = 0.0  # when to start next
        self._pause = SHORTEST
        self._began = 0.0

    def start(self, lifeline: int) -> None:
        environment = {**os.environ, **self.role.environment, VARIABLE: str(lifeline)}
        # A session of its own: Ctrl-C reaches the supervisor alone, which ends the roles in their order.
        self.process = subprocess.Popen(
            list(self.role.command),
            env=environment,
            stdin=subprocess.DEVNULL,
            pass_fds=(lifeline, *self.role.handles),
            start_new_session=True,
        )
        self._began = self._now()
        self.starts += 1
        log.info("started", extra={"name_of": self.role.name, "pid": self.process.pid, "starts": self.starts})

    def look(self) -> None:
        """Notice a death and set the time of the next start: at once after a steady run, later and later otherwise."""
        if self.process is None or self.process.poll() is None:
            return
        if self._now() - self._began > STEADY:
            self._pause = SHORTEST
        status = self.process.returncode
        log.warning("ended by itself", extra={"name_of": self.role.name, "status": status, "again_in": self._pause})
        self.process = None
        self.due = self._now() + self._pause
        self._pause = min(self._pause * 2, LONGEST)


class Supervisor:
    """`watch` is called again and again by the owner's loop; `close` waits until every process has ended."""

    def __init__(self, roles: Sequence[Role], now: Callable[[], float] = time.monotonic) -> None:
        self.runs = [Run(role, now) for role in roles]
        self._now = now
        self._reading, self._writing = os.pipe()

    def watch(self) -> float:
        """Start what is due. Returns seconds until something may be due again."""
        wait = 1.0
        for run in self.runs:
            run.look()
            if run.process is None and run.due <= self._now():
                run.start(self._reading)
            elif run.process is None:
                wait = min(wait, max(run.due - self._now(), 0.01))
        return wait

    def pids(self) -> dict[str, int]:
        return {run.role.name: run.process.pid for run in self.runs if run.process}

    def close(self) -> None:
        """SIGTERM to each, then wait; whoever does not end in time is killed by its id."""
        alive = [run for run in self.runs if run.process and run.process.poll() is None]
        for run in alive:
            _send(run, signal.SIGTERM)
        until = self._now() + PATIENCE
        for run in alive:
            _await(run, max(until - self._now(), 0.1))
        os.close(self._writing)
        os.close(self._reading)


def _send(run: Run, number: signal.Signals) -> None:
    if run.process and run.process.poll() is None:
        run.process.send_signal(number)


def _await(run: Run, seconds: float) -> None:
    if run.process is None:
        return
    try:
        run.process.wait(seconds)
    except subprocess.TimeoutExpired:
        log.error("did not end in time", extra={"name_of": run.role.name, "pid": run.process.pid})
        run.process.kill()
        run.process.wait()
