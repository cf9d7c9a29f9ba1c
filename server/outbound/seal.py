"""Signs PDFs as PAdES (ETSI EN 319 142-1, baseline B-B) with pyHanko: people with a key of one signature each, issued
under their name as this instance knows them, the office with its own certificate. Each is a revision of its own.
"""

from datetime import datetime
from io import BytesIO

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import serialization

from inspection.model.paper import Seal
from server.outbound.seal_chain import Chain, Identity, issue


class PadesSealer:
    """Implements `inspection.ports.Sealer`."""

    def __init__(self, chain: Chain, office: str) -> None:
        self.chain, self._office = chain, office

    @property
    def development(self) -> bool:
        return self.chain.development

    @property
    def fingerprint(self) -> str:
        return self.chain.office.fingerprint()

    def sign(self, pdf: bytes, who: Seal, at: datetime) -> bytes:
        one_time = issue(self.chain.issuer, who.name, at, unit=who.role)
        return add_signature(pdf, one_time, who, self._office)

    def seal(self, pdf: bytes, reason: str, at: datetime) -> bytes:
        return add_signature(pdf, self.chain.office, Seal(self._office, "system", reason, "office"), self._office)


def add_signature(pdf: bytes, identity: Identity, who: Seal, office: str) -> bytes:
    """The file with one more signature, in a field of its own that shows nothing."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter  # late: half a second
    from pyhanko.sign import fields, signers
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    store.register_multiple([_plain(one) for one in identity.above])
    signer = signers.SimpleSigner(_plain(identity.certificate), _key(identity), store)
    meta = signers.PdfSignatureMetadata(
        field_name=who.place,
        md_algorithm="sha256",
        name=who.name,
        reason=who.reason or None,
        location=office,
        subfilter=fields.SigSeedSubFilter.PADES,
    )
    out = BytesIO()
    signers.PdfSigner(meta, signer).sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf)), output=out)
    return out.getvalue()


def _plain(certificate: object) -> asn1_x509.Certificate:
    data = certificate.public_bytes(serialization.Encoding.DER)  # type: ignore[attr-defined]
    return asn1_x509.Certificate.load(data)


def _key(identity: Identity) -> asn1_keys.PrivateKeyInfo:
    data = identity.key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return asn1_keys.PrivateKeyInfo.load(data)
