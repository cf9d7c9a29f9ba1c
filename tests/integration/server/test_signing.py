"""Time stamps in signatures, and certificates that were taken back: when signing, and when somebody looks later."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from inspection.model.errors import Unavailable
from inspection.model.sealed import SignedTime
from server.configuration import Seal as Configured
from server.outbound.revocations import Revocations, parse, read
from server.outbound.seal import PadesSealer, add_signature
from server.outbound.seal_chain import BadSeal, Chain, Identity, issue, revocation_list
from server.outbound.seal_check import check_paper
from server.outbound.seal_keys import configured_chain
from server.outbound.stamps import HttpAuthority, Rfc3161Judge
from tests.fixtures.authority import Authority
from tests.integration.server.signing import NOW, OFFICE, WHO, chain, crl_file, keys_folder, p12, plain, stamping

__all__ = ["chain", "keys_folder", "plain", "stamping"]  # fixtures
Stamping = tuple[Authority, HttpAuthority]
DAY = timedelta(days=1)


def test_a_signature_has_the_time_of_an_authority(plain: bytes, chain: Chain, stamping: Stamping) -> None:
    authority, client = stamping
    sealer = PadesSealer(chain, OFFICE, client)
    signed = sealer.seal(sealer.sign(plain, WHO, NOW), "", NOW)
    said = check_paper(signed, chain.roots, NOW, authority.pem)
    assert said.holds, said
    assert [(one.stamp and one.stamp.at, one.stamp and one.stamp.trusted) for one in said.signatures] == [
        (authority.now, True)
    ] * 2
    assert [one.stamp and one.stamp.authority for one in said.signatures] == ["CN=TSA"] * 2
    assert sealer.time_of(signed) is SignedTime.AUTHORITY
    assert authority.asked == 2  # once a signature


def test_a_stamp_by_somebody_unknown_is_told_but_not_trusted(plain: bytes, chain: Chain, stamping: Stamping) -> None:
    signed = PadesSealer(chain, OFFICE, stamping[1]).sign(plain, WHO, NOW)
    (one,) = check_paper(signed, chain.roots, NOW).signatures
    assert one.faults == ()
    assert one.stamp is not None
    assert not one.stamp.trusted
    stranger = Authority(NOW, NOW + DAY, name="stranger")
    (one,) = check_paper(signed, chain.roots, NOW, stranger.pem).signatures
    assert one.stamp is not None
    assert not one.stamp.trusted


@pytest.mark.parametrize("fails", ["away", "garbage", "foreign"])
def test_without_an_answer_it_is_signed_all_the_same_and_said(
    plain: bytes, chain: Chain, stamping: Stamping, fails: str
) -> None:
    authority, client = stamping
    if fails == "foreign":
        client = HttpAuthority(client.url, Authority(NOW, NOW + DAY).pem, 5.0)
    else:
        setattr(authority, fails, True)
    sealer = PadesSealer(chain, OFFICE, client)
    signed = sealer.sign(plain, WHO, NOW)
    assert sealer.time_of(signed) is SignedTime.AWAY
    (one,) = check_paper(signed, chain.roots, NOW, authority.pem).signatures
    assert (one.faults, one.stamp) == ((), None)
    assert PadesSealer(chain, OFFICE).time_of(signed) is SignedTime.OWN_CLOCK


class Elsewhere(HttpAuthority):
    """Has other bytes stamped than those that it was asked about."""

    def ask(self, request: bytes) -> bytes:
        at = request.index(bytes.fromhex("0420")) + 2  # the 32 bytes of the digest
        return super().ask(request[:at] + bytes(32) + request[at + 32 :])


def test_a_stamp_on_other_bytes_is_not_kept(plain: bytes, chain: Chain, stamping: Stamping) -> None:
    sealer = PadesSealer(chain, OFFICE, Elsewhere(stamping[1].url, stamping[0].pem, 5.0))
    assert sealer.time_of(sealer.sign(plain, WHO, NOW)) is SignedTime.AWAY


def test_a_stamp_on_other_bytes_is_named(
    plain: bytes, chain: Chain, stamping: Stamping, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, client = stamping
    with monkeypatch.context() as careless:
        careless.setattr(Rfc3161Judge, "judge_digest", lambda *_: None)
        signed = PadesSealer(chain, OFFICE, Elsewhere(client.url, authority.pem, 5.0)).sign(plain, WHO, NOW)
    (one,) = check_paper(signed, chain.roots, NOW, authority.pem).signatures
    assert (one.stamp, one.faults) == (None, ("stamp-broken",))


def test_a_certificate_that_has_ended_holds_by_the_stamp_before(plain: bytes, chain: Chain, stamping: Stamping) -> None:
    authority, client = stamping
    short = issue(chain.issuer, "x", NOW, days=2)
    signed = add_signature(plain, short, WHO, OFFICE, None, client)
    (later,) = check_paper(signed, chain.roots, NOW + 9 * DAY, authority.pem).signatures
    assert later.faults == ()
    (unproven,) = check_paper(signed, chain.roots, NOW + 9 * DAY).signatures
    assert unproven.faults == ("certificate-expired",)


def test_an_authority_that_was_taken_back_before_is_not_trusted(plain: bytes, chain: Chain, stamping: Stamping) -> None:
    authority, client = stamping
    signed = PadesSealer(chain, OFFICE, client).sign(plain, WHO, NOW)
    by = Identity(authority.root_key, authority.root, ())
    for days, trusted in ((-1, False), (1, True)):
        since = {authority.certificate.serial_number: NOW + days * DAY}
        told = Revocations((revocation_list(by, NOW, since, 60),))
        (one,) = check_paper(signed, chain.roots, NOW, authority.pem, told).signatures
        assert one.stamp is not None
        assert one.stamp.trusted is trusted


def test_lists_go_into_the_paper_which_stays_whole(plain: bytes, chain: Chain) -> None:
    sealer = PadesSealer(chain, OFFICE)
    signed = sealer.seal(sealer.sign(plain, WHO, NOW), "", NOW)
    assert check_paper(signed, chain.roots, NOW).holds
    assert signed.count(b"/DSS") >= 1
    assert b"/CRLs" in signed


def revoked_since(plain: bytes, chain: Chain, since: int, stamp: HttpAuthority | None) -> tuple[bytes, Revocations]:
    """Signed at NOW with a certificate that was taken back so many days later."""
    office = issue(chain.issuer, OFFICE, NOW - 30 * DAY)
    signed = add_signature(plain, office, WHO, OFFICE, None, stamp)
    told = revocation_list(chain.issuer, NOW, {office.certificate.serial_number: NOW + since * DAY}, 60)
    return signed, Revocations((told,))


def test_a_certificate_revoked_before_it_signed_is_named(plain: bytes, chain: Chain, stamping: Stamping) -> None:
    signed, told = revoked_since(plain, chain, -9, stamping[1])
    (one,) = check_paper(signed, chain.roots, NOW, stamping[0].pem, told).signatures
    assert one.faults == ("certificate-revoked",)
    assert one.revoked == NOW - 9 * DAY


def test_one_revoked_later_holds_by_the_stamp_before_only(plain: bytes, chain: Chain, stamping: Stamping) -> None:
    signed, told = revoked_since(plain, chain, 9, stamping[1])
    (proven,) = check_paper(signed, chain.roots, NOW + 10 * DAY, stamping[0].pem, told).signatures
    assert proven.faults == ()
    assert proven.revoked == NOW + 9 * DAY
    (stated,) = check_paper(signed, chain.roots, NOW + 10 * DAY, b"", told).signatures
    assert stated.faults == ("certificate-revoked-later",)


def test_a_list_in_the_paper_itself_is_read(plain: bytes, chain: Chain) -> None:
    office = issue(chain.issuer, OFFICE, NOW - 30 * DAY)
    told = revocation_list(chain.issuer, NOW, {office.certificate.serial_number: NOW - DAY}, 60)
    signed = add_signature(plain, office, WHO, OFFICE, Revocations((told,)))
    assert check_paper(signed, chain.roots, NOW).signatures[0].faults == ("certificate-revoked",)


def test_a_list_that_somebody_else_signed_counts_for_nothing(plain: bytes, chain: Chain) -> None:
    office = issue(chain.issuer, OFFICE, NOW - 30 * DAY)
    impostor = replace(issue(None, "x", NOW, authority=0), certificate=chain.issuer.certificate)
    told = revocation_list(impostor, NOW, {office.certificate.serial_number: NOW - DAY}, 60)
    signed = add_signature(plain, office, WHO, OFFICE)
    assert check_paper(signed, chain.roots, NOW, b"", Revocations((told,))).holds


@pytest.mark.parametrize("delegated", [False, True])
def test_an_answer_about_one_certificate_is_read_too(
    tmp_path: Path, plain: bytes, chain: Chain, delegated: bool
) -> None:
    office = issue(chain.issuer, OFFICE, NOW - 30 * DAY)
    by = issue(chain.issuer, "OCSP", NOW, purpose=ExtendedKeyUsageOID.OCSP_SIGNING) if delegated else chain.issuer
    builder = ocsp.OCSPResponseBuilder().add_response(
        office.certificate, chain.issuer.certificate, hashes.SHA1(), ocsp.OCSPCertStatus.REVOKED,
        NOW - timedelta(hours=1), NOW + DAY, NOW - 2 * DAY, x509.ReasonFlags.key_compromise,
    ).responder_id(ocsp.OCSPResponderEncoding.HASH, by.certificate).certificates([by.certificate])  # fmt: skip
    answer = builder.sign(by.key, hashes.SHA256())
    path = tmp_path / "answer.ors"
    path.write_bytes(answer.public_bytes(serialization.Encoding.DER))
    signed = add_signature(plain, office, WHO, OFFICE)
    said = check_paper(signed, chain.roots, NOW, b"", read([str(path)]))
    assert said.signatures[0].faults == ("certificate-revoked",)


def test_nothing_is_signed_with_a_certificate_that_was_taken_back(
    tmp_path: Path, plain: bytes, keys_folder: Path, chain: Chain
) -> None:
    office = issue(chain.issuer, OFFICE, NOW - 30 * DAY)
    path = p12(tmp_path, "office.p12", office)
    lists = crl_file(tmp_path, chain.issuer, {})
    seal = Configured(pkcs12=path, passphrase="open sesame", revocations=(lists,))
    sealer = PadesSealer(configured_chain(keys_folder, seal), OFFICE)
    assert sealer.seal(plain, "", NOW)
    crl_file(tmp_path, chain.issuer, {office.certificate.serial_number: NOW - DAY})  # while it runs
    with pytest.raises(Unavailable, match="seal-revoked") as refused:
        sealer.seal(plain, "", NOW)
    assert refused.value.facts == {"name": OFFICE, "day": (NOW - DAY).date().isoformat()}


def test_nothing_is_signed_with_a_certificate_that_has_ended(plain: bytes, chain: Chain) -> None:
    office = issue(chain.issuer, OFFICE, NOW - 30 * DAY, days=3)
    with pytest.raises(Unavailable, match="seal-expired"):
        PadesSealer(replace(chain, office=office), OFFICE).seal(plain, "", NOW)


def test_a_person_signs_with_a_certificate_of_his_own(
    tmp_path: Path, plain: bytes, keys_folder: Path, chain: Chain
) -> None:
    own = issue(chain.issuer, "陈静 000123", NOW)
    path = p12(tmp_path, "chen.p12", own)
    seal = Configured(passphrase="open sesame", people=(f"chenjing={path}",))
    sealer = PadesSealer(configured_chain(keys_folder, seal), OFFICE)
    mine, other = sealer.sign(plain, WHO, NOW), sealer.sign(plain, replace(WHO, sign_in="somebody"), NOW)
    assert [check_paper(one, chain.roots, NOW).signatures[0].name for one in (mine, other)] == ["陈静 000123", "陈静"]


def test_people_may_have_certificates_of_the_offices_own_issuer(
    tmp_path: Path, plain: bytes, keys_folder: Path
) -> None:
    root = issue(None, "City root", NOW, authority=1)
    issuer = issue(root, "City issuer", NOW, authority=0)
    seal = Configured(passphrase="open sesame", issuer=p12(tmp_path, "issuer.p12", issuer))
    signed = PadesSealer(configured_chain(keys_folder, seal), OFFICE).sign(plain, WHO, NOW)
    assert check_paper(signed, (root.certificate,), NOW).signatures[0].faults == ()


def test_what_is_configured_and_does_not_do_is_refused(tmp_path: Path, keys_folder: Path, chain: Chain) -> None:
    def refused(**settings: object) -> str:
        with pytest.raises(BadSeal) as said:
            configured_chain(keys_folder, Configured(passphrase="open sesame", **settings))  # type: ignore[arg-type]
        return str(said.value)

    leaf = p12(tmp_path, "leaf.p12", issue(chain.issuer, "x", NOW))
    unfit = p12(tmp_path, "unfit.p12", issue(chain.issuer, "x", NOW, fit=False))
    (tmp_path / "list.crl").write_bytes(b"no list")
    assert "may not issue" in refused(issuer=leaf)
    assert "nonRepudiation" in refused(people=(f"a={unfit}",))
    assert "sign-in=key" in refused(people=("chenjing",))
    assert "no revocation list" in refused(revocations=(str(tmp_path / "list.crl"),))
    assert "missing.crl" in refused(revocations=(str(tmp_path / "missing.crl"),))


@pytest.mark.parametrize("data", [b"", b"no list", b"-----BEGIN X509 CRL-----", b"-----BEGIN CERTIFICATE-----\n"])
def test_what_is_no_list_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(data)
