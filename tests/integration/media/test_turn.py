"""Chromium may use nothing but a relay: Debian's coturn takes the node's own credentials, over UDP, TCP and TLS."""

import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from media.client import IceServers
from tests.fixtures.clip import COLOURS, Clip
from tests.fixtures.processes import alive, cannot_run, free_port, running, wait_until
from tests.integration.media.nodes import a_node
from tests.integration.media.test_node_chromium import a_browser, a_page, seen

SECRET = "a secret of this test alone"


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    paths = folder / "turn.pem", folder / "turn.key"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    kind = serialization.PrivateFormat.PKCS8
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption()))
    return paths


@contextmanager
def coturn(folder: Path) -> Iterator[tuple[int, int]]:
    """The relay on loopback; its port, and its port for TLS."""
    if shutil.which("turnserver") is None:
        cannot_run("TURN: coturn is not installed (apt-get install -y --no-install-recommends coturn)")
    pem, key = certificate(folder)
    port, secure = free_port(), free_port()
    command = [
        *("turnserver", "-n", "--use-auth-secret", f"--static-auth-secret={SECRET}", "--realm=takan.example"),
        *("--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", "--allow-loopback-peers", "--no-cli"),
        *(f"--listening-port={port}", f"--tls-listening-port={secure}", f"--cert={pem}", f"--pkey={key}"),
        *("--no-dtls", "--log-file=stdout", f"--pidfile={folder / 'turn.pid'}", f"--userdb={folder / 'turn.db'}"),
    ]
    log = folder / "turn.log"
    with running(command, log) as process:
        wait_until("coturn listens", lambda: alive(process, log) and listens(port) and listens(secure))
        yield port, secure


def listens(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port), 1):
        return True


def relay_only(url: str) -> dict[str, Any]:
    """What a page gives RTCPeerConnection, from what its ticket brings."""
    servers = IceServers(relays=(url,), secret=SECRET).told("p1", int(datetime.now(UTC).timestamp() * 1e6))
    return {"iceServers": servers, "iceTransportPolicy": "relay"}


@pytest.mark.parametrize("way", ["udp", "tcp", "tls"])
async def test_chromium_publishes_through_a_relay_alone(tmp_path: Path, clip: Clip, way: str) -> None:
    with coturn(tmp_path) as (port, secure):
        url = {
            "udp": f"turn:127.0.0.1:{port}?transport=udp",
            "tcp": f"turn:127.0.0.1:{port}?transport=tcp",
            "tls": f"turns:127.0.0.1:{secure}?transport=tcp",
        }[way]
        async with a_node(tmp_path) as house, a_browser(clip, "--ignore-certificate-errors") as browser:
            phone, desk = await a_page(browser, house), await a_page(browser, house)
            await phone.evaluate("publish", [house.whip(), house.ticket(), relay_only(url)])
            await desk.evaluate("watch", [house.whep(), house.view_ticket()])
            for colour in COLOURS:
                await desk.wait_for_function("wanted => colour() === wanted", arg=colour, timeout=15_000)
            pair = (await seen(phone))["pair"]
            local = await phone.evaluate(
                "id => connection.getStats().then(all => all.get(id))", pair["localCandidateId"]
            )
    assert local["candidateType"] == "relay"
    assert local["relayProtocol"] == way
