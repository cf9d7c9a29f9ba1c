"""The limited child of `media.files.work`: one task, its answer, the end. Never imported."""

import json
import os
import resource
import sys
from collections.abc import Callable
from typing import Any

from media.files.errors import FileRefused, OverLimits, Undecodable
from media.files.tasks.order import Order

SOURCE = 3
"""The descriptor of the source in the child."""
Task = Callable[[Order], Any]


def _packets(name: str) -> Task:
    from media.files.tasks import examine, package, payload

    tasks: dict[str, Task] = {"examine": examine.run, "package": package.run, "payload": payload.run}
    return tasks[name]


def _pictures(name: str) -> Task:
    from media.files.tasks import derive, recover, still

    tasks: dict[str, Task] = {"derive": derive.run, "recover": recover.run, "still": still.run}
    return tasks[name]


def _stills(name: str) -> Task:
    from media.files.tasks import document, photo

    tasks: dict[str, Task] = {"photo": photo.run, "document": document.run}
    return tasks[name]


LOAD = {
    "examine": _packets,
    "package": _packets,
    "payload": _packets,
    "derive": _pictures,
    "recover": _pictures,
    "still": _pictures,
    "photo": _stills,
    "document": _stills,
}
"""Each task loads only the libraries that it needs: they take most of a short one's time."""


def _limit(facts: dict[str, Any]) -> None:
    """From here on: no more memory, no file, no socket. The source becomes the only descriptor beside the usual."""
    if facts["descriptor"] != SOURCE:
        os.dup2(facts["descriptor"], SOURCE)
    os.closerange(SOURCE + 1, 256)
    facts["descriptor"] = SOURCE
    for what, most in (
        (resource.RLIMIT_AS, int(facts["memory"])),
        (resource.RLIMIT_CPU, int(facts["cpu"])),
        (resource.RLIMIT_NOFILE, SOURCE + 1),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def main() -> None:
    """Run the task that the first argument names on the order from standard input."""
    facts = json.loads(sys.stdin.buffer.readline())
    name = sys.argv[1]
    task = LOAD[name](name)
    _limit(facts)
    order = Order(facts)
    try:
        order.say({"answer": task(order)})
    except FileRefused as error:
        order.say({"code": error.code, "detail": str(error)})
    except MemoryError:
        order.say({"code": OverLimits.code, "detail": "too little memory"})
    except (OSError, ValueError, ArithmeticError, LookupError, EOFError) as error:  # libav's errors are among them
        order.say({"code": Undecodable.code, "detail": f"{type(error).__name__}: {error}"[:300]})


if __name__ == "__main__":
    main()
