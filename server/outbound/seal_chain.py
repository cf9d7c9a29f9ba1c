"""Certificates to sign with: a development chain of this instance's own, made at its first start, and what is
configured in its place (PKCS#12). Every certificate that signs has nonRepudiation (RFC 5280 § 4.2.1.3).
"""

import os
import secrets
import stringprep
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

Private = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
YEARS = 3652  # days that the development chain holds
ROOT_LIST = "seal-root.crl"  # what the development root has taken back: nothing, since its key is not kept
NAME_LENGTH = 64  # of a common name (RFC 5280, ub-common-name), which the library counts in bytes


class BadSeal(Exception):
    """A certificate or key that nothing can be signed with; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A key with its certificate, and the certificates above it, up to the root."""

    key: Private
    certificate: x509.Certificate
    above: tuple[x509.Certificate, ...]

    def fingerprint(self) -> str:
        return self.certificate.fingerprint(hashes.SHA256()).hex()


@dataclass(frozen=True, slots=True)
class Chain:
    """`office` seals, `issuer` gives people certificates of one signature each, save those with one of their own
    (`people`, by sign-in name); `roots` judge them. `development`: the seal is of this instance's own making.
    `lists`: files that tell which certificates were taken back; `own_issuer`: the issuer is this instance's own."""

    office: Identity
    issuer: Identity
    roots: tuple[x509.Certificate, ...]
    development: bool
    people: Mapping[str, Identity] = field(default_factory=dict)
    lists: tuple[str, ...] = ()
    own_issuer: bool = True


def make_chain(folder: Path, office: str, now: datetime) -> None:
    """The development chain, unless there is one: 0600, whole or not at all."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (folder / "seal.p12").exists() and (folder / "issuer.p12").exists():
        return
    root = issue(None, f"Takan development root {secrets.token_hex(3)}", now, authority=1)
    issuer = issue(root, "Takan development issuer", now, authority=0)
    seal = issue(issuer, office, now)
    for name, one in (("issuer", issuer), ("seal", seal)):
        data = pkcs12.serialize_key_and_certificates(
            name.encode(), one.key, one.certificate, one.above, serialization.NoEncryption()
        )
        _keep(folder / f"{name}.p12", data)
    _keep(folder / ROOT_LIST, revocation_list(root, now, {}, YEARS).public_bytes(serialization.Encoding.PEM))
    _keep(folder / "seal-root.pem", root.certificate.public_bytes(serialization.Encoding.PEM))


def revocation_list(
    by: Identity, now: datetime, revoked: Mapping[int, datetime], days: int
) -> x509.CertificateRevocationList:
    """What an issuer has taken back: serial numbers, each with its moment."""
    builder = x509.CertificateRevocationListBuilder(by.certificate.subject, now, now + timedelta(days=days))
    for number, since in revoked.items():
        one = x509.RevokedCertificateBuilder().serial_number(number).revocation_date(since).build()
        builder = builder.add_revoked_certificate(one)
    own = x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key())
    numbered = x509.CRLNumber(int(now.timestamp()))
    builder = builder.add_extension(own, critical=False).add_extension(numbered, critical=False)
    return builder.sign(by.key, hashes.SHA256())


def read_chain(folder: Path, configured: str, passphrase: str, roots: str) -> Chain:
    """What is configured, else the development chain. Raises `BadSeal`."""
    issuer = read_file(folder / "issuer.p12", b"")
    own, lists = issuer.above[-1], _lists(folder)
    if not configured:
        return Chain(read_file(folder / "seal.p12", b""), issuer, (own,), development=True, lists=lists)
    office = read_file(Path(configured), passphrase.encode())
    require_fit(office.certificate, configured)
    trusted: tuple[x509.Certificate, ...] = office.above[-1:] or (office.certificate,)
    if roots:
        try:
            trusted = tuple(x509.load_pem_x509_certificates(Path(roots).read_bytes()))
        except (OSError, ValueError) as error:
            raise BadSeal(f"{roots}: {error}") from error
    return Chain(office, issuer, (own, *trusted), development=False, lists=lists)


def require_fit(certificate: x509.Certificate, where: str) -> None:
    """Raises `BadSeal` for one without the usage that a signature on a document needs."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound as error:
        raise BadSeal(f"{where}: the certificate names no usage; it needs nonRepudiation") from error
    if not usage.content_commitment:
        raise BadSeal(f"{where}: the certificate is not for documents; it needs nonRepudiation")


def issue(
    by: Identity | None,
    name: str,
    now: datetime,
    days: int = YEARS,
    authority: int | None = None,
    unit: str = "",
    fit: bool = True,
    purpose: x509.ObjectIdentifier | None = None,
) -> Identity:
    """A new key with a certificate for `name`. `authority`: it may issue, with so many issuers below it; None: it
    signs documents (`fit`: with the usage for that). `purpose`: an extended usage (RFC 5280 § 4.2.1.12)."""
    key = ec.generate_private_key(ec.SECP256R1())
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, certified(name))]
    if purpose is not None:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, certified(name)))  # C2PA asks for it
    if unit:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, certified(unit)))
    subject = x509.Name(parts)
    above = () if by is None else (by.certificate, *by.above)
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    issuer_key = key.public_key() if by is None else by.key.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if by is None else by.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now - timedelta(minutes=5) + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=authority is not None, path_length=authority), critical=True)
        .add_extension(_usage(authority is not None, fit), critical=True)
        .add_extension(own, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)
    )
    if purpose is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    return Identity(key, builder.sign(key if by is None else by.key, hashes.SHA256()), above)


def certified(name: str) -> str:
    """As much of a name as a certificate has room for, without letters that nobody sees and those that are younger than
    what certificates' names are compared by (RFC 4518 § 2). A signature has the whole name beside the certificate."""
    seen = "".join(letter for letter in name if letter.isprintable() and not stringprep.in_table_a1(letter))
    return seen.encode()[:NAME_LENGTH].decode("utf-8", "ignore").strip() or "-"


def _usage(authority: bool, fit: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority and fit,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _lists(folder: Path) -> tuple[str, ...]:
    """That of the development root, which chains of an earlier version lack."""
    path = folder / ROOT_LIST
    return (str(path),) if path.exists() else ()


def read_file(path: Path, passphrase: bytes) -> Identity:
    """A key with its certificates, PKCS#12. Raises `BadSeal`."""
    try:
        key, certificate, above = pkcs12.load_key_and_certificates(path.read_bytes(), passphrase or None)
    except (OSError, ValueError) as error:
        raise BadSeal(f"{path}: {error}") from error
    if certificate is None or not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise BadSeal(f"{path}: holds no RSA or elliptic-curve key with its certificate")
    return Identity(key, certificate, in_order(certificate, above))


def in_order(leaf: x509.Certificate, found: list[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """From the one above the leaf up to the root."""
    ordered: list[x509.Certificate] = []
    at = leaf
    while at.issuer != at.subject:
        above = next((one for one in found if one.subject == at.issuer and one not in ordered), None)
        if above is None:
            break
        ordered.append(above)
        at = above
    return tuple(ordered)


def _keep(path: Path, data: bytes) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
