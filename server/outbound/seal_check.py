"""Judges a sealed PDF: every signature and what it covers, what came after it, whose certificate it is, and the facts
that are attached. Faults have names; nothing that a file holds is trusted to be anything.
"""

import json
import logging
from datetime import datetime
from io import BytesIO
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from inspection.model.sealed import PaperSaid, SignatureSaid

MOST_SIGNATURES = 60
MOST_FACTS = 64_000_000  # bytes


def check_paper(pdf: bytes, roots: tuple[x509.Certificate, ...], at: datetime) -> PaperSaid:
    """Codes: `unreadable`, `unsigned`, `facts-missing`, `added-after`; of one signature `signature-broken`,
    `changed-after`, `certificate-expired`, `certificate-revoked`, `certificate-unfit`, `certificate-foreign`."""
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader

    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)  # what it finds is told by codes, not by tracebacks
    try:
        reader = PdfFileReader(BytesIO(pdf))
        signatures = list(reader.embedded_regular_signatures)[:MOST_SIGNATURES]
        facts = _facts(reader)
        said = tuple(_judge(one, roots, at) for one in signatures)
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


def _judge(signature: Any, roots: tuple[x509.Certificate, ...], at: datetime) -> SignatureSaid:
    from asn1crypto import x509 as asn1_x509
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.errors import SignatureValidationError
    from pyhanko_certvalidator import ValidationContext

    plain = [asn1_x509.Certificate.load(one.public_bytes(serialization.Encoding.DER)) for one in roots]
    context = ValidationContext(trust_roots=plain, moment=at, allow_fetching=False, best_signature_time=at)
    faults: list[str] = []
    try:
        status = validate_pdf_signature(signature, context)
        if not (status.intact and status.valid):
            faults.append("signature-broken")
        elif not status.bottom_line or not status.trusted:
            faults += _why(status, at)
    except SignatureValidationError:
        faults.append("signature-broken")
    names = signature.signer_cert.subject.native
    return SignatureSaid(
        signature.field_name,
        str(names.get("common_name", "")),
        str(names.get("organizational_unit_name", "")),
        signature.self_reported_timestamp,
        str(signature.sig_object.get("/Reason", "")),
        tuple(faults),
    )


def _why(status: Any, at: datetime) -> list[str]:
    faults = []
    if not status.docmdp_ok or status.modification_level is None or status.modification_level.name == "OTHER":
        faults.append("changed-after")
    if not status.trusted:
        usage = status.signing_cert.key_usage_value
        if status.revoked:
            faults.append("certificate-revoked")
        elif status.error_time_horizon is not None and status.error_time_horizon <= at:
            faults.append("certificate-expired")
        elif usage is None or "non_repudiation" not in usage.native:
            faults.append("certificate-unfit")
        else:
            faults.append("certificate-foreign")
    return faults or ["signature-broken"]


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
