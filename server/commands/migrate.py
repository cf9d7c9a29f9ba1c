"""`takan migrate`: keys, tables and the sample catalogue, each only when it is missing."""

import sys

from inspection.model.errors import Refusal
from server import wiring
from server.configuration import Configuration


def run(configuration: Configuration) -> int:
    try:
        created = wiring.prepare(configuration)
    except (Refusal, OSError, wiring.CannotPrepare) as error:
        print(f"takan: {error}", file=sys.stderr)
        return 1
    if created:
        print(f"administrator {created.sign_in}, one-time password {created.password}")
    print("the database is at this version")
    return 0
