"""Everything on one machine, in the foreground: prepares the data folder, then keeps web, media and worker running."""

import dataclasses
import http.client
import json
import logging
import os
import selectors
import signal
import socket
import ssl
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from inspection.model.errors import Refusal
from server import logs
from server.configuration import Configuration
from server.outbound.certificate import certificate_for, lan_address
from server.roles.folder import Folder, InUse
from server.roles.supervisor import Role, Supervisor

log = logging.getLogger("takan.up")


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is known once the sockets are bound: the address, the roles' settings, the listening socket."""

    configuration: Configuration
    url: str  # as people type it
    local: str  # as this machine reaches it
    environment: Mapping[str, str]
    listening: socket.socket


def run(configuration: Configuration, file: Path | None, port: int | None, lan: bool) -> int:
    """Serves until SIGTERM or Ctrl-C; exit status 0 then, 1 when it could not begin."""
    logs.set_up("up", configuration.log.level)
    folder = Folder(configuration.data)
    try:
        folder.take()
        prepared = _prepare(configuration, port, lan)
    except (InUse, OSError) as error:
        print(f"takan: {error}", file=sys.stderr)
        return 1
    try:
        early = folder.is_prepared()
        if not early and not _first_start(prepared.configuration):
            return 1
        folder.note_prepared()
        return 0 if _serve(prepared, file, lan, folder, early) else 1
    finally:
        folder.release()


def _prepare(configuration: Configuration, port: int | None, lan: bool) -> Prepared:
    """Bind the web socket and settle every port. Raises `OSError` when one is taken."""
    web, media = configuration.web, configuration.media
    environment: dict[str, str] = {}
    if lan:
        address = lan_address()
        pem, key = certificate_for(address, _keys(configuration), datetime.now(UTC))
        web = dataclasses.replace(web, address="0.0.0.0", certificate=str(pem), key=str(key))  # noqa: S104
        media = dataclasses.replace(media, address="0.0.0.0", announced=(address,))  # noqa: S104
    wanted = web.port if port is None else port
    listening = _listen(web.address, wanted)
    web = dataclasses.replace(web, port=listening.getsockname()[1])
    if wanted == 0 or media.port == 0:
        media = dataclasses.replace(media, port=_free(socket.SOCK_DGRAM, media.address.partition(",")[0]))
    if wanted == 0 or media.control_port == 0:
        media = dataclasses.replace(media, control_port=_free(socket.SOCK_STREAM, media.control_address))
    for address in media.address.split(","):
        _require_free(address.strip(), media.port)
    local = f"{'https' if web.certificate else 'http'}://{_reachable(web.address)}:{web.port}"
    if lan:
        web = dataclasses.replace(web, url=f"https://{lan_address()}:{web.port}")
        environment["TAKAN_WEB_URL"] = web.url
    environment |= {
        "TAKAN_WEB_ADDRESS": web.address,
        "TAKAN_WEB_PORT": str(web.port),
        "TAKAN_WEB_CERTIFICATE": web.certificate,
        "TAKAN_WEB_KEY": web.key,
        "TAKAN_MEDIA_ADDRESS": media.address,
        "TAKAN_MEDIA_PORT": str(media.port),
        "TAKAN_MEDIA_ANNOUNCED": ",".join(media.announced),
        "TAKAN_MEDIA_CONTROL_PORT": str(media.control_port),
    }
    changed = dataclasses.replace(configuration, web=web, media=media)
    return Prepared(changed, web.url or local, local, environment, listening)


def _first_start(configuration: Configuration) -> bool:
    """Keys, tables, the sample catalogue and the first administrator: each only when it is missing."""
    from server import wiring

    try:
        created = wiring.prepare(configuration)
    except (Refusal, wiring.CannotPrepare, OSError) as error:
        print(f"takan: {error}", file=sys.stderr)
        return False
    if created:
        print(f"administrator {created.sign_in}, one-time password {created.password}", flush=True)
    return True


def _serve(prepared: Prepared, file: Path | None, lan: bool, folder: Folder, early: bool) -> bool:
    """`early`: this version has prepared the folder before; the roles need not wait until it is looked at again. False
    when it turns out that they must not serve it."""
    supervisor = Supervisor(_roles(prepared, file))
    reading, writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    ending: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, _: ending.append(got))
    signal.signal(signal.SIGCHLD, lambda *_: None)  # only to wake the loop
    wake = selectors.DefaultSelector()
    wake.register(reading, selectors.EVENT_READ)
    ready = False
    try:
        if early:
            supervisor.watch()
            if not _first_start(prepared.configuration):
                return False
        while not ending:
            wait = supervisor.watch()
            folder.tell(_facts(prepared, supervisor))
            if not ready and _healthy(prepared.local):
                ready = True
                _announce(prepared.url, lan)
            if wake.select(wait if ready else 0.05):
                os.read(reading, 512)
    finally:
        log.info("ending")
        supervisor.close()
        prepared.listening.close()
    return True


def _facts(prepared: Prepared, supervisor: Supervisor) -> dict[str, object]:
    """What other commands on this folder find: where it serves, with which ports, and the roles' processes."""
    known = {"url": prepared.url, "pid": os.getpid(), "roles": supervisor.pids()}
    return known | {"environment": dict(prepared.environment)}


def _announce(url: str, lan: bool) -> None:
    if lan:
        from server.outbound.codes import terminal

        print(terminal(url))
        print("The certificate is this machine's own: a browser asks once whether to trust it.")
    print(f"ready {url}", flush=True)


def _roles(prepared: Prepared, file: Path | None) -> list[Role]:
    command = [sys.executable, "-m", "server.cli"]
    options = ["--data", str(prepared.configuration.data), *(["--config", str(file.absolute())] if file else [])]
    handle = prepared.listening.fileno()
    listen = {**prepared.environment, "TAKAN_LISTEN": str(handle)}
    return [
        Role("media", [*command, "media", *options], prepared.environment),
        Role("web", [*command, "web", *options], listen, (handle,)),
        Role("worker", [*command, "worker", *options], prepared.environment),
    ]


def _healthy(url: str) -> bool:
    """Whether every part answers, by the web role's own word."""
    where = urlsplit(url)
    connection = (
        http.client.HTTPSConnection(where.netloc, timeout=2, context=_own_certificate())
        if where.scheme == "https"
        else http.client.HTTPConnection(where.netloc, timeout=2)
    )
    try:
        connection.request("GET", "/health")
        answer = json.loads(connection.getresponse().read(65_536))
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        connection.close()
    parts = answer.get("parts", {}) if isinstance(answer, dict) else {}
    return bool(parts) and "away" not in parts.values()


def _own_certificate() -> ssl.SSLContext:
    """Nothing is told to this server that it does not know: its certificate need not be anyone's."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _listen(address: str, port: int) -> socket.socket:
    listening = socket.socket(_family(address))
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((address, port))
    except OSError as error:
        listening.close()
        raise OSError(f"port {port} on {address}: {error.strerror}; choose another with --port") from error
    listening.listen(256)
    return listening


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _free(kind: socket.SocketKind, address: str) -> int:
    with socket.socket(_family(address), kind) as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


def _require_free(address: str, port: int) -> None:
    with socket.socket(_family(address), socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, port))
        except OSError as error:
            raise OSError(f"UDP port {port} on {address}: {error.strerror}; media.port chooses another") from error


def _reachable(address: str) -> str:
    return "127.0.0.1" if address in ("0.0.0.0", "::", "") else (f"[{address}]" if ":" in address else address)  # noqa: S104


def _keys(configuration: Configuration) -> Path:
    folder = configuration.data / "keys"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
