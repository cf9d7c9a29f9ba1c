"""Judges one signature of a PDF: its bytes, what came after it, its time stamp, its certificate at that time."""

import hashlib
from datetime import datetime
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from inspection.model.ledger import moment
from inspection.model.sealed import SignatureSaid, StampSaid
from inspection.model.shape import Malformed
from server.outbound.revocations import Revocations, first_revoked
from server.outbound.seal_chain import in_order
from server.outbound.stamps import Rfc3161Judge, signer_of

Roots = tuple[x509.Certificate, ...]


def judge_signature(signature: Any, roots: Roots, at: datetime, authority: bytes, told: Revocations) -> SignatureSaid:
    """`authority`: the time-stamp authority's certificates that are trusted (PEM), empty for none; `told`: what is
    known of certificates that were taken back."""
    stamp = _trusted_stamp(signature, authority, told)
    judged_at = at if stamp is None else stamp.at
    status = _status(signature, roots, judged_at)
    faults = ["signature-broken"] if status is None else _why(status, judged_at)
    told_by = None if status is None else status.timestamp_validity
    if stamp is None and told_by is not None:
        if told_by.valid and told_by.intact:
            name = told_by.signing_cert.subject.native.get("common_name", told_by.signing_cert.subject.human_friendly)
            stamp = StampSaid(told_by.timestamp, str(name), trusted=False)
        else:
            faults.append("stamp-broken")
    revoked = _revoked(signature, roots, told)
    if revoked is not None and not (stamp is not None and stamp.trusted and stamp.at < revoked):
        stated = stamp.at if stamp is not None else signature.self_reported_timestamp
        later = stated is not None and stated < revoked
        faults.append("certificate-revoked-later" if later else "certificate-revoked")
    names = signature.signer_cert.subject.native
    return SignatureSaid(
        signature.field_name,
        str(names.get("common_name", "")),
        str(names.get("organizational_unit_name", "")),
        signature.self_reported_timestamp,
        str(signature.sig_object.get("/Reason", "")),
        tuple(faults),
        stamp,
        revoked,
        str(signature.sig_object.get("/Name", "")),
    )


def _trusted_stamp(signature: Any, authority: bytes, told: Revocations) -> StampSaid | None:
    """By one of these authorities, whose certificate was not taken back before."""
    from server.outbound.seal_stamps import answer_of, imprint, token_of

    token = token_of(signature.signer_info)
    if token is None or not authority:
        return None
    try:
        name, _ = imprint(token)
        digest = hashlib.new(name, signature.signer_info["signature"].native).digest()
        facts = Rfc3161Judge().judge_digest(answer_of(token), digest, authority)
        own = signer_of(answer_of(token))
    except (Malformed, ValueError, TypeError, LookupError):
        return None
    at = moment(facts.at_us)
    since = [told.since(own, one) for one in x509.load_pem_x509_certificates(authority)]
    taken = any(one is not None and one <= at for one in since)
    return None if taken else StampSaid(at, facts.authority, trusted=True)


def _status(signature: Any, roots: Roots, at: datetime) -> Any:
    """What pyHanko says with these roots at that moment; None for a signature whose bytes do not hold."""
    from asn1crypto import x509 as asn1_x509
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.errors import SignatureValidationError
    from pyhanko_certvalidator import ValidationContext

    plain = [asn1_x509.Certificate.load(one.public_bytes(serialization.Encoding.DER)) for one in roots]
    context = ValidationContext(trust_roots=plain, moment=at, allow_fetching=False, best_signature_time=at)
    try:
        status = validate_pdf_signature(signature, context, diff_policy=_only_signatures())
    except SignatureValidationError:
        return None
    return status if status.intact and status.valid else None


@cache
def _only_signatures() -> Any:
    """What may come after a signature: further signatures and what is known of their certificates. PDF lets people fill
    in forms afterwards as well; no paper of ours has any, so a field that changes was put there for that."""
    from pyhanko.sign.diff_analysis import StandardDiffPolicy
    from pyhanko.sign.diff_analysis.form_rules_api import FormUpdatingRule
    from pyhanko.sign.diff_analysis.policies import DEFAULT_DIFF_POLICY
    from pyhanko.sign.diff_analysis.rules.form_field_rules import SigFieldCreationRule, SigFieldModificationRule

    rules = [SigFieldCreationRule(), SigFieldModificationRule()]  # type: ignore[no-untyped-call]
    form = FormUpdatingRule(field_rules=rules)
    return StandardDiffPolicy(global_rules=DEFAULT_DIFF_POLICY.global_rules, form_rule=form)


def _why(status: Any, at: datetime) -> list[str]:
    faults = []
    if not status.docmdp_ok or status.modification_level is None or status.modification_level.name == "OTHER":
        faults.append("changed-after")
    if not status.trusted:
        usage = status.signing_cert.key_usage_value
        if status.error_time_horizon is not None and status.error_time_horizon <= at:
            faults.append("certificate-expired")
        elif usage is None or "non_repudiation" not in usage.native:
            faults.append("certificate-unfit")
        else:
            faults.append("certificate-foreign")
    elif not status.seed_value_ok:
        faults.append("signature-broken")
    return faults


def _revoked(signature: Any, roots: Roots, told: Revocations) -> datetime | None:
    if not told.lists and not told.answers:
        return None
    leaf = x509.load_der_x509_certificate(signature.signer_cert.dump())
    others = [x509.load_der_x509_certificate(one.dump()) for one in signature.other_embedded_certs]
    found = first_revoked(leaf, in_order(leaf, [*others, *roots]), told)
    return None if found is None else found[1]
