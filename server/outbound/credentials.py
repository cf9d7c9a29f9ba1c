"""Content Credentials (C2PA 2) in pictures and clips that leave the office: what it is, from which bytes, by whom.

The certificate is issued by this instance's own chain; the library's reader says `Valid` and, since no trust list has
that chain, `signingCredential.untrusted`: docs/papers.md tells what that means and how an office gets a listed one.
"""

import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID

from inspection.model.sealed import CredentialsSaid
from server.outbound.seal_chain import Chain, issue

FACTS = "org.takan.derived"  # our assertion: the facts that the ledger keeps
UNTRUSTED = "signingCredential.untrusted"  # what is said of every certificate outside a trust list
KINDS = {".mp4": "video/mp4", ".jpg": "image/jpeg"}


class CannotSeal(Exception):
    """The library refused; the message is its own."""


class Credentials:
    """Writes them, each with a key of one use."""

    def __init__(self, chain: Chain, office: str) -> None:
        self._chain, self._office = chain, office

    def seal(self, source: Path, target: Path, title: str, facts: dict[str, Any], at: datetime) -> None:
        """`target` is `source` with its credentials. Raises `CannotSeal`."""
        import c2pa  # late: a library of 30 MB

        leaf = issue(self._chain.issuer, self._office, at, days=365, purpose=ExtendedKeyUsageOID.EMAIL_PROTECTION)
        chain = [leaf.certificate, *(one for one in leaf.above if one.issuer != one.subject)]
        pem = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in chain)
        key = leaf.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        try:
            info = c2pa.C2paSignerInfo(b"es256", pem, key, None)
            with (
                c2pa.Signer.from_info(info) as signer,
                c2pa.Builder(manifest(title, facts, at)) as builder,
                source.open("rb") as given,
                target.open("w+b") as taken,
            ):
                builder.sign(signer, KINDS[source.suffix], given, taken)
        except c2pa.C2paError as error:
            raise CannotSeal(str(error)) from error


def manifest(title: str, facts: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Where it came from, what was done, and our own facts; each parent is named by its digest."""
    parents = [one["parent"] for one in facts.get("tracks", ())] or [facts["parent"]]
    when = at.replace(microsecond=0).isoformat().replace("+00:00", "Z")
    source = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
    done = {
        "action": "c2pa.created",
        "digitalSourceType": source,
        "when": when,
        "parameters": {"org.takan.parents": parents},
    }
    return {
        "claim_generator_info": [{"name": "Takan", "version": "0.1.0"}],
        "title": title,
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": [done]}},
            {"label": FACTS, "data": facts},
        ],
    }


def read_credentials(source: BinaryIO, suffix: str) -> CredentialsSaid:
    """What the library's own reader says of a file, however large. Codes: `credentials-missing`, else its own, as in
    `assertion.dataHash.mismatch`."""
    import c2pa

    try:
        with _seekable(source) as file, c2pa.Reader(KINDS[suffix], file) as reader:
            told = json.loads(reader.json())
    except c2pa.C2paError as error:
        code = (
            "credentials-missing"
            if "ManifestNotFound" in type(error).__name__ + str(error)
            else "credentials-unreadable"
        )
        return CredentialsSaid("None", None, (code,))
    active = told.get("manifests", {}).get(told.get("active_manifest"), {})
    facts = next((one["data"] for one in active.get("assertions", ()) if one.get("label") == FACTS), None)
    found = told.get("validation_results", {}).get("activeManifest", {}).get("failure", ())
    faults = tuple(dict.fromkeys(one["code"] for one in found if one["code"] != UNTRUSTED))
    return CredentialsSaid(str(told.get("validation_state", "None")), facts, faults)


@contextlib.contextmanager
def _seekable(source: BinaryIO) -> Iterator[BinaryIO]:
    """The library jumps about in a file: an entry that is compressed is unpacked for it, on disk."""
    if source.seekable():
        yield source
        return
    with tempfile.TemporaryFile(prefix="takan-judge-") as file:
        shutil.copyfileobj(source, file)
        file.seek(0)
        yield file
