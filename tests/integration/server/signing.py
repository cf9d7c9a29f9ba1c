"""What tests of signatures share: a chain, a plain paper, an authority that stamps."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from inspection.model.paper import Seal
from server.outbound.seal_chain import Chain, Identity, make_chain, revocation_list
from server.outbound.seal_keys import configured_chain
from server.outbound.stamps import HttpAuthority
from server.outbound.typeset import typeset
from tests.fixtures.authority import Authority, serving

NOW = datetime.now(UTC).replace(microsecond=0)
OFFICE = "Bureau"
WHO = Seal("陈静", "inspector", "", "inspector-1", "chenjing")
SHEET = {
    "banner": None, "digest": "", "digest_words": "", "day": [2026, 11, 24], "facts_name": "facts", "lang": "en",
    "number": "1", "office": "O",
    "subtitle": "", "title": "T", "verdict": None, "link": "", "qr": None, "qr_words": "", "blocks": [],
}  # fmt: skip


@pytest.fixture(scope="session")
def keys_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    make_chain(folder, OFFICE, NOW)
    return folder


@pytest.fixture(scope="session")
def chain(keys_folder: Path) -> Chain:
    from server.configuration import Seal as Configured

    return configured_chain(keys_folder, Configured())


@pytest.fixture(scope="session")
def plain() -> bytes:
    return typeset(SHEET, json.dumps({"told": 1}).encode(), [])


@pytest.fixture
def stamping() -> Iterator[tuple[Authority, HttpAuthority]]:
    authority = Authority(NOW + timedelta(seconds=1), NOW + timedelta(days=300))
    with serving(authority) as url:
        yield authority, HttpAuthority(url, authority.pem, 5.0)


def crl_file(folder: Path, by: Identity, revoked: Mapping[int, datetime], name: str = "list.crl") -> str:
    """A list of what an issuer has taken back, as a file."""
    told = revocation_list(by, NOW, revoked, 30)
    (folder / name).write_bytes(told.public_bytes(serialization.Encoding.PEM))
    return str(folder / name)


def p12(folder: Path, name: str, identity: Identity, passphrase: str = "open sesame") -> str:
    from cryptography.hazmat.primitives.serialization import pkcs12

    closed = serialization.BestAvailableEncryption(passphrase.encode())
    data = pkcs12.serialize_key_and_certificates(
        name.encode(), identity.key, identity.certificate, identity.above, closed
    )  # fmt: skip
    (folder / name).write_bytes(data)
    return str(folder / name)
