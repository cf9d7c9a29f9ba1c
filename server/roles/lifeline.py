"""A role ends when the supervisor that started it is gone, even by `kill -9`: it holds the reading end of a pipe."""

import os
import signal
import threading

VARIABLE = "TAKAN_LIFELINE"


def hold() -> None:
    """In a started role: ask oneself to end once the other end of the pipe is closed."""
    number = os.environ.pop(VARIABLE, "")
    if number:
        threading.Thread(target=_wait, args=(int(number),), name="lifeline", daemon=True).start()


def _wait(handle: int) -> None:
    while os.read(handle, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
