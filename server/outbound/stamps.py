"""Time stamps by RFC 3161: asked for by HTTP, and judged by the certificates that the office trusts."""

from hashlib import sha256

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from inspection.model.errors import Unavailable
from inspection.model.ledger import microseconds
from inspection.model.log import StampFacts
from inspection.model.shape import Malformed
from server.outbound.witnesses import post

QUERY = "application/timestamp-query"
TOKEN_LARGEST = 65_536  # bytes
GRANTED = 0  # RFC 3161 § 2.4.2


class HttpAuthority:
    """Implements `inspection.ports.Authority`. `certificates` (PEM) are its root and, if need be, those between."""

    def __init__(self, url: str, certificates: bytes, seconds: float) -> None:
        self._url, self._certificates, self._seconds = url, certificates, seconds

    @property
    def certificates(self) -> bytes:
        return self._certificates

    def stamp(self, message: bytes) -> bytes:
        request = TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA256).build()
        answer = self.ask(request.as_bytes())
        response = _decoded(answer)
        if response.status != GRANTED or response.tst_info.nonce != request.nonce:
            raise Unavailable("authority-away", status=response.status)
        return answer

    @property
    def url(self) -> str:
        return self._url

    def ask(self, request: bytes) -> bytes:
        """The answer to a request (DER), as it came. Raises `Unavailable("authority-away")`."""
        try:
            status, answer = post(self._url, request, QUERY, self._seconds)
        except OSError as error:
            raise Unavailable("authority-away") from error
        if status != 200:
            raise Unavailable("authority-away", status=status)
        return answer


class Rfc3161Judge:
    """Implements `inspection.ports.StampJudge`."""

    def judge(self, token: bytes, message: bytes, authority: bytes) -> StampFacts:
        return self.judge_digest(token, sha256(message).digest(), authority)

    def judge_digest(self, token: bytes, digest: bytes, authority: bytes) -> StampFacts:
        """The same of a message whose digest, by the stamp's own algorithm, is known."""
        response = _decoded(token)
        builder = VerifierBuilder()
        for certificate in _certificates(authority):
            builder = builder.add_root_certificate(certificate)
        try:
            if response.tst_info.message_imprint.message != digest:
                raise Malformed("stamp", "stamp-other")
            builder.build().verify(response, digest)
            signer = _signer(response)
        except (VerificationError, ValueError) as error:
            raise Malformed("stamp", "stamp-untrusted") from error
        return StampFacts(
            microseconds(response.tst_info.gen_time),
            microseconds(signer.not_valid_after_utc),
            signer.subject.rfc4514_string(),
        )


def certificates_in(pem: bytes) -> int:
    """How many certificates a PEM file holds. Raises `ValueError` for one that holds none."""
    return len(x509.load_pem_x509_certificates(pem))


def signer_of(token: bytes) -> x509.Certificate:
    """The certificate that an answer is signed with. Raises `Malformed`, `ValueError`."""
    return _signer(_decoded(token))


def _decoded(token: bytes) -> TimeStampResponse:
    if len(token) > TOKEN_LARGEST:
        raise Malformed("stamp", "stamp-unreadable")
    try:
        return decode_timestamp_response(token)
    except ValueError as error:
        raise Malformed("stamp", "stamp-unreadable") from error


def _certificates(pem: bytes) -> list[x509.Certificate]:
    try:
        return list(dict.fromkeys(x509.load_pem_x509_certificates(pem)))
    except ValueError as error:
        raise Malformed("stamp", "authority-unreadable") from error


def _signer(response: TimeStampResponse) -> x509.Certificate:
    """The authority's own certificate: the one that the signature names. Raises `ValueError` without one."""
    (signer,) = response.signed_data.signer_infos
    for data in response.signed_data.certificates:
        certificate = x509.load_der_x509_certificate(data)
        if certificate.issuer == signer.issuer and certificate.serial_number == signer.serial_number:
            return certificate
    raise ValueError("no certificate of its signer")
