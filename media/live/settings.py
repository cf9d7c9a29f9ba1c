"""What a node is told at start. One frozen dataclass; the media role fills it from the configuration."""

from dataclasses import dataclass, field

from media.client import IceServers


@dataclass(frozen=True, slots=True)
class Limits:
    """What one node takes on before it refuses (`node-full`), and what it asks of publishers."""

    rooms: int = 200
    sessions: int = 1000  # publishers and viewers together
    viewers: int = 200  # of one participant
    bit_rate: int = 4_000_000  # bits per second of one publisher, told by REMB


@dataclass(frozen=True, slots=True)
class Settings:
    """Addresses, ports (0: the kernel chooses) and limits of one node."""

    name: str
    bind: tuple[str, ...] = ("127.0.0.1",)  # of the UDP port; "::" takes IPv4 too
    announced: tuple[str, ...] = ()  # addresses in candidates, the preferred first; empty: those of `bind`
    udp_port: int = 0
    http_host: str = "127.0.0.1"
    http_port: int = 0
    ice_servers: IceServers = field(default_factory=IceServers)  # told by Link headers
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        """Raises `ValueError` when clients could not be told where the node is."""
        if not self.announced and {"::", "0.0.0.0"} & set(self.bind):  # noqa: S104 it is refused, not bound
            raise ValueError("a node that binds every address must be told which to announce")
