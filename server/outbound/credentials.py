"""Content Credentials (C2PA 2) in pictures and clips that leave the office: what it is, from which bytes, by whom.

The certificate is issued by this instance's own chain; the library's reader says `Valid` and, since no trust list has
that chain, `signingCredential.untrusted`: docs/papers.md tells what that means and how an office gets a listed one.
"""

import logging
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID

from inspection.model.errors import Unavailable
from inspection.model.shape import Malformed
from server.outbound.seal import require_good, token_there
from server.outbound.seal_chain import Chain, issue
from server.outbound.seal_keys import taken_back
from server.outbound.stamps import HttpAuthority
from server.version import VERSION

log = logging.getLogger("takan.seal")
CAPTURED = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
DIGEST = "urn:sha256:"  # before the digest that names a parent
FACTS = "org.takan.derived"  # our assertion: the facts that the ledger keeps
KINDS = {".mp4": "video/mp4", ".jpg": "image/jpeg"}


class CannotSeal(Exception):
    """The library refused; the message is its own."""


class Credentials:
    """Writes them, each with a key of one use; with a time stamp where an authority answers."""

    def __init__(self, chain: Chain, office: str, authority: HttpAuthority | None = None) -> None:
        self._chain, self._office, self._authority = chain, office, authority

    def seal(self, source: Path, target: Path, title: str, facts: dict[str, Any], at: datetime) -> None:
        """`target` is `source` with its credentials. Raises `CannotSeal`."""
        import c2pa  # late: a library of 30 MB

        try:
            pem, key = self._once(at)
            told = manifest(title, facts, at)
            if self._authority is not None and self._answers():
                try:
                    return _written(source, target, told, c2pa.C2paSignerInfo(b"es256", pem, key, self._authority.url))
                except c2pa.C2paError as error:
                    log.warning("credentials without a time stamp", extra={"why": str(error)})
            _written(source, target, told, c2pa.C2paSignerInfo(b"es256", pem, key, None))
        except (c2pa.C2paError, Unavailable) as error:
            raise CannotSeal(str(error)) from error

    def _once(self, at: datetime) -> tuple[bytes, bytes]:
        """Certificates and key for one file, PEM. Raises `Unavailable`."""
        issuer = self._chain.issuer
        require_good(issuer, taken_back(self._chain, at), at)
        with token_there():
            leaf = issue(issuer, self._office, at, purpose=ExtendedKeyUsageOID.EMAIL_PROTECTION)
        chain = [leaf.certificate, *(one for one in leaf.above if one.issuer != one.subject)]
        pem = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in chain)
        key = leaf.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return pem, key

    def _answers(self) -> bool:
        """Asked by our own client, which waits no longer than configured: the library's is not ours to stop."""
        try:
            return self._authority is not None and bool(self._authority.stamp(b"takan"))
        except (Unavailable, Malformed) as error:
            log.warning("credentials without a time stamp", extra={"why": error.code})
            return False


def _written(source: Path, target: Path, told: dict[str, Any], info: Any) -> None:
    import c2pa

    with (
        c2pa.Signer.from_info(info) as signer,
        c2pa.Builder(told) as builder,
        source.open("rb") as given,
        target.open("w+b") as taken,
    ):
        builder.sign(signer, KINDS[source.suffix], given, taken)


def manifest(title: str, facts: dict[str, Any], at: datetime) -> dict[str, Any]:
    """From what it was made (an ingredient for each parent, named by its digest), what was done, and our own facts."""
    parents = [(one.get("track", ""), one["parent"]) for one in facts.get("tracks", ())]
    parents = parents or [(facts.get("track", ""), facts["parent"])]
    when = at.replace(microsecond=0).isoformat().replace("+00:00", "Z")
    ingredients = [
        {
            "format": "application/json" if "tracks" in facts else "video/mp4",
            "instance_id": f"{DIGEST}{digest}",
            "label": f"parent-{number}",
            "relationship": "componentOf" if number else "parentOf",
            "title": track or digest,
        }
        for number, (track, digest) in enumerate(parents)
    ]
    opened, *placed = (one["label"] for one in ingredients)
    actions: list[dict[str, Any]] = [
        {"action": "c2pa.opened", "digitalSourceType": CAPTURED, "parameters": {"ingredientIds": [opened]}}
    ]
    actions += [{"action": "c2pa.placed", "parameters": {"ingredientIds": [one]}} for one in placed]
    actions += [{"action": one} for one in done_to(facts)]
    return {
        "claim_generator_info": [{"name": "Takan", "version": VERSION}],
        "title": title,
        "ingredients": ingredients,
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": [one | {"when": when} for one in actions]}},
            {"label": FACTS, "data": facts},
        ],
    }


def done_to(facts: dict[str, Any]) -> list[str]:
    """In C2PA's words: a picture decoded from a film; a range, or all of it, copied; what of it was encoded anew."""
    if "tracks" not in facts:
        return ["c2pa.converted"]
    done = ["c2pa.trimmed"] if facts.get("kind") == "clip" else []
    treated = facts.get("treatment", "copied")
    done += ["c2pa.repackaged" if treated == "copied" else "c2pa.transcoded"]
    return done + (["c2pa.addedText"] if treated == "overlaid" else [])
