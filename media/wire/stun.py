"""STUN (RFC 8489) with the attributes of ICE (RFC 8445): bytes in, messages out, and the reverse.

    message = parse(datagram)                    # None: not STUN, or damaged
    message.authentic(password)                  # MESSAGE-INTEGRITY, short-term credential
    binding_success(message.transaction, ip, port, password)

Nothing here raises on what comes from the network. Transaction ids are 12 bytes chosen by the caller.
"""

import hmac
import struct
import zlib
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Address, ip_address

COOKIE = 0x2112A442
HEADER = 20
LONGEST = 1500  # bytes: a check never needs more than one datagram of an ordinary link
BINDING = 0x001

USERNAME = 0x0006
MESSAGE_INTEGRITY = 0x0008
ERROR_CODE = 0x0009
UNKNOWN_ATTRIBUTES = 0x000A
XOR_MAPPED_ADDRESS = 0x0020
PRIORITY = 0x0024
USE_CANDIDATE = 0x0025
FINGERPRINT = 0x8028
ICE_CONTROLLED = 0x8029
ICE_CONTROLLING = 0x802A

_FINGERPRINT_XOR = 0x5354554E
_COMPREHENSION_OPTIONAL = 0x8000
_REASONS = {
    400: "Bad Request",
    401: "Unauthenticated",
    420: "Unknown Attribute",
    487: "Role Conflict",
    500: "Server Error",
}
# Lengths that a known attribute may have; a message with another length is damaged.
_SIZES = {
    USERNAME: range(1, 514),
    MESSAGE_INTEGRITY: range(20, 21),
    ERROR_CODE: range(4, 768),
    XOR_MAPPED_ADDRESS: range(8, 21, 12),
    PRIORITY: range(4, 5),
    USE_CANDIDATE: range(1),
    FINGERPRINT: range(4, 5),
    ICE_CONTROLLED: range(8, 9),
    ICE_CONTROLLING: range(8, 9),
}
_UNDERSTOOD = frozenset(_SIZES) | {UNKNOWN_ATTRIBUTES}


class Kind(IntEnum):
    """The class bits of a message type, as they lie in it (RFC 8489 § 5)."""

    REQUEST = 0x000
    INDICATION = 0x010
    SUCCESS = 0x100
    ERROR = 0x110


@dataclass(frozen=True, slots=True)
class Message:
    """One well-formed STUN message. `raw` is kept because integrity is a statement about bytes."""

    kind: Kind
    method: int
    transaction: bytes
    attributes: dict[int, bytes]  # the first of each type, those that integrity covers
    raw: bytes
    signed: int  # bytes before MESSAGE-INTEGRITY, 0 without one

    @property
    def username(self) -> str | None:
        """USERNAME; None when missing or not UTF-8. In ICE: `<theirs to ask>:<asker's>` (RFC 8445)."""
        value = self.attributes.get(USERNAME)
        try:
            return None if value is None else value.decode()
        except UnicodeDecodeError:
            return None

    @property
    def priority(self) -> int | None:
        return self._number(PRIORITY)

    @property
    def controlling(self) -> int | None:
        """The tie-breaker of a peer that takes the controlling role."""
        return self._number(ICE_CONTROLLING)

    @property
    def controlled(self) -> int | None:
        return self._number(ICE_CONTROLLED)

    @property
    def nominated(self) -> bool:
        return USE_CANDIDATE in self.attributes

    @property
    def unknown(self) -> tuple[int, ...]:
        """Comprehension-required attributes that we do not know: answer 420 (RFC 8489 § 6.3.1)."""
        return tuple(kind for kind in self.attributes if kind < _COMPREHENSION_OPTIONAL and kind not in _UNDERSTOOD)

    @property
    def error(self) -> int | None:
        """The code of an error response, 300 to 699."""
        value = self.attributes.get(ERROR_CODE)
        return None if value is None else (value[2] & 7) * 100 + value[3]

    @property
    def mapped(self) -> tuple[str, int] | None:
        """XOR-MAPPED-ADDRESS: the address and port that the answering side saw."""
        value = self.attributes.get(XOR_MAPPED_ADDRESS)
        family = {8: 1, 20: 2}
        if value is None or family.get(len(value)) != value[1]:
            return None
        port = struct.unpack_from("!H", value, 2)[0] ^ (COOKIE >> 16)
        return str(ip_address(_masked(value[4:], self.transaction))), port

    def authentic(self, password: bytes) -> bool:
        """Whether MESSAGE-INTEGRITY is there and made with `password` (RFC 8489 § 14.5)."""
        expected = self.attributes.get(MESSAGE_INTEGRITY)
        if not self.signed or expected is None:
            return False
        return hmac.compare_digest(expected, _integrity(self.raw[: self.signed], password))

    def _number(self, kind: int) -> int | None:
        value = self.attributes.get(kind)
        return None if value is None else int.from_bytes(value)


