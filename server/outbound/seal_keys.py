"""The keys that papers are signed with, as configured: PKCS#12 files or a PKCS#11 token, else the development chain."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from server.configuration import Seal
from server.outbound import revocations
from server.outbound.revocations import Revocations
from server.outbound.seal_chain import (
    BadSeal,
    Chain,
    Identity,
    in_order,
    read_chain,
    read_file,
    require_fit,
    revocation_list,
)
from server.outbound.seal_token import Token, TokenAway, only

NEXT_LIST = 30  # days that the own issuer's list holds; there is a new one for each signature
Read = Callable[[str], Identity]


def configured_chain(folder: Path, seal: Seal) -> Chain:
    """`folder` has the development chain, which stands in for what is not configured. Raises `BadSeal`."""
    try:
        chain = _by_token(folder, seal) if seal.pkcs11 else _by_files(folder, seal)
        revocations.read(seal.revocations)
    except TokenAway as error:
        raise BadSeal(str(error)) from error
    except (OSError, ValueError) as error:
        raise BadSeal(f"revocations: {error}") from error
    return replace(chain, lists=(*chain.lists, *seal.revocations))


def taken_back(chain: Chain, at: datetime) -> Revocations:
    """All that is known of certificates that were taken back: files are read anew, so that they may be exchanged while
    the instance runs; one that cannot be read any more tells nothing. The own issuer says that it took back none."""
    told = Revocations()
    for path in chain.lists:
        try:
            told |= revocations.read((path,))
        except (OSError, ValueError):
            continue
    if chain.own_issuer:
        told |= Revocations((revocation_list(chain.issuer, at.astimezone(UTC), {}, NEXT_LIST),))
    return told


def _by_files(folder: Path, seal: Seal) -> Chain:
    passphrase = seal.passphrase.encode()
    chain = read_chain(folder, seal.pkcs12, seal.passphrase, seal.roots)
    return _with(chain, seal, lambda name: read_file(Path(name), passphrase))


def _by_token(folder: Path, seal: Seal) -> Chain:
    token = Token(seal.pkcs11, seal.token, seal.pin)
    found = token.certificates()
    others = [one for listed in found.values() for one in listed]
    chain = read_chain(folder, "", "", "")

    def read(label: str) -> Identity:
        certificate = only(found, label, token)
        return Identity(token.key(label, certificate), certificate, in_order(certificate, others))

    office = read(seal.key)
    require_fit(office.certificate, f"{token}, {seal.key}")
    top = _roots(seal.roots) if seal.roots else (office.above[-1:] or (office.certificate,))
    chain = replace(chain, office=office, roots=(*chain.roots, *top), development=False)
    return _with(chain, seal, read)


def _with(chain: Chain, seal: Seal, read: Read) -> Chain:
    """The chain with the configured issuer and people's own certificates."""
    people = dict(_person(written, read) for written in seal.people)
    if not seal.issuer:
        return replace(chain, people=people)
    issuer = read(seal.issuer)
    require_issuer(issuer.certificate, seal.issuer)
    return replace(chain, issuer=issuer, own_issuer=False, people=people, roots=_more(chain.roots, issuer))


def _person(written: str, read: Read) -> tuple[str, Identity]:
    sign_in, _, name = written.partition("=")
    if not sign_in or not name:
        raise BadSeal(f"people: {written!r} must be written as sign-in=key")
    identity = read(name)
    require_fit(identity.certificate, name)
    return sign_in, identity


def require_issuer(certificate: x509.Certificate, where: str) -> None:
    """Raises `BadSeal` for one that may not give certificates to people."""
    try:
        basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound as error:
        raise BadSeal(f"{where}: the certificate may not issue others; it needs CA and keyCertSign") from error
    if not (basic.ca and usage.key_cert_sign):
        raise BadSeal(f"{where}: the certificate may not issue others; it needs CA and keyCertSign")


def _roots(path: str) -> tuple[x509.Certificate, ...]:
    try:
        return tuple(x509.load_pem_x509_certificates(Path(path).read_bytes()))
    except (OSError, ValueError) as error:
        raise BadSeal(f"{path}: {error}") from error


def _more(roots: Iterable[x509.Certificate], issuer: Identity) -> tuple[x509.Certificate, ...]:
    known = list(roots)
    top = issuer.above[-1] if issuer.above else issuer.certificate
    return tuple(known if top in known else [*known, top])
