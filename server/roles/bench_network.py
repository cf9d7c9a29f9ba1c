"""Network namespaces for a bench: each server in one, the clients in another, joined by pairs of veth of one make.

So neither server has loopback's short way and both have the same one. Needs root, `ip` and a kernel that lets us.
"""

import ctypes
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_CLONE_NEWNET = 0x40000000
_NAMES = Path("/run/netns")


class NoNetwork(Exception):
    """Namespaces cannot be made here; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Side:
    """A server's namespace: its address there, and the command that runs a program in it."""

    address: str
    within: tuple[str, ...]


def undisturbed() -> None:
    """As root: go before other work of this machine, with all that is started from now on."""
    if os.geteuid() == 0:
        os.setpriority(os.PRIO_PROCESS, 0, -15)


def missing() -> list[str]:
    """What this machine lacks for namespaces."""
    lacks = [] if os.geteuid() == 0 else ["root"]
    return lacks if shutil.which("ip") else [*lacks, "ip (Debian: iproute2)"]


@contextmanager
def networks(count: int) -> Iterator[list[Side]]:
    """`count` servers' namespaces; the calling thread itself is in the clients' until the end. Raises `NoNetwork`."""
    mark = f"takan{secrets.token_hex(3)}"
    names = [f"{mark}{at}" for at in range(count + 1)]  # the last one is the clients'
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        for name in names:
            _ip("netns", "add", name)
            _ip("-n", name, "link", "set", "lo", "up")
        sides = [_join(names[at], names[-1], at) for at in range(count)]
        _enter(os.open(_NAMES / names[-1], os.O_RDONLY), close=True)
        yield sides
    finally:
        _enter(home, close=True)
        for name in names:
            if (_NAMES / name).exists():
                _ip("netns", "delete", name)


def _join(server: str, clients: str, at: int) -> Side:
    ours, theirs = f"10.213.{at}.1", f"10.213.{at}.2"
    _ip("-n", server, "link", "add", "v0", "type", "veth", "peer", "name", f"v{at}", "netns", clients)
    for name, link, address in ((server, "v0", ours), (clients, f"v{at}", theirs)):
        _ip("-n", name, "address", "add", f"{address}/24", "dev", link)
        _ip("-n", name, "link", "set", link, "up")
    return Side(ours, ("ip", "netns", "exec", server))


def _enter(descriptor: int, *, close: bool) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    failed = libc.setns(descriptor, _CLONE_NEWNET)
    if close:
        os.close(descriptor)
    if failed:
        raise NoNetwork(f"setns: {os.strerror(ctypes.get_errno())}")


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, timeout=20)
    if done.returncode:
        raise NoNetwork(f"ip {' '.join(words)}: {done.stderr.strip()}")
