"""SRTP and SRTCP in place (RFC 3711, RFC 7714), through the libsrtp binding that pylibsrtp carries.

`Session.protect` of pylibsrtp copies twice and refuses packets above 1,356 bytes; here libsrtp is called on the slab
itself. The functions are given straight to the hot path: `protect(srtp.context, pointer, length)` is 0 when it
worked, and has changed the bytes and the length (`int *`) in place.
"""

from typing import Any, Final

from aiortc.rtcdtlstransport import SRTPProtectionProfile
from pylibsrtp import Error, Policy
from pylibsrtp._binding import ffi, lib

protect: Any = lib.srtp_protect
unprotect: Any = lib.srtp_unprotect
protect_rtcp: Any = lib.srtp_protect_rtcp
unprotect_rtcp: Any = lib.srtp_unprotect_rtcp


def place(context: Any) -> int:
    """Where a context lies, 0 for None; also of a function of libsrtp by its name."""
    if isinstance(context, str):
        return int(ffi.cast("uintptr_t", ffi.addressof(lib, context)))
    return 0 if context is None else int(ffi.cast("uintptr_t", context))


REPLAY_WINDOW: Final = 1024  # packets


class Srtp:
    """One direction of one peer. Keep the object while `context` is in use."""

    __slots__ = ("_handle", "context")

    def __init__(self, profile: int, key_and_salt: bytes, *, inbound: bool) -> None:
        """`profile` is one of pylibsrtp's `Policy.SRTP_PROFILE_…`. Raises `pylibsrtp.Error`."""
        policy = Policy(
            key=key_and_salt,
            ssrc_type=Policy.SSRC_ANY_INBOUND if inbound else Policy.SSRC_ANY_OUTBOUND,
            srtp_profile=profile,
        )
        policy.allow_repeat_tx = True  # a viewer without RTX is answered with the same packet again
        policy.window_size = REPLAY_WINDOW
        handle = ffi.new("srtp_t *")
        status = lib.srtp_create(handle, policy._policy)
        if status:
            raise Error(f"srtp_create: {status}")
        self._handle = ffi.gc(handle, lambda made: lib.srtp_dealloc(made[0]))
        self.context = handle[0]


def srtp_pair(profile: SRTPProtectionProfile, material: bytes, *, server: bool) -> tuple[Srtp, Srtp]:
    """(inbound, outbound) from a DTLS exporter's `material` (RFC 5764 § 4.2), as the DTLS server or client."""
    mine, theirs = (1, 0) if server else (0, 1)
    return (
        Srtp(profile.libsrtp_profile, profile.get_key_and_salt(material, theirs), inbound=True),
        Srtp(profile.libsrtp_profile, profile.get_key_and_salt(material, mine), inbound=False),
    )


def plain(inbound: Any, packet: bytes, *, rtcp: bool) -> bytes | None:
    """One packet undone apart from the hot path; None when it is not authentic."""
    memory, size = ffi.new("char[]", packet), ffi.new("int *", len(packet))
    undo = unprotect_rtcp if rtcp else unprotect
    return None if undo(inbound, memory, size) else bytes(ffi.buffer(memory, size[0]))
