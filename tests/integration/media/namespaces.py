"""A node and a foreign client in network namespaces of their own: libnice does not pair loopback with others."""

import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from server.roles.bench_network import NoNetwork, missing, networks
from tests.fixtures.processes import cannot_run
from tests.integration.media.nodes import House, a_node


@dataclass(frozen=True, slots=True)
class Apart:
    """A node on this side of a cable, and the command that runs a program on the other side."""

    house: House
    within: tuple[str, ...]

    @property
    def whip(self) -> str:
        return self.house.whip().replace("127.0.0.1", HERE)

    @property
    def whep(self) -> str:
        return self.house.whep().replace("127.0.0.1", HERE)


HERE = "10.213.0.2"


@contextmanager
def cable() -> Iterator[Sequence[str]]:
    """This thread in one namespace, and how to run a program in the one beside it."""
    lacks = missing()
    if lacks:
        cannot_run(f"clients in a network of their own: {', '.join(lacks)} is missing")
    try:
        with networks(1) as (there,):
            yield there.within
    except NoNetwork as error:
        cannot_run(f"clients in a network of their own: {error}")


@asynccontextmanager
async def a_node_apart(folder: Path) -> AsyncIterator[Apart]:
    with cable() as within:
        async with a_node(folder, lambda given: replace(given, bind=(HERE,), http_host=HERE)) as house:
            yield Apart(house, tuple(within))


def without_igd(folder: Path) -> dict[str, str]:
    """Environment in which libnice finds a libgupnp-igd that does nothing.

    Debian 12's whip-client cannot start with its own: it uses libsoup 2, libgupnp libsoup 3, and no process may have
    both. UPnP is not needed here.
    """
    compiler = shutil.which("cc")
    if compiler is None:
        cannot_run("Debian's whip-client needs a C compiler here (apt-get install -y gcc)")
    source = folder / "igd.c"
    source.write_text(
        "void *gupnp_simple_igd_thread_new(void) { return 0; }\n"
        "unsigned long gupnp_simple_igd_get_type(void) { return 0; }\n"
        "void gupnp_simple_igd_add_port(void) {}\nvoid gupnp_simple_igd_remove_port_local(void) {}\n"
    )
    name = "libgupnp-igd-1.0.so.4"
    subprocess.run(
        [compiler, "-shared", "-fPIC", f"-Wl,-soname,{name}", "-o", folder / name, source], check=True, timeout=60
    )
    return {"LD_LIBRARY_PATH": str(folder)}
