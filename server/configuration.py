"""All that can be configured: one frozen dataclass a section, read once at start.

Order: the default here, then `takan.toml`, then the environment (`TAKAN_<SECTION>_<NAME>`, lists split at commas).
`takan.toml` at the repository's root explains every setting; a test keeps the two alike.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from media.client import IceServers


class BadConfiguration(Exception):
    """A setting that cannot be used; the message names it and says what would do."""


@dataclass(frozen=True, slots=True)
class Office:
    name: str = "踏勘 Takan"
    zone: str = "Asia/Shanghai"
    language: str = "zh-CN"


@dataclass(frozen=True, slots=True)
class Web:
    address: str = "127.0.0.1"
    port: int = 8400
    url: str = ""
    certificate: str = ""
    key: str = ""
    workers: int = 1
    threads: int = 24
    proxies: int = 0
    body_limit: int = 262_144


@dataclass(frozen=True, slots=True)
class Media:
    node: str = "n1"
    address: str = "127.0.0.1"
    port: int = 8402
    announced: tuple[str, ...] = ()
    control_address: str = "127.0.0.1"
    control_port: int = 8401
    rooms: int = 50
    sessions: int = 500
    disk_low: int = 1_000_000_000
    layers: str = "auto"


@dataclass(frozen=True, slots=True)
class Nodes:
    list: tuple[str, ...] = ()
    seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class Database:
    url: str = ""
    jobs_url: str = ""


@dataclass(frozen=True, slots=True)
class Objects:
    kind: str = "folder"
    folder: str = ""
    endpoint: str = ""
    bucket: str = "takan"
    access_key: str = ""
    secret_key: str = ""
    region: str = ""
    secure: bool = True
    retention_days: int = 0
    legal_hold: bool = False


@dataclass(frozen=True, slots=True)
class Ledger:
    origin: str = ""
    seconds: float = 2.0
    witnesses: tuple[str, ...] = ()
    authority: str = ""
    authority_certificates: str = ""
    stamp_minutes: int = 60
    renew_days: int = 30
    answer_seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class Seal:
    pkcs12: str = ""
    passphrase: str = ""
    pkcs11: str = ""
    token: str = ""
    pin: str = ""
    key: str = "seal"
    issuer: str = ""
    people: tuple[str, ...] = ()
    roots: str = ""
    revocations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tickets:
    minutes: int = 10
    hours: int = 12
    sessions: int = 8
    ice_servers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    urls: tuple[str, ...] = ()
    secret: str = ""
    hours: float = 12.0


@dataclass(frozen=True, slots=True)
class Uploads:
    days: int = 7
    idle_seconds: float = 30.0
    applicant_bytes: int = 50_000_000_000
    applicant_files: int = 200
    applicant_kinds: tuple[str, ...] = ("video", "audio", "photo", "document", "sidecar", "zip")
    staff_bytes: int = 50_000_000_000
    staff_files: int = 1000
    staff_kinds: tuple[str, ...] = ("video", "audio", "photo", "document", "sidecar", "zip")


@dataclass(frozen=True, slots=True)
class Worker:
    threads: int = 4
    readers: int = 2
    encoders: int = 2
    sweep_seconds: float = 5.0
    name: str = ""
    gone_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Log:
    level: str = "INFO"


@dataclass(frozen=True, slots=True)
class Configuration:
    """Every section, the data folder, and where each value came from ("default", "file", "environment")."""

    data: Path
    office: Office = field(default_factory=Office)
    web: Web = field(default_factory=Web)
    media: Media = field(default_factory=Media)
    nodes: Nodes = field(default_factory=Nodes)
    database: Database = field(default_factory=Database)
    objects: Objects = field(default_factory=Objects)
    ledger: Ledger = field(default_factory=Ledger)
    seal: Seal = field(default_factory=Seal)
    tickets: Tickets = field(default_factory=Tickets)
    turn: Turn = field(default_factory=Turn)
    uploads: Uploads = field(default_factory=Uploads)
    worker: Worker = field(default_factory=Worker)
    log: Log = field(default_factory=Log)
    sources: Mapping[str, str] = field(default_factory=dict)

    def database_url(self) -> str:
        """SQLAlchemy's address of our own tables."""
        return self.database.url or f"sqlite:///{self.data / 'takan.db'}"

    def jobs_url(self) -> str:
        """Where DBOS keeps its tables: apart from ours, since both in one SQLite file slow each other badly."""
        if self.database.jobs_url:
            return self.database.jobs_url
        return self.database.url or f"sqlite:///{self.data / 'jobs.db'}"

    def objects_folder(self) -> Path:
        return Path(self.objects.folder) if self.objects.folder else self.data / "objects"

    def ice_servers(self) -> IceServers:
        """What browsers and encoders are told to reach a node by."""
        return IceServers(self.tickets.ice_servers, self.turn.urls, self.turn.secret, round(self.turn.hours * 3600))

    def node_addresses(self) -> dict[str, str]:
        """Base address of each media node's HTTP door; without a list, the one node of this machine."""
        if not self.nodes.list:
            return {self.media.node: f"http://{self.media.control_address}:{self.media.control_port}"}
        return dict(_node(entry) for entry in self.nodes.list)


