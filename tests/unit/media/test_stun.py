"""STUN: the vectors of RFC 5769, our own answers read back, and anything the network may throw at us."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.wire import stun

PASSWORD = b"VOkJxbRl1RmTxUk/WvJxBt"
TRANSACTION = bytes.fromhex("b7e7a701bc34d686fa87dfae")
REQUEST = bytes.fromhex(
    "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74"
    "002400046e0001ff80290008932ff9b151263b36000600096576746a3a68367659202020"
    "000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf"
)
RESPONSE_4 = bytes.fromhex(
    "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643"
    "000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96"
)
RESPONSE_6 = bytes.fromhex(
    "010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220"
    "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d900080014a382954e4be67bf11784c97c8292c275bfe3ed41"
    "80280004c8fb0b4c"
)


def a_request(**changes: object) -> bytes:
    values = {"priority": 1, "tie_breaker": 2, "nominate": True} | changes
    return stun.binding_request(TRANSACTION, "them:us", PASSWORD, **values)  # type: ignore[arg-type]


def test_reads_the_sample_request() -> None:
    message = stun.parse(REQUEST)
    assert message is not None
    assert (message.kind, message.method) == (stun.Kind.REQUEST, stun.BINDING)
    assert message.transaction == TRANSACTION
    assert message.username == "evtj:h6vY"
    assert message.priority == 0x6E0001FF
    assert message.controlled == 0x932FF9B151263B36
    assert message.controlling is None
    assert not message.nominated
    assert message.authentic(PASSWORD)
    assert not message.authentic(b"another")


@pytest.mark.parametrize(
    ("sample", "address"),
    [(RESPONSE_4, "192.0.2.1"), (RESPONSE_6, "2001:db8:1234:5678:11:2233:4455:6677")],
)
def test_reads_the_sample_responses(sample: bytes, address: str) -> None:
    message = stun.parse(sample)
    assert message is not None
    assert message.kind is stun.Kind.SUCCESS
    assert message.mapped == (address, 32853)
    assert message.authentic(PASSWORD)


def test_a_request_of_ours_is_read_back() -> None:
    message = stun.parse(a_request(priority=77, tie_breaker=1 << 63))
    assert message is not None
    assert message.username == "them:us"
    assert (message.priority, message.controlling) == (77, 1 << 63)
    assert message.nominated
    assert message.authentic(PASSWORD)
    assert message.unknown == ()


@pytest.mark.parametrize(
    ("given_as", "told_as"),
    [("192.0.2.9", "192.0.2.9"), ("2001:db8::1", "2001:db8::1"), ("::ffff:192.0.2.9", "192.0.2.9")],
)
def test_an_answer_tells_the_address_it_saw(given_as: str, told_as: str) -> None:
    message = stun.parse(stun.binding_success(TRANSACTION, given_as, 65535, PASSWORD))
    assert message is not None
    assert message.mapped == (told_as, 65535)
    assert message.authentic(PASSWORD)


@pytest.mark.parametrize("code", [400, 401, 420, 487])
@pytest.mark.parametrize("password", [None, PASSWORD])
def test_an_error_carries_its_code(code: int, password: bytes | None) -> None:
    message = stun.parse(stun.binding_error(TRANSACTION, code, password, (0x7777,) if code == 420 else ()))
    assert message is not None
    assert message.kind is stun.Kind.ERROR
    assert message.error == code
    assert message.authentic(PASSWORD) is (password is not None)


def test_an_unknown_attribute_that_must_be_understood_is_named() -> None:
    plain = b"\x00\x01\x00\x08" + REQUEST[4:20] + b"\x77\x77\x00\x01x\x00\x00\x00"
    message = stun.parse(plain)
    assert message is not None
    assert message.unknown == (0x7777,)
    assert not message.authentic(PASSWORD)


def test_what_follows_the_integrity_is_ignored() -> None:
    signed = a_request(nominate=False)[:-8]  # without the fingerprint
    longer = signed + b"\x00\x25\x00\x00"
    longer = longer[:2] + (len(longer) - 20).to_bytes(2) + longer[4:]
    message = stun.parse(longer)
    assert message is not None
    assert message.authentic(PASSWORD)
    assert not message.nominated


@pytest.mark.parametrize("at", range(20, len(REQUEST) - 8))
def test_any_changed_byte_is_seen(at: int) -> None:
    changed = bytearray(REQUEST)
    changed[at] ^= 1
    message = stun.parse(changed)
    assert message is None or not message.authentic(PASSWORD)


@pytest.mark.parametrize("size", range(len(REQUEST)))
def test_a_cut_message_is_none(size: int) -> None:
    assert stun.parse(REQUEST[:size]) is None


@given(st.binary(max_size=1600))
def test_garbage_is_none(data: bytes) -> None:
    assert stun.parse(data) is None


@given(st.binary(max_size=200), st.sampled_from([0x0001, 0x0011, 0x0101, 0x0111]))
def test_garbage_behind_a_good_header_never_raises(body: bytes, kind: int) -> None:
    body = body[: len(body) // 4 * 4]
    message = stun.parse(kind.to_bytes(2) + len(body).to_bytes(2) + REQUEST[4:20] + body)
    if message is not None:
        _ = message.username, message.priority, message.mapped, message.error, message.unknown
        assert not message.authentic(PASSWORD)