def parse(data: bytes | bytearray | memoryview) -> Message | None:
    """The message that `data` is; None for anything else, a wrong FINGERPRINT included."""
    if not HEADER <= len(data) <= LONGEST or data[0] > 3:
        return None
    raw = bytes(data)
    kind, length, cookie = struct.unpack_from("!HHI", raw)
    if cookie != COOKIE or length != len(raw) - HEADER or length % 4:
        return None
    found = _attributes(raw)
    if found is None:
        return None
    attributes, signed = found
    method = (kind & 0x000F) | (kind & 0x00E0) >> 1 | (kind & 0x3E00) >> 2
    return Message(Kind(kind & 0x0110), method, raw[8:20], attributes, raw, signed)


def _attributes(raw: bytes) -> tuple[dict[int, bytes], int] | None:
    attributes: dict[int, bytes] = {}
    signed, at = 0, HEADER
    while at < len(raw):
        kind, size = struct.unpack_from("!HH", raw, at)
        value = raw[at + 4 : at + 4 + size]
        if len(value) < size or (kind in _SIZES and size not in _SIZES[kind]):
            return None
        following = at + 4 + (size + 3) // 4 * 4
        if following > len(raw):
            return None
        if kind == FINGERPRINT:
            if following != len(raw) or value != _fingerprint(raw[:at]):
                return None
            attributes[kind] = value
        elif not signed:  # what follows MESSAGE-INTEGRITY is not covered by it: ignored (RFC 8489 § 14.5)
            attributes.setdefault(kind, value)
            signed = at if kind == MESSAGE_INTEGRITY else 0
        at = following
    return attributes, signed


def binding_request(
    transaction: bytes,
    username: str,
    password: bytes,
    *,
    priority: int,
    tie_breaker: int,
    nominate: bool,
) -> bytes:
    """A connectivity check of the controlling side (RFC 8445 § 7.1). `tie_breaker` has 64 bits."""
    body = _attribute(USERNAME, username.encode())
    body += _attribute(PRIORITY, struct.pack("!I", priority))
    body += _attribute(ICE_CONTROLLING, struct.pack("!Q", tie_breaker))
    if nominate:
        body += _attribute(USE_CANDIDATE, b"")
    return _sealed(Kind.REQUEST, transaction, body, password)


def binding_success(transaction: bytes, ip: str, port: int, password: bytes) -> bytes:
    """The answer to a check that came from `ip` and `port`; an IPv4-mapped address is told as IPv4."""
    address = ip_address(ip)
    if address.version == 6 and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    family = 1 if isinstance(address, IPv4Address) else 2
    value = struct.pack("!BBH", 0, family, port ^ (COOKIE >> 16)) + _masked(address.packed, transaction)
    return _sealed(Kind.SUCCESS, transaction, _attribute(XOR_MAPPED_ADDRESS, value), password)


def binding_error(transaction: bytes, code: int, password: bytes | None = None, unknown: tuple[int, ...] = ()) -> bytes:
    """An error response: 400, 401, 420 (names `unknown`), 487 or 500; without a password it is not signed."""
    body = _attribute(ERROR_CODE, bytes((0, 0, code // 100, code % 100)) + _REASONS[code].encode())
    if unknown:
        body += _attribute(UNKNOWN_ATTRIBUTES, struct.pack(f"!{len(unknown)}H", *unknown))
    return _sealed(Kind.ERROR, transaction, body, password)


def _sealed(kind: Kind, transaction: bytes, body: bytes, password: bytes | None) -> bytes:
    message = struct.pack("!HHI12s", kind | BINDING, len(body), COOKIE, transaction) + body
    if password is not None:
        message += _attribute(MESSAGE_INTEGRITY, _integrity(message, password))
    message += _attribute(FINGERPRINT, _fingerprint(message))
    return message[:2] + struct.pack("!H", len(message) - HEADER) + message[4:]


def _integrity(before: bytes, password: bytes) -> bytes:
    # The length that is signed counts up to the end of MESSAGE-INTEGRITY itself, whatever follows it.
    length = struct.pack("!H", len(before) - HEADER + 24)
    return hmac.digest(password, before[:2] + length + before[4:], "sha1")


def _fingerprint(before: bytes) -> bytes:
    length = struct.pack("!H", len(before) - HEADER + 8)
    return struct.pack("!I", zlib.crc32(before[:2] + length + before[4:]) ^ _FINGERPRINT_XOR)


def _masked(address: bytes, transaction: bytes) -> bytes:
    mask = struct.pack("!I", COOKIE) + transaction
    return bytes(a ^ b for a, b in zip(address, mask, strict=False))


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)
