"""Reads Content Credentials (C2PA 2) by the library's own reader: do they hold, by whom, when, from what."""

import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from typing import Any, BinaryIO

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from inspection.model.sealed import CredentialsSaid, StampSaid
from server.outbound.credentials import DIGEST, FACTS, KINDS

UNTRUSTED = "signingCredential.untrusted"  # what is said of every certificate outside a trust list
STAMPED, BY_KNOWN, BY_UNKNOWN = "timeStamp.validated", "timeStamp.trusted", "timeStamp.untrusted"
Told = dict[str, Any]


def read_credentials(
    source: BinaryIO, suffix: str, roots: tuple[x509.Certificate, ...] = (), authority: bytes = b""
) -> CredentialsSaid:
    """What the library says of a file, however large. `roots`: by which its signer has to be known; `authority`: the
    trusted certificates of a time-stamp authority (PEM).

    Codes: `credentials-missing`, `credentials-unreadable`, `certificate-foreign` (not by `roots`), `ingredients-other`
    (they are not the parents that the facts name), else the library's own, as in `assertion.dataHash.mismatch`."""
    import c2pa

    anchors = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in roots)
    try:
        with _seekable(source) as file:
            told = _told(file, suffix, anchors)
            stamped = told if not authority else _told(file, suffix, authority)
    except c2pa.C2paError as error:
        missing = "ManifestNotFound" in type(error).__name__ + str(error)
        return CredentialsSaid("None", None, ("credentials-missing" if missing else "credentials-unreadable",))
    active = told.get("manifests", {}).get(told.get("active_manifest"), {})
    facts = next((one["data"] for one in active.get("assertions", ()) if one.get("label") == FACTS), None)
    faults = [code for code in _codes(told, "failure") if code != UNTRUSTED]
    faults += [code for code in _codes(told, "informational") if code.startswith("timeStamp.") and code != BY_UNKNOWN]
    if roots and UNTRUSTED in _codes(told, "failure"):
        faults.append("certificate-foreign")
    ingredients = _ingredients(active)
    if ingredients and ingredients != parents_in(facts):
        faults.append("ingredients-other")
    state = str(told.get("validation_state", "None"))
    return CredentialsSaid(state, facts, tuple(dict.fromkeys(faults)), _stamp(stamped, active), ingredients)


def parents_in(facts: Any) -> tuple[str, ...]:
    """The digests of what a file was made from, as its own facts name them."""
    if not isinstance(facts, dict):
        return ()
    tracks = facts.get("tracks")
    named = [one.get("parent") for one in tracks if isinstance(one, dict)] if isinstance(tracks, list) else []
    return tuple(str(one) for one in named or [facts.get("parent")])


def _told(file: BinaryIO, suffix: str, anchors: bytes) -> Told:
    import c2pa

    file.seek(0)
    trust = {"trust": {"trust_anchors": anchors.decode("ascii")}} if anchors else {}
    checks = {"verify": {"verify_trust": True, "verify_timestamp_trust": True}}
    with (
        c2pa.Settings.from_dict(checks | trust) as settings,
        c2pa.Context(settings) as context,
        c2pa.Reader(KINDS[suffix], file, context=context) as reader,
    ):
        told: Told = json.loads(reader.json())
    return told


def _codes(told: Told, kind: str) -> list[str]:
    return [str(one.get("code")) for one in _results(told, kind)]


def _results(told: Told, kind: str) -> list[Told]:
    return list(told.get("validation_results", {}).get("activeManifest", {}).get(kind, ()))


def _stamp(told: Told, active: Told) -> StampSaid | None:
    found = next((one for one in _results(told, "success") if one.get("code") == STAMPED), None)
    try:
        at = datetime.fromisoformat(active["signature_info"]["time"])
    except (KeyError, TypeError, ValueError):
        return None
    if found is None:
        return None
    name = str(found.get("explanation", "")).rpartition(": ")[2]
    return StampSaid(at, name, trusted=BY_KNOWN in _codes(told, "success"))


def _ingredients(active: Told) -> tuple[str, ...]:
    named = [str(one.get("instance_id", "")) for one in active.get("ingredients", ())]
    return tuple(one.removeprefix(DIGEST) for one in named)


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
