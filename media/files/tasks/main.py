"""The limited child of `media.files.work`: one task, its answer, the end. Never imported."""

import json
import resource
import sys
from collections.abc import Callable
from typing import Any

from media.files.errors import FileRefused, OverLimits, Undecodable
from media.files.tasks.order import Order


def _derive() -> Callable[[Order], Any]:
    from media.files.tasks import derive

    return derive.run


def _examine() -> Callable[[Order], Any]:
    from media.files.tasks import examine

    return examine.run


def _package() -> Callable[[Order], Any]:
    from media.files.tasks import package

    return package.run


def _payload() -> Callable[[Order], Any]:
    from media.files.tasks import payload

    return payload.run


def _photo() -> Callable[[Order], Any]:
    from media.files.tasks import photo

    return photo.run


def _document() -> Callable[[Order], Any]:
    from media.files.tasks import document

    return document.run


LOAD: dict[str, Callable[[], Callable[[Order], Any]]] = {
    "examine": _examine,
    "package": _package,
    "derive": _derive,
    "payload": _payload,
    "photo": _photo,
    "document": _document,
}
"""Each task loads only the libraries that it needs."""


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
    task = LOAD[sys.argv[1]]()
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
