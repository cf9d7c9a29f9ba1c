"""What of aiortc and pylibsrtp is private and used by the node. Changes fail here."""

import inspect

import aiortc
import pylibsrtp
from aiortc.rtcdtlstransport import SRTP_PROFILES, RTCCertificate, RTCDtlsTransport, SRTPProtectionProfile
from aiortc.rtcsctptransport import RTCSctpTransport
from OpenSSL import SSL
from pylibsrtp._binding import ffi, lib


def test_the_pinned_versions_are_those_that_were_read() -> None:
    assert aiortc.__version__.startswith("1.16.")
    assert pylibsrtp.__version__.startswith("1.0.")


def test_the_dtls_transport_asks_three_things_of_its_lower_transport() -> None:
    source = inspect.getsource(RTCDtlsTransport)
    used = {word for word in ("role", "_recv", "_send", "state", "_connection") if f".transport.{word}" in source}
    assert used <= {"role", "_recv", "_send"}


def test_the_dtls_transport_has_what_we_use() -> None:
    for name in ("_write_ssl", "_set_role", "_do_handshake", "_recv_next"):
        assert callable(getattr(RTCDtlsTransport, name)), name
    assert inspect.iscoroutinefunction(RTCDtlsTransport._write_ssl)
    transport = RTCDtlsTransport(object(), [RTCCertificate.generateCertificate()])  # type: ignore[arg-type]
    for attribute in ("_ssl", "_role", "_srtp_profiles"):
        assert hasattr(transport, attribute), attribute
    assert transport.state == "new"
    assert 'self.emit("statechange")' in inspect.getsource(RTCDtlsTransport._set_state)


def test_a_connection_tells_profile_and_keys_and_gives_what_it_wrote() -> None:
    for name in ("bio_read", "export_keying_material", "get_selected_srtp_profile"):
        assert callable(getattr(SSL.Connection, name)), name


def test_the_srtp_profiles_are_the_three_and_cut_the_material() -> None:
    names = [profile.openssl_profile for profile in SRTP_PROFILES]
    assert names == [b"SRTP_AEAD_AES_256_GCM", b"SRTP_AEAD_AES_128_GCM", b"SRTP_AES128_CM_SHA1_80"]
    assert set(inspect.signature(SRTPProtectionProfile.get_key_and_salt).parameters) == {"self", "src", "idx"}


def test_libsrtp_is_called_on_memory_of_any_ffi_with_an_int_for_the_length() -> None:
    for name in ("srtp_protect", "srtp_unprotect", "srtp_protect_rtcp", "srtp_unprotect_rtcp"):
        kinds = [kind.cname for kind in ffi.typeof(getattr(lib, name)).args]
        assert kinds == ["struct srtp_ctx_t_ *", "void *", "int *"], name
    assert callable(lib.srtp_create)
    assert callable(lib.srtp_dealloc)
    assert hasattr(pylibsrtp.Policy(), "_policy")


def test_the_sctp_transport_hears_of_data_channels_and_starts_with_capabilities() -> None:
    assert list(inspect.signature(RTCSctpTransport.start).parameters) == ["self", "remoteCaps", "remotePort"]
    assert 'self.emit("datachannel", channel)' in inspect.getsource(RTCSctpTransport)
