"""A running node is sent whatever Hypothesis thinks of, by strangers and from a known address: it lives and keeps
nothing of it."""

import asyncio
import gc
import os
import socket
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from media.live.clients.publisher import Publisher
from media.live.clients.sources import Silence, SyntheticVideo
from media.live.clients.viewer import Viewer
from tests.integration.media.nodes import House, a_node

LEAK = 12 << 20  # bytes
quick = settings(max_examples=120, deadline=None, database=None, suppress_health_check=list(HealthCheck))

stuns = st.builds(
    lambda kind, length, cookie, rest: kind.to_bytes(2) + length.to_bytes(2) + cookie + bytes(12) + rest,
    st.sampled_from([0x0001, 0x0101, 0x0111, 0x0011, 0x3FFF]),
    st.integers(0, 0xFFFF),
    st.sampled_from([b"\x21\x12\xa4\x42", bytes(4)]),
    st.binary(max_size=80),
)
records = st.builds(
    lambda kind, version, epoch, length, rest: (
        bytes((kind,)) + version + epoch.to_bytes(2) + bytes(6) + length.to_bytes(2) + rest
    ),
    st.integers(20, 63),
    st.sampled_from([b"\xfe\xff", b"\xfe\xfd", b"\x03\x03"]),
    st.integers(0, 2),
    st.integers(0, 0xFFFF),
    st.binary(max_size=80),
)
media = st.builds(
    lambda first, second, rest: bytes((first, second)) + rest,
    st.integers(128, 191),
    st.integers(0, 255),
    st.binary(max_size=120),
)
datagrams = st.lists(st.one_of(stuns, records, media, st.binary(max_size=200)), min_size=1, max_size=12)


def resident() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def bombard(send: Callable[[bytes], object]) -> None:
    """A bounded number of datagrams of every class."""

    @quick
    @given(datagrams)
    def one_lot(lot: list[bytes]) -> None:
        for datagram in lot:
            send(datagram)

    one_lot()


def kept(house: House) -> tuple[int, ...]:
    """What a node could keep of strangers."""
    board = house.node.board
    return len(house.node.sessions.all), len(board._peers), len(board._fragments), len(asyncio.all_tasks())


async def test_a_node_outlives_whatever_it_is_sent(tmp_path: Path) -> None:
    async with a_node(tmp_path) as house:
        publisher = Publisher(house.whip(), house.ticket(), {"video": SyntheticVideo(), "audio": Silence()})
        await publisher.start()
        viewer = Viewer(house.whep(), house.view_ticket())
        await viewer.start(patience=5)
        await viewer.until(lambda seen: seen["video"].packets > 100)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.connect(("127.0.0.1", house.node.udp_port))
            await asyncio.to_thread(bombard, stranger.send)  # warm: what is made once is made now
            before, held = kept(house), resident()
            await asyncio.to_thread(bombard, stranger.send)
            bombard(publisher.connection._send_plain)
            bombard(viewer.connection._send_plain)
        seen = viewer.figures()["video"].packets
        await viewer.until(lambda figures: figures["video"].packets > seen + 300)
        assert kept(house) == before
        assert resident() - held < LEAK
        assert house.node.alive
        await viewer.stop()
        await publisher.stop()
