"""Keys in a PKCS#11 token (SoftHSM): the office's, its issuer's and a person's; and what goes wrong, in a sentence."""

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from inspection.model.errors import Unavailable
from server import wiring
from server.configuration import BadConfiguration, Configuration
from server.configuration import Seal as Configured
from server.outbound.seal import PadesSealer
from server.outbound.seal_chain import BadSeal, Chain, Identity, issue
from server.outbound.seal_check import check_paper
from server.outbound.seal_keys import configured_chain
from server.outbound.seal_token import Token, TokenAway
from tests.fixtures.token import SoftToken, soft_token
from tests.integration.server.signing import NOW, OFFICE, WHO, chain, keys_folder, plain

__all__ = ["chain", "keys_folder", "plain", "soft_token"]  # fixtures


@pytest.fixture(scope="module")
def filled(soft_token: SoftToken) -> SoftToken:
    """With a city's root and issuer, the office's seal, a person's key, an RSA seal and what is not whole."""
    root = issue(None, "City root", NOW, authority=1)
    issuer = issue(root, "City issuer", NOW, authority=0)
    soft_token.put_certificate(root, "root")
    soft_token.put(issuer, "issuer")
    soft_token.put(issue(issuer, OFFICE, NOW), "seal")
    soft_token.put(issue(issuer, "陈静 000123", NOW), "chen")
    soft_token.put(issue(issuer, OFFICE, NOW, fit=False), "unfit")
    soft_token.put(rsa_identity(issuer), "rsa")
    soft_token.put_certificate(issue(issuer, "keyless", NOW), "keyless")
    return soft_token


def rsa_identity(issuer: Identity) -> Identity:
    key = rsa.generate_private_key(65537, 2048)
    plain = issue(issuer, OFFICE, NOW).certificate
    builder = x509.CertificateBuilder(
        plain.issuer, plain.subject, key.public_key(), x509.random_serial_number(), plain.not_valid_before_utc,
        plain.not_valid_after_utc,
    )  # fmt: skip
    for kind in (x509.BasicConstraints, x509.KeyUsage, x509.AuthorityKeyIdentifier):
        one = plain.extensions.get_extension_for_class(kind)
        builder = builder.add_extension(one.value, one.critical)
    return Identity(key, builder.sign(issuer.key, hashes.SHA256()), issuer.above)


def settings(soft: SoftToken, /, **changes: object) -> Configured:
    plain = Configured(pkcs11=soft.library, token=soft.label, pin=soft.pin)
    return replace(plain, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("key", ["seal", "rsa"])
def test_the_office_seals_with_a_key_that_never_leaves_its_token(
    filled: SoftToken, keys_folder: Path, plain: bytes, key: str
) -> None:
    chain = configured_chain(keys_folder, settings(filled, key=key))
    sealer = PadesSealer(chain, OFFICE)
    assert not sealer.development
    said = check_paper(sealer.seal(sealer.sign(plain, WHO, NOW), "", NOW), chain.roots, NOW)
    assert said.holds, said
    with pytest.raises(UnsupportedAlgorithm):
        chain.office.key.private_numbers()


def test_people_sign_by_the_token_too(filled: SoftToken, keys_folder: Path, plain: bytes) -> None:
    chain = configured_chain(keys_folder, settings(filled, issuer="issuer", people=("chenjing=chen",)))
    root = tuple(one for one in chain.roots if "City root" in one.subject.rfc4514_string())
    sealer = PadesSealer(chain, OFFICE)
    own = sealer.sign(plain, WHO, NOW)
    issued = sealer.sign(plain, replace(WHO, sign_in=""), NOW)
    for signed, name in ((own, "陈静 000123"), (issued, "陈静")):
        (one,) = check_paper(signed, root, NOW).signatures
        assert (one.name, one.faults) == (name, ())


def refused(keys_folder: Path, seal: Configured) -> str:
    with pytest.raises(BadSeal) as said:
        configured_chain(keys_folder, seal)
    return str(said.value)


def test_what_is_wrong_with_a_token_is_said(filled: SoftToken, keys_folder: Path) -> None:
    assert "does not take this PIN" in refused(keys_folder, settings(filled, pin="9999"))
    assert "'elsewhere'" in refused(keys_folder, settings(filled, token="elsewhere"))
    assert "is not there" in refused(keys_folder, settings(filled, token="elsewhere"))
    assert "no certificate 'other'; it holds" in refused(keys_folder, settings(filled, key="other"))
    assert "has no key 'keyless'" in refused(keys_folder, settings(filled, key="keyless"))
    assert "nonRepudiation" in refused(keys_folder, settings(filled, key="unfit"))
    assert "may not issue" in refused(keys_folder, settings(filled, issuer="chen"))
    missing = refused(keys_folder, settings(filled, pkcs11="/missing/library.so"))
    assert "/missing/library.so" in missing


def test_a_start_ends_with_that_sentence(filled: SoftToken, tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match=r"^seal: token 'office' .* does not take this PIN"):
        wiring.sealer(Configuration(tmp_path, seal=settings(filled, pin="9999")))


def test_a_token_that_is_taken_out_while_it_runs_leaves_nothing_half_written(
    filled: SoftToken, keys_folder: Path, plain: bytes
) -> None:
    chain = configured_chain(keys_folder, settings(filled))
    gone = Token(filled.library, "taken out", filled.pin)
    office = replace(chain.office, key=type(chain.office.key)(gone, "seal", chain.office.certificate.public_key()))  # type: ignore[call-arg]
    with pytest.raises(Unavailable, match="seal-away"):
        PadesSealer(replace(chain, office=office), OFFICE).seal(plain, "", NOW)
    with pytest.raises(TokenAway, match="is not there"):
        gone.certificates()


def test_the_chain_of_the_development_is_not_used_then(filled: SoftToken, keys_folder: Path, chain: Chain) -> None:
    read = configured_chain(keys_folder, settings(filled))
    assert read.office.certificate != chain.office.certificate
    assert read.office.above[-1].subject.rfc4514_string() == "CN=City root"
