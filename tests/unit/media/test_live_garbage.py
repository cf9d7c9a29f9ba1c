"""Whatever comes through SRTP or from a stranger, nothing raises, and what is good still passes."""

import asyncio
import socket
import time

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from media.live.answer import MID, TRANSPORT_WIDE_CC
from media.live.extensions import find
from media.live.switchboard import Switchboard
from media.live.udp import UdpPort, open_port
from tests.fixtures.processes import until
from tests.unit.media.far_end import HEADER, IDR, agreed, rtp
from tests.unit.media.test_live_forwarding import Stage

EXTENSIONS = {TRANSPORT_WIDE_CC: 3, MID: 4}
quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])

heads = st.builds(
    HEADER.pack,
    st.integers(128, 191),
    st.sampled_from([96, 97, 224, 225, 111, 33]),
    st.integers(0, 65535),
    st.integers(0, 2**32 - 1),
    st.sampled_from([5, 6, 7]),
)
packets = st.builds(lambda head, rest: head + rest, heads, st.binary(max_size=60))
compounds = st.one_of(
    st.binary(min_size=8, max_size=80),
    st.builds(
        lambda first, kind, words, rest: bytes((first, kind)) + words.to_bytes(2) + rest,
        st.integers(128, 191),
        st.integers(192, 223),
        st.integers(0, 20),
        st.binary(max_size=90),
    ),
)


@quick
@given(st.lists(packets, max_size=40), st.lists(compounds, max_size=20))
def test_a_publisher_may_send_anything(strange: list[bytes], reports: list[bytes]) -> None:
    stage = Stage()
    try:
        publisher, _ = stage.publisher(
            video=agreed(extensions=EXTENSIONS), audio=agreed("audio", extensions=EXTENSIONS)
        )
        stage.send(publisher, rtp(1, IDR, ssrc=50))
        viewer, end = stage.viewer()
        stage.send(publisher, *strange)
        for compound in reports:
            publisher.rtcp(compound, int(stage.now * 1e6), stage.now)
            viewer.rtcp(compound, int(stage.now * 1e6), stage.now)
        publisher.tick(stage.now + 2)
        publisher.feed_back(int(stage.now * 1_000_000))
        publisher.report(int(stage.now * 1e6))
        stage.now += 5
        stage.send(publisher, rtp(2, IDR, ssrc=50), rtp(3, b"\x41mark", ssrc=50))
        assert b"\x41mark" in [packet.payload for packet in end.read()[0]]
    finally:
        for end in stage.ends:
            end.close()


@quick
@given(st.binary(min_size=12, max_size=80), st.integers(0, 255))
def test_an_extension_is_found_or_not_and_never_reaches_beyond_the_packet(packet: bytes, wanted: int) -> None:
    value = find(packet, wanted)
    assert value is None or value in packet


async def test_strangers_are_counted() -> None:
    board = Switchboard(lambda: time.time_ns() // 1000)
    port: UdpPort = open_port("127.0.0.1", 0)
    board.open(port)
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for first in range(256):
                stranger.sendto(bytes((first,)) * 20, ("127.0.0.1", port.port))
            stranger.sendto(b"", ("127.0.0.1", port.port))
            await until("all are counted", lambda: board.counts["strange"] == 257)
        await asyncio.sleep(0)
    finally:
        board.close()
