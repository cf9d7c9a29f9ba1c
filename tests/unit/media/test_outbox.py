"""What is queued arrives as it was queued: alone, in runs of one size, after a refusal, and when the queue is full."""

import socket
from collections.abc import Iterator

import pytest

from media.live.fast import FastPort, open_fast
from media.live.udp import LARGEST, QUEUE, Address, UdpPort, open_port, raw_address
from tests.unit.media.test_live_primitives import drain, pair


@pytest.fixture(params=["plain", "fast"])
def ends(request: pytest.FixtureRequest) -> Iterator[tuple[UdpPort, UdpPort, Address]]:
    sender, receiver, to = pair()
    if request.param == "fast":
        sender.socket.close()
        sender = open_fast("127.0.0.1", 0)
        if not isinstance(sender, FastPort):
            pytest.skip("no compiler here")
    yield sender, receiver, to
    sender.socket.close()
    receiver.socket.close()


def queue_run(port: UdpPort, to: Address, datagrams: list[bytes]) -> None:
    """As an outlet does: a run of slots in a row."""
    slot, granted = port.reserve(to, len(datagrams))
    assert granted == len(datagrams)
    for data in datagrams:
        port.outgoing[slot * 2048 : slot * 2048 + len(data)] = data
        port.set_length(slot, len(data))
        slot += 1


@pytest.mark.parametrize(
    "sizes",
    [
        [1100] * 10,
        [1100] * 9 + [7],
        [1100, 1100, 1101, 1101, 1100],
        [7, 1100, 1100, 3, 3, 3],
        [LARGEST] * 80,
        [1],
    ],
)
@pytest.mark.parametrize("segments", [True, False])
def test_a_run_arrives_datagram_by_datagram(
    ends: tuple[UdpPort, UdpPort, Address], sizes: list[int], segments: bool
) -> None:
    sender, receiver, to = ends
    to.segments = segments
    datagrams = [bytes([at + 1]) * size for at, size in enumerate(sizes)]
    queue_run(sender, to, datagrams)
    sender.flush()
    assert drain(receiver, len(datagrams)) == datagrams
    assert sender.sent == len(datagrams)
    assert sender.waiting == 0


def test_a_slot_given_back_is_not_sent_and_parts_a_run(ends: tuple[UdpPort, UdpPort, Address]) -> None:
    sender, receiver, to = ends
    queue_run(sender, to, [b"one", b"two"])
    assert sender.put(b"not", to)
    sender.give_back()
    queue_run(sender, to, [b"for"])
    sender.flush()
    assert drain(receiver, 3) == [b"one", b"two", b"for"]


def test_a_refused_message_is_tried_one_by_one_and_the_others_go_on(ends: tuple[UdpPort, UdpPort, Address]) -> None:
    sender, receiver, to = ends
    nobody = Address(raw_address("127.0.0.1", 0, socket.AF_INET))  # the kernel refuses port 0
    queue_run(sender, to, [b"before"])
    queue_run(sender, nobody, [b"lost"] * 3)
    queue_run(sender, to, [b"after1", b"after2"])
    sender.flush()
    assert drain(receiver, 3) == [b"before", b"after1", b"after2"]
    if not isinstance(sender, FastPort):  # it keeps a list of its own
        assert not nobody.segments
        assert to.segments
    assert sender.send_errors == 3
    assert sender.waiting == 0
    queue_run(sender, nobody, [b"lost"] * 2)
    sender.flush()
    assert sender.send_errors == 5


def test_a_full_queue_goes_out_before_more_is_taken(ends: tuple[UdpPort, UdpPort, Address]) -> None:
    sender, receiver, to = ends
    for at in range(QUEUE + 10):
        assert sender.put(at.to_bytes(2), to)
    sender.flush()
    assert drain(receiver, QUEUE + 10) == [at.to_bytes(2) for at in range(QUEUE + 10)]


def test_both_families_take_runs() -> None:
    sender, receiver, to = pair("::1")
    queue_run(sender, to, [b"x" * 900] * 20)
    sender.flush()
    assert drain(receiver, 20) == [b"x" * 900] * 20
    for port in (sender, receiver, open_port("127.0.0.1", 0)):
        port.socket.close()
