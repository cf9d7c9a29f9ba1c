"""`takan fsck`: compares store, database and ledger, names every difference, repairs what it is asked to."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from inspection.model.difference import Difference, Repair
from inspection.model.errors import Refusal
from inspection.services.fsck import fsck
from server import wiring
from server.configuration import Configuration
from server.outbound.copies import FoundCopies
from server.outbound.crew import Threads

CANNOT = 2


def run(configuration: Configuration, repairs: list[str], sources: list[Path], quick: bool, as_json: bool) -> int:
    """`sources`: folders and packages from which objects may be put back, besides this machine's spools.

    Exit status: 0 all say the same, or what did not was mended; 1 there are differences; 2 it cannot be looked."""
    given = wiring.services(configuration)
    wanted = frozenset(Repair(name) for name in repairs)
    witnesses = tuple(one.key for one in given.witnesses)
    found: list[Difference] = []
    spools = configuration.data / "spool"
    try:
        looked_in = [*sources, *([spools] if spools.is_dir() else [])]
        copies = FoundCopies(looked_in) if Repair.RESTORE in wanted else None
        for one in fsck(given.office, given.objects, Threads(), witnesses, wanted, not quick, copies):
            found.append(one)
            if not as_json:
                print(line(one), flush=True)
    except (Refusal, OSError) as error:
        print(f"takan: cannot look: {error}", file=sys.stderr)
        return CANNOT
    left = [one for one in found if not one.repaired]
    if as_json:
        print(json.dumps({"differences": [asdict(one) for one in found], "left": len(left)}))
    else:
        print(f"{len(found)} differences, {len(found) - len(left)} repaired")
    return int(bool(left))


def line(one: Difference) -> str:
    end = "repaired" if one.repaired else f"--repair {one.repair}" if one.repair else ""
    return f"{one.kind}  {one.where}: {one.code}" + (f"  ({end})" if end else "")
