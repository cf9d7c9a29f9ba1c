"""Judges a sealed PDF: every signature and what it covers, what came after it, whose certificate it is, and the facts
that are attached. Faults have names; nothing that a file holds is trusted to be anything.
"""

import json
import logging
from datetime import datetime
from io import BytesIO
from typing import Any

from cryptography import x509

from inspection.model.sealed import PaperSaid
from server.outbound.revocations import Revocations, parse
from server.outbound.seal_signature import judge_signature

MOST_SIGNATURES = 60
MOST_FACTS = 64_000_000  # bytes
MOST_LISTS = 200  # of revocations, in one file


def check_paper(
    pdf: bytes,
    roots: tuple[x509.Certificate, ...],
    at: datetime,
    authority: bytes = b"",
    told: Revocations | None = None,
) -> PaperSaid:
    """`authority`: certificates of the time-stamp authority that is trusted (PEM); `told`: what is known of
    certificates that were taken back, besides what the paper says itself.

    Codes: `unreadable`, `unsigned`, `facts-missing`, `added-after`; of one signature `signature-broken`,
    `stamp-broken`, `changed-after`, `certificate-expired`, `certificate-unfit`, `certificate-foreign`,
    `certificate-revoked` (before it signed), `certificate-revoked-later` (afterwards, but nobody else than the signer
    says that it had signed by then)."""
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader

    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)  # what it finds is told by codes, not by tracebacks
    try:
        reader = PdfFileReader(BytesIO(pdf))
        signatures = list(reader.embedded_regular_signatures)[:MOST_SIGNATURES]
        facts = _facts(reader)
        known = (told or Revocations()) | embedded_revocations(reader)
        said = tuple(judge_signature(one, roots, at, authority, known) for one in signatures)
        faults = [] if signatures else ["unsigned"]
        if signatures and not _covers_all(signatures[-1]):
            faults.append("added-after")
    except (PdfError, ValueError, TypeError, LookupError, AttributeError, OSError, RecursionError):
        return PaperSaid((), None, ("unreadable",))
    if facts is None:
        faults.append("facts-missing")
    return PaperSaid(said, facts, tuple(faults))


def _covers_all(signature: Any) -> bool:
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    signature.compute_integrity_info()
    return bool(signature.coverage == SignatureCoverageLevel.ENTIRE_FILE)


def _facts(reader: Any) -> dict[str, Any] | None:
    """The attachment `facts.json`, when it is a JSON object."""
    names = reader.root.get("/Names")
    files = names.get("/EmbeddedFiles") if names is not None else None
    found = list(files.get("/Names", ())) if files is not None else []
    for place in range(1, len(found), 2):
        spec = found[place].get_object()
        if str(spec.get("/UF", spec.get("/F", ""))) == "facts.json":
            data = spec["/EF"]["/F"].data
            value = json.loads(data) if len(data) <= MOST_FACTS else None
            return value if isinstance(value, dict) else None
    return None


def embedded_revocations(reader: Any) -> Revocations:
    """What the file says of certificates that were taken back (its document security store)."""
    from pyhanko.sign.validation.dss import DocumentSecurityStore
    from pyhanko.sign.validation.errors import NoDSSFoundError, ValidationInfoReadingError

    try:
        store = DocumentSecurityStore.read_dss(reader)
    except (NoDSSFoundError, ValidationInfoReadingError):
        return Revocations()
    found = Revocations()
    for one in [*store.crls, *store.ocsps][:MOST_LISTS]:
        try:
            found |= parse(one.get_object().data)
        except ValueError:
            continue
    return found


def embedded_roots(pdf: bytes) -> tuple[x509.Certificate, ...]:
    """The self-issued certificates that a file brings along: whoever made it chose them, so they prove no origin."""
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader

    found: dict[bytes, x509.Certificate] = {}
    try:
        for signature in list(PdfFileReader(BytesIO(pdf)).embedded_regular_signatures)[:MOST_SIGNATURES]:
            for one in (signature.signer_cert, *signature.other_embedded_certs):
                if one.self_issued:
                    found[one.sha256] = x509.load_der_x509_certificate(one.dump())
    except (PdfError, ValueError, TypeError, LookupError, AttributeError, OSError, RecursionError):
        return ()
    return tuple(found.values())
