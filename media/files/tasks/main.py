"""The limited child of `media.files.work`: one task, its answer, the end. Never imported."""

import json
import resource
import sys
from collections.abc import Callable
from typing import Any

from media.files.errors import FileRefused, OverLimits, Undecodable
from media.files.tasks.order import Order

Task = Callable[[Order], Any]


def _film(name: str) -> Task:
    from media.files.tasks import derive, examine, package, payload

    tasks: dict[str, Task] = {
        "examine": examine.run,
        "package": package.run,
        "derive": derive.run,
        "payload": payload.run,
    }
    return tasks[name]


def _still(name: str) -> Task:
    from media.files.tasks import document, photo

    tasks: dict[str, Task] = {"photo": photo.run, "document": document.run}
    return tasks[name]


STILLS = ("photo", "document")
"""Tasks that need no libav; each side loads only its own libraries."""


def _limit(facts: dict[str, Any]) -> None:
    """From here on: no more memory, no file, no socket."""
    for what, most in (
        (resource.RLIMIT_AS, int(facts["memory"])),
        (resource.RLIMIT_CPU, int(facts["cpu"])),
        (resource.RLIMIT_NOFILE, int(facts["descriptor"]) + 1),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def main() -> None:
    """Run the task that the first argument names on the order from standard input."""
    facts = json.loads(sys.stdin.buffer.readline())
    name = sys.argv[1]
    task = _still(name) if name in STILLS else _film(name)
    order = Order(facts)
    _limit(facts)
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