SECTIONS = {
    "office": Office,
    "web": Web,
    "media": Media,
    "nodes": Nodes,
    "database": Database,
    "objects": Objects,
    "ledger": Ledger,
    "seal": Seal,
    "tickets": Tickets,
    "turn": Turn,
    "uploads": Uploads,
    "worker": Worker,
    "log": Log,
}


def load(data: Path, file: Path | None, environment: Mapping[str, str]) -> Configuration:
    """The configuration of one process. Raises `BadConfiguration`."""
    written = _read(file)
    sources: dict[str, str] = {}
    sections: dict[str, Any] = {}
    for name, kind in SECTIONS.items():
        sections[name] = _section(name, kind, written.pop(name, {}), environment, sources)
    if written:
        raise BadConfiguration(f"{file}: there is no section [{next(iter(written))}]")
    configuration = Configuration(data=data.absolute(), sources=sources, **sections)
    _check(configuration)
    return configuration


def _read(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise BadConfiguration(f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise BadConfiguration(f"{file} is not TOML: {error}") from error


def _section(section: str, kind: type, written: Any, environment: Mapping[str, str], sources: dict[str, str]) -> object:
    if not isinstance(written, dict):
        raise BadConfiguration(f"[{section}] must be a section")
    known = {part.name: part.default for part in fields(kind)}
    values: dict[str, Any] = {}
    for name in written:
        if name not in known:
            raise BadConfiguration(f"there is no setting {name} in [{section}]; it has {', '.join(known)}")
    for name, default in known.items():
        variable = f"TAKAN_{section}_{name}".upper()
        sources[f"{section}.{name}"] = "default"
        if name in written:
            values[name] = _typed(f"{section}.{name}", written[name], default)
            sources[f"{section}.{name}"] = "file"
        if variable in environment:
            values[name] = _parsed(variable, environment[variable], default)
            sources[f"{section}.{name}"] = "environment"
    return kind(**values)


def _typed(name: str, value: Any, default: Any) -> Any:
    if isinstance(default, tuple):
        if isinstance(value, list) and all(isinstance(part, str) for part in value):
            return tuple(value)
        raise BadConfiguration(f"{name} must be a list of texts")
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not type(default):
        raise BadConfiguration(f"{name} must be {_word(default)}, as in {default!r}")
    return value


def _parsed(variable: str, text: str, default: Any) -> Any:
    if isinstance(default, tuple):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if isinstance(default, bool):
        if text.lower() in ("true", "false"):
            return text.lower() == "true"
        raise BadConfiguration(f"{variable} must be true or false")
    try:
        return type(default)(text)
    except ValueError as error:
        raise BadConfiguration(f"{variable} must be {_word(default)}, not {text!r}") from error


def _word(default: Any) -> str:
    return {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}[type(default)]


def _node(entry: str) -> tuple[str, str]:
    name, _, address = entry.partition("=")
    if not address.startswith("http://") or not (name.isascii() and name.isalnum() and name == name.lower()):
        raise BadConfiguration(f"nodes.list: {entry!r} must be written as name=http://host:port")
    return name, address.rstrip("/")


def _check(configuration: Configuration) -> None:
    relays = configuration.turn
    if not all(url.startswith(("turn:", "turns:")) for url in relays.urls):
        raise BadConfiguration("turn.urls must be written as turn:host:port?transport=udp or turns:host:port")
    if relays.urls and not relays.secret:
        raise BadConfiguration("turn.urls needs turn.secret, the static-auth-secret of coturn")
    if configuration.objects.kind not in ("folder", "s3"):
        raise BadConfiguration('objects.kind must be "folder" or "s3"')
    if configuration.objects.kind == "s3" and not configuration.objects.endpoint:
        raise BadConfiguration("objects.endpoint is needed when objects.kind is s3")
    if configuration.office.language not in ("zh-CN", "en"):
        raise BadConfiguration('office.language must be "zh-CN" or "en"')
    if bool(configuration.web.certificate) != bool(configuration.web.key):
        raise BadConfiguration("web.certificate and web.key belong together")
    if configuration.web.url and not configuration.web.url.startswith(("http://", "https://")):
        raise BadConfiguration("web.url must begin with http:// or https://")
    if bool(configuration.ledger.authority) != bool(configuration.ledger.authority_certificates):
        raise BadConfiguration("ledger.authority and ledger.authority_certificates belong together")
    seal = configuration.seal
    if seal.pkcs12 and seal.pkcs11:
        raise BadConfiguration("seal.pkcs12 and seal.pkcs11 are two places for one key: give one")
    if seal.pkcs11 and not (seal.token and seal.pin and seal.key):
        raise BadConfiguration("seal.pkcs11 needs seal.token, seal.pin and seal.key")
    if not (configuration.media.node.isascii() and configuration.media.node.isalnum()):
        raise BadConfiguration("media.node must be letters and digits")
    if configuration.media.layers not in ("auto", "one", "three"):
        raise BadConfiguration('media.layers must be "auto", "one" or "three"')
    configuration.node_addresses()
