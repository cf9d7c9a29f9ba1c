"""Keeps the log over all cases going, beside the worker's jobs: takes new entries in, shows checkpoints to witnesses,
has them stamped. Every step may be repeated, by any number of workers; nothing is lost when one is killed between two.
"""

import logging
import socket
import threading
from collections.abc import Callable
from datetime import timedelta

from inspection.model.errors import Conflict, Refusal
from inspection.model.merkle import TreeDamaged
from inspection.model.shape import Malformed
from inspection.services.ask_witnesses import ALARM, ask_witnesses
from inspection.services.sequence import origin_of, sequence_all
from inspection.services.stamp_log import renew_stamps, stamp_newest
from server.services import Services

log = logging.getLogger("takan.worker")
PATIENCE = 5.0  # seconds between two looks after one that failed


def start(given: Services, ending: threading.Event) -> list[threading.Thread]:
    """Two threads, until `ending`: a witness that is slow to answer keeps no entry waiting."""
    holder = f"worker-{socket.gethostname()}"  # a worker that was killed takes its turn up again at once
    outcomes: dict[str, str] = {}
    steps: dict[str, Callable[[], None]] = {
        "sequencer": lambda: take_in(given, holder),
        "witnesses": lambda: show(given, outcomes),
    }
    threads = [
        threading.Thread(target=_repeat, args=(given, step, ending), name=name, daemon=True)
        for name, step in steps.items()
    ]
    for thread in threads:
        thread.start()
    return threads


def take_in(given: Services, holder: str) -> None:
    """New entries into the tree."""
    origin = origin_of(given.office, given.settings.ledger.origin)
    try:
        taken = sequence_all(given.office, given.signer, origin, holder, given.now())
    except Conflict:
        return  # somebody else was faster
    except TreeDamaged as error:
        with given.office.write() as work:
            work.settings.put(ALARM, f"the tree is damaged: {error}")
        raise
    if taken:
        log.info("logged", extra={"entries": taken})


def show(given: Services, before: dict[str, str]) -> None:
    """The newest checkpoint to witnesses and to the authority. `before`: what came of it last, to tell changes only."""
    for asked in ask_witnesses(given.office, given.witnesses):
        if asked.outcome != before.get(asked.witness):
            if asked.outcome == "contradicts":
                log.error("a witness contradicts the log", extra={"witness": asked.witness})
            elif asked.outcome in ("refused", "away"):
                log.warning("witness did not sign", extra={"witness": asked.witness, "why": asked.outcome})
        before[asked.witness] = asked.outcome
    if given.authority is not None and given.stamp_judge is not None:
        settings = given.settings.ledger
        every, ahead = timedelta(minutes=settings.stamp_minutes), timedelta(days=settings.renew_days)
        stamp_newest(given.office, given.authority, given.stamp_judge, given.now(), every)
        renew_stamps(given.office, given.authority, given.stamp_judge, given.now(), ahead)


def _repeat(given: Services, step: Callable[[], None], ending: threading.Event) -> None:
    failing = ""
    while not ending.is_set():
        try:
            step()
            failing = ""
        except (Refusal, OSError, Malformed, TreeDamaged) as error:
            if str(error) != failing:  # once, not with every look
                log.warning("log not kept", extra={"why": str(error)})
            failing = str(error)
        ending.wait(PATIENCE if failing else given.settings.ledger.seconds)
