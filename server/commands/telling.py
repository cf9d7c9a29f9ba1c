"""What commands share that make something on a running instance and tell of it, to people or to scripts."""

import json
import sys
from collections.abc import Callable
from typing import Any

from inspection.model.errors import Refusal
from server import wiring
from server.configuration import Configuration
from server.outbound.keys import BadKey
from server.services import Services

Make = Callable[[Services, str], dict[str, Any]]  # from the services and the address that people reach


def make_and_tell(
    configuration: Configuration, url: str, make: Make, lines: Callable[[dict[str, Any]], list[str]], as_json: bool
) -> int:
    """The exit status. `url`: where the running `up` serves; the configured one goes before it."""
    url = configuration.web.url or url
    if not url:
        print(f"takan: nothing serves {configuration.data}; start `takan up` on it first", file=sys.stderr)
        return 1
    try:
        made = make(wiring.services(configuration), url.rstrip("/"))
    except (Refusal, BadKey) as error:
        print(f"takan: {error}", file=sys.stderr)
        return 1
    print(json.dumps(made, ensure_ascii=False) if as_json else "\n".join(lines(made)))
    return 0
