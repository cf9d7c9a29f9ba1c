"""Signs PDFs as PAdES (ETSI EN 319 142-1) with pyHanko: people with a key of one signature each, issued under their
name as this instance knows them, or with one of their own; the office with its own certificate. Each is a revision.

Baseline B-B; B-T with a time stamp where an authority is configured and answers; what is known of certificates that
were taken back goes into the same revision (DSS), which makes it B-LT.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO
from typing import Any

from asn1crypto import crl as asn1_crl
from asn1crypto import keys as asn1_keys
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from inspection.model.errors import Unavailable
from inspection.model.paper import OFFICE_PLACE, Seal
from inspection.model.sealed import SignedTime
from inspection.model.shape import Malformed
from server.outbound.revocations import Revocations, der, first_revoked
from server.outbound.seal_chain import Chain, Identity, issue
from server.outbound.seal_keys import taken_back
from server.outbound.seal_token import EllipticTokenKey, RsaTokenKey, TokenAway
from server.outbound.stamps import HttpAuthority

log = logging.getLogger("takan.seal")
RESERVED = 40_000  # hex digits for a signature with its certificates and its stamp: no second question to the authority


class PadesSealer:
    """Implements `inspection.ports.Sealer`."""

    def __init__(self, chain: Chain, office: str, authority: HttpAuthority | None = None) -> None:
        self.chain, self._office, self._authority = chain, office, authority

    @property
    def development(self) -> bool:
        return self.chain.development

    @property
    def fingerprint(self) -> str:
        return self.chain.office.fingerprint()

    def sign(self, pdf: bytes, who: Seal, at: datetime) -> bytes:
        told = taken_back(self.chain, at)
        own = self.chain.people.get(who.sign_in)
        if own is None:
            require_good(self.chain.issuer, told, at)
            with token_there():
                own = issue(self.chain.issuer, who.name, at, unit=who.role)
        return self._signed(pdf, own, who, told, at)

    def seal(self, pdf: bytes, reason: str, at: datetime) -> bytes:
        who = Seal(self._office, "system", reason, OFFICE_PLACE)
        return self._signed(pdf, self.chain.office, who, taken_back(self.chain, at), at)

    def time_of(self, pdf: bytes) -> SignedTime:
        if last_is_stamped(pdf):
            return SignedTime.AUTHORITY
        return SignedTime.OWN_CLOCK if self._authority is None else SignedTime.AWAY

    def _signed(self, pdf: bytes, identity: Identity, who: Seal, told: Revocations, at: datetime) -> bytes:
        require_good(identity, told, at)
        with token_there():
            if self._authority is not None:
                try:
                    return add_signature(pdf, identity, who, self._office, told, self._authority)
                except (Unavailable, Malformed) as error:
                    log.warning("signed without a time stamp", extra={"why": error.code})
            return add_signature(pdf, identity, who, self._office, told)


@contextmanager
def token_there() -> Iterator[None]:
    """Whoever waits for a signature is told that the token is away; what exactly it said stands in the log."""
    try:
        yield
    except TokenAway as error:
        log.error("no signature", extra={"why": str(error)})
        raise Unavailable("seal-away") from error


def require_good(identity: Identity, told: Revocations, at: datetime) -> None:
    """Raises `Unavailable("seal-expired" | "seal-revoked")` for one with which nothing may be signed any more."""
    certificate = identity.certificate
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        day = certificate.not_valid_after_utc.date().isoformat()
        raise Unavailable("seal-expired", name=_name(certificate), day=day)
    found = first_revoked(certificate, identity.above, told)
    if found is not None:
        raise Unavailable("seal-revoked", name=_name(found[0]), day=found[1].date().isoformat())


def add_signature(
    pdf: bytes,
    identity: Identity,
    who: Seal,
    office: str,
    told: Revocations | None = None,
    authority: HttpAuthority | None = None,
) -> bytes:
    """The file with one more signature, in a field of its own that shows nothing. Raises `TokenAway`, and of the
    authority `Unavailable` and `Malformed`."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter  # late: half a second
    from pyhanko.sign import fields, signers

    from server.outbound.seal_stamps import Stamper

    meta = signers.PdfSignatureMetadata(
        field_name=who.place,
        md_algorithm="sha256",
        name=who.name,
        reason=who.reason or None,
        location=office,
        subfilter=fields.SigSeedSubFilter.PADES,
    )
    writer, out = IncrementalPdfFileWriter(BytesIO(pdf)), BytesIO()
    chain = [identity.certificate, *identity.above]
    if told is not None:
        others = [] if authority is None else x509.load_pem_x509_certificates(authority.certificates)
        _embed(writer, [*chain, *others], told.about([*identity.above, *others]))
    stamper = None if authority is None else Stamper(authority)
    with _signer(identity) as signer:
        signers.PdfSigner(meta, signer, timestamper=stamper).sign_pdf(writer, output=out, bytes_reserved=RESERVED)
    return out.getvalue()


def last_is_stamped(pdf: bytes) -> bool:
    """Whether the last signature carries a time stamp."""
    from pyhanko.pdf_utils.reader import PdfFileReader

    from server.outbound.seal_stamps import token_of

    found = list(PdfFileReader(BytesIO(pdf)).embedded_regular_signatures)
    return bool(found) and token_of(found[-1].signer_info) is not None


def _embed(writer: Any, chain: list[x509.Certificate], told: Revocations) -> None:
    """Certificates, lists and answers into the file's document security store (ETSI EN 319 142-1 § 5.4.2)."""
    from pyhanko.sign.validation.dss import DocumentSecurityStore

    lists, answers = der(told)
    if not lists and not answers:
        return
    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        None,
        certs=[_plain(one) for one in chain],
        crls=[asn1_crl.CertificateList.load(one) for one in lists],
        ocsps=[asn1_ocsp.OCSPResponse.load(one) for one in answers],
    )


@contextmanager
def _signer(identity: Identity) -> Iterator[Any]:
    from pyhanko.sign import signers
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    certificate, above = _plain(identity.certificate), [_plain(one) for one in identity.above]
    key = identity.key
    if isinstance(key, EllipticTokenKey | RsaTokenKey):
        from pyhanko.sign.pkcs11 import PKCS11Signer

        with key.token.session() as session:
            raw = isinstance(key, ec.EllipticCurvePrivateKey)  # tokens that hash for ECDSA are few
            yield PKCS11Signer(
                session, key_label=key.label, signing_cert=certificate, ca_chain=above, use_raw_mechanism=raw
            )
        return
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    store.register_multiple(above)
    yield signers.SimpleSigner(certificate, _key(identity), store)


def _name(certificate: x509.Certificate) -> str:
    found = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(found[0].value) if found else certificate.subject.rfc4514_string()


def _plain(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))


def _key(identity: Identity) -> asn1_keys.PrivateKeyInfo:
    data = identity.key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return asn1_keys.PrivateKeyInfo.load(data)
