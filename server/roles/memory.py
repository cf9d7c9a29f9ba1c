"""The most memory that the roles of a running instance have held, children included, from `/proc`."""

import contextlib
from pathlib import Path

from server.roles.folder import Folder


def peaks(data: Path) -> dict[str, float]:
    """Megabytes (`VmHWM`) by role; of several processes of a role the largest."""
    told = Folder(data).running() or {}
    found: dict[str, float] = {}
    for role, pid in told.get("roles", {}).items():
        found[role] = max((_peak(one) for one in [pid, *below(pid)]), default=0.0)
    return found


def below(pid: int) -> list[int]:
    """The processes that `pid` started, and those started by them."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [one for child in map(int, children) for one in (child, *below(child))]


def _peak(pid: int) -> float:
    with contextlib.suppress(OSError, ValueError, StopIteration):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        line = next(one for one in lines if one.startswith("VmHWM"))
        return round(int(line.split()[1]) / 1024, 1)
    return 0.0
