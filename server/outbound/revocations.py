"""Which certificates were taken back, and since when: lists (RFC 5280 § 5) and answers (OCSP, RFC 6960), from files
that are configured, or from what a paper brings along. One that its issuer has not signed counts for nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

LARGEST = 16_000_000  # bytes of one file
PEM = b"-----BEGIN"
LIST_END = b"-----END X509 CRL-----"


@dataclass(frozen=True, slots=True)
class Revocations:
    """Lists and answers as they were read; who signed them is looked at when they are asked."""

    lists: tuple[x509.CertificateRevocationList, ...] = ()
    answers: tuple[ocsp.OCSPResponse, ...] = ()

    def __or__(self, other: "Revocations") -> "Revocations":
        return Revocations(self.lists + other.lists, self.answers + other.answers)

    def since(self, certificate: x509.Certificate, issuer: x509.Certificate) -> datetime | None:
        """The moment from which it counts for nothing; None when nobody who may say so says it."""
        told = [*self._listed(certificate, issuer), *self._answered(certificate, issuer)]
        return min(told, default=None)

    def about(self, issuers: Iterable[x509.Certificate]) -> "Revocations":
        """Those that speak of what these have issued."""
        keys = {one.subject for one in issuers}
        hashes = {_name_hash(one, answer) for one in issuers for answer in self.answers if _given(answer)}
        return Revocations(
            tuple(one for one in self.lists if one.issuer in keys),
            tuple(one for one in self.answers if _given(one) and one.issuer_name_hash in hashes),
        )

    def _listed(self, certificate: x509.Certificate, issuer: x509.Certificate) -> Iterable[datetime]:
        for one in self.lists:
            if one.issuer != certificate.issuer:
                continue
            found = one.get_revoked_certificate_by_serial_number(certificate.serial_number)
            if found is not None and _list_by(one, issuer):
                yield found.revocation_date_utc

    def _answered(self, certificate: x509.Certificate, issuer: x509.Certificate) -> Iterable[datetime]:
        for one in self.answers:
            if not _given(one) or one.serial_number != certificate.serial_number:
                continue
            since = one.revocation_time_utc
            if one.certificate_status is ocsp.OCSPCertStatus.REVOKED and since is not None and _answer_by(one, issuer):
                yield since


def parse(data: bytes) -> Revocations:
    """Of one file: lists in PEM, one after the other, or one in DER, or one answer in DER. Raises `ValueError`."""
    if len(data) > LARGEST:
        raise ValueError(f"larger than {LARGEST} bytes")
    if PEM in data:
        parts = [part + LIST_END for part in data.split(LIST_END)[:-1]]
        if not parts:
            raise ValueError("holds no revocation list")
        return Revocations(tuple(x509.load_pem_x509_crl(part[part.index(PEM) :]) for part in parts))
    try:
        return Revocations((x509.load_der_x509_crl(data),))
    except ValueError:
        return Revocations((), (ocsp.load_der_ocsp_response(data),))


def read(paths: Iterable[str]) -> Revocations:
    """Of all files. Raises `OSError`, and `ValueError` with the file's name."""
    found = Revocations()
    for path in paths:
        try:
            found |= parse(Path(path).read_bytes())
        except ValueError as error:
            raise ValueError(f"{path} is no revocation list and no OCSP answer: {error}") from error
    return found


def first_revoked(
    leaf: x509.Certificate, above: Iterable[x509.Certificate], told: Revocations
) -> tuple[x509.Certificate, datetime] | None:
    """The earliest revocation in a chain from the leaf up, with the certificate that it is about."""
    found, at = [], leaf
    for issuer in above:
        since = told.since(at, issuer)
        if since is not None:
            found.append((at, since))
        at = issuer
    return min(found, key=lambda one: one[1], default=None)


def _given(answer: ocsp.OCSPResponse) -> bool:
    return answer.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL


def _name_hash(issuer: x509.Certificate, answer: ocsp.OCSPResponse) -> bytes:
    from cryptography.hazmat.primitives.hashes import Hash

    hashed = Hash(answer.hash_algorithm)
    hashed.update(issuer.subject.public_bytes())
    return hashed.finalize()


def _list_by(one: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    key = issuer.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        return False
    return one.is_signature_valid(key)


def _answer_by(one: ocsp.OCSPResponse, issuer: x509.Certificate) -> bool:
    """Signed by the issuer, or by somebody to whom the issuer has given that task (RFC 6960 § 4.2.2.2)."""
    if one.issuer_name_hash != _name_hash(issuer, one):
        return False
    if _signed(one, issuer):
        return True
    return any(_may_answer(own, issuer) and _signed(one, own) for own in one.certificates)


def _may_answer(own: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        own.verify_directly_issued_by(issuer)
        usage = own.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    return ExtendedKeyUsageOID.OCSP_SIGNING in usage


def _signed(one: ocsp.OCSPResponse, by: x509.Certificate) -> bool:
    key, algorithm = by.public_key(), one.signature_hash_algorithm
    if algorithm is None:
        return False
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(one.signature, one.tbs_response_bytes, ec.ECDSA(algorithm))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(one.signature, one.tbs_response_bytes, padding.PKCS1v15(), algorithm)
        else:
            return False
    except InvalidSignature:
        return False
    return True


def der(told: Revocations) -> tuple[list[bytes], list[bytes]]:
    """Lists and answers as a paper embeds them."""
    encoding = serialization.Encoding.DER
    return [one.public_bytes(encoding) for one in told.lists], [one.public_bytes(encoding) for one in told.answers]
