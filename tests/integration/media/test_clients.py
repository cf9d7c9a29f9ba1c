"""Our own clients against a WHIP and WHEP server that is not ours: aiortc's peer connection behind aiohttp."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import av
import pytest
from aiohttp import web
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack

from media.client import RoomMessage
from media.live.clients.publisher import Publisher
from media.live.clients.signalling import Refused
from media.live.clients.sources import ClipVideo, Silence, Source, access_units
from media.live.clients.viewer import Viewer
from tests.fixtures.clip import Clip


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """aiortc gathers every interface but loopback; here it gathers loopback alone, and asks no server."""
    monkeypatch.setattr("aioice.ice.get_host_addresses", lambda **_: ["127.0.0.1"])


def annex_b(clip: Clip) -> bytes:
    """The clip's video as a raw H.264 stream."""
    with av.open(str(clip.mp4)) as container:
        stream = container.streams.video[0]
        to_annex_b = av.BitStreamFilterContext("h264_mp4toannexb", stream)
        packets = [p for packet in container.demux(stream) for p in to_annex_b.filter(packet)]
        return b"".join(bytes(packet) for packet in packets)


@asynccontextmanager
async def a_server(prepare: Callable[[RTCPeerConnection], None]) -> AsyncIterator[str]:
    """A server on loopback that answers any offer by a peer connection of aiortc; its URL."""
    peers: list[RTCPeerConnection] = []

    async def answer(request: web.Request) -> web.Response:
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        peers.append(peer)
        prepare(peer)
        await peer.setRemoteDescription(RTCSessionDescription(await request.text(), "offer"))
        await peer.setLocalDescription(await peer.createAnswer())
        text = peer.localDescription.sdp
        return web.Response(status=201, text=text, headers={"Location": "/here/1", "ETag": '"1"'})

    async def end(_: web.Request) -> web.Response:
        return web.Response(status=200)

    app = web.Application()
    app.router.add_post("/here", answer)
    app.router.add_delete("/here/1", end)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/here"
    finally:
        for peer in peers:
            await peer.close()
        await runner.cleanup()


async def test_what_the_publisher_sends_is_decoded_by_another_implementation(clip: Clip) -> None:
    pictures: asyncio.Queue[tuple[int, int]] = asyncio.Queue()
    tasks: list[asyncio.Task[None]] = []

    def prepare(peer: RTCPeerConnection) -> None:
        async def decode(track: object) -> None:
            while True:
                frame = await track.recv()  # type: ignore[attr-defined]
                if isinstance(frame, av.VideoFrame):
                    pictures.put_nowait((frame.width, frame.height))

        peer.on("track", lambda track: tasks.append(asyncio.create_task(decode(track))))

    async with a_server(prepare) as url:
        sources: dict[str, Source] = {"video": ClipVideo(annex_b(clip), clip.rate), "audio": Silence()}
        publisher = Publisher(url, "ticket", sources, lose=frozenset({40, 41}))
        await publisher.start()
        for _ in range(30):
            size = await asyncio.wait_for(pictures.get(), 10)
            assert size == (clip.width, clip.height)
        sent = await publisher.stop()
        for task in tasks:
            task.cancel()
    assert sent["video"].pictures >= 30
    assert sent["video"].withheld == 2
    assert sent["video"].sent_again >= 1  # aiortc asked for what was withheld
    assert sent["audio"].packets > 20


async def test_the_viewer_receives_from_another_implementation_and_talks_on_the_channel() -> None:
    def prepare(peer: RTCPeerConnection) -> None:
        peer.addTrack(VideoStreamTrack())
        peer.addTrack(AudioStreamTrack())

        @peer.on("datachannel")
        def opened(channel: object) -> None:
            channel.send('{"kind": "joined", "who": "ann"}')  # type: ignore[attr-defined]

    async with a_server(prepare) as url:
        viewer = Viewer(url, "ticket", channel=True, keep=5)
        await viewer.start()
        await viewer.until(lambda seen: seen["video"].pictures >= 5 and seen["audio"].packets >= 10)
        assert viewer.channel is not None
        message: RoomMessage = await viewer.channel.next()
        assert message == {"kind": "joined", "who": "ann"}
        viewer.ask_key_frame()
        seen = await viewer.stop()
    assert seen["video"].lost == 0
    assert len(seen["video"].kept) == 5
    assert seen["video"].kept[0][0] >> 6 == 2


async def test_a_refusal_names_its_status() -> None:
    async with a_server(lambda peer: None) as url:
        with pytest.raises(Refused) as caught:
            await Viewer(url + "/nowhere", "ticket").start()
    assert caught.value.status == 404


def test_a_clip_is_cut_into_its_pictures(clip: Clip) -> None:
    units = access_units(annex_b(clip))
    assert len(units) == clip.rate * clip.seconds
    kinds = [nal[0] & 31 for nal in units[0]]
    assert 5 in kinds
    assert 7 in kinds
