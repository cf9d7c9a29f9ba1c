"""WebRTC implementations that are not ours, publishing into the node and viewing from it."""

import asyncio
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import aiohttp
import av
import imageio_ffmpeg
import numpy
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack

from media.live.clients.publisher import Publisher
from media.live.clients.sources import ClipVideo, Silence, Source
from media.live.clients.viewer import Viewer
from tests.fixtures.clip import Clip
from tests.integration.media.nodes import House, a_node
from tests.integration.media.test_clients import annex_b


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """aiortc gathers every interface but loopback; here it gathers loopback alone."""
    monkeypatch.setattr("aioice.ice.get_host_addresses", lambda **_: ["127.0.0.1"])


def a_peer() -> RTCPeerConnection:
    return RTCPeerConnection(RTCConfiguration(iceServers=[]))


async def negotiate(peer: RTCPeerConnection, url: str, ticket: str) -> str:
    """Offer, post, take the answer; where the session is."""
    await peer.setLocalDescription(await peer.createOffer())
    headers = {"Authorization": f"Bearer {ticket}", "Content-Type": "application/sdp"}
    async with (
        aiohttp.ClientSession() as http,
        http.post(url, data=peer.localDescription.sdp, headers=headers) as response,
    ):
        assert response.status == 201, await response.text()
        await peer.setRemoteDescription(RTCSessionDescription(await response.text(), "answer"))
        return str(response.headers["Location"])


class Grey(VideoStreamTrack):
    """Grey pictures; aiortc encodes them itself."""

    async def recv(self) -> av.VideoFrame:
        picture = av.VideoFrame.from_ndarray(numpy.full((180, 320, 3), 128, numpy.uint8), format="rgb24")
        picture.pts, picture.time_base = await self.next_timestamp()
        return picture


async def test_aiortc_publishes_and_our_viewer_receives(tmp_path: Path) -> None:
    async with a_node(tmp_path) as house:
        peer = a_peer()
        peer.addTrack(Grey())
        peer.addTrack(AudioStreamTrack())
        await negotiate(peer, house.whip(), house.ticket())
        viewer = Viewer(house.whep(), house.view_ticket(), keep=50)
        await viewer.start(patience=10)
        await viewer.until(lambda seen: seen["video"].pictures >= 20 and seen["audio"].packets >= 20)
        seen = await viewer.stop()
        await peer.close()
    assert seen["video"].lost == 0
    assert any(packet[12] & 31 in (7, 24) for packet in seen["video"].kept)  # parameter sets came along


async def test_our_publisher_is_decoded_by_an_aiortc_viewer(tmp_path: Path, clip: Clip) -> None:
    pictures: asyncio.Queue[av.VideoFrame] = asyncio.Queue()
    sounds: asyncio.Queue[Fraction] = asyncio.Queue()

    async def consume(track: object) -> None:
        while True:
            frame = await track.recv()  # type: ignore[attr-defined]
            if isinstance(frame, av.VideoFrame):
                pictures.put_nowait(frame)
            else:
                sounds.put_nowait(frame.time)

    async with a_node(tmp_path) as house:
        sources: dict[str, Source] = {"video": ClipVideo(annex_b(clip), clip.rate), "audio": Silence()}
        publisher = Publisher(house.whip(), house.ticket(), sources)
        await publisher.start()
        await arrived(house, "video")
        peer, tasks = a_peer(), list[asyncio.Task[None]]()
        peer.on("track", lambda track: tasks.append(asyncio.create_task(consume(track))))
        peer.addTransceiver("video", direction="recvonly")
        peer.addTransceiver("audio", direction="recvonly")
        await negotiate(peer, house.whep(), house.view_ticket())
        colours = {square(await asyncio.wait_for(pictures.get(), 10)) for _ in range(3 * clip.rate)}
        await asyncio.wait_for(sounds.get(), 10)
        await peer.close()
        for task in tasks:
            task.cancel()
        await publisher.stop()
    assert {"red", "green", "blue"} <= colours


async def arrived(house: House, kind: str) -> None:
    """Wait until the node sees the applicant publish."""
    async with asyncio.timeout(10):
        while not any(kind in one["publishing"] for one in (await house.room())["participants"]):
            await asyncio.sleep(0)


def square(picture: av.VideoFrame) -> str:
    """The colour of the clip's square at the top left."""
    red, green, blue = (int(part) for part in picture.to_ndarray(format="rgb24")[20, 20])
    strongest = max(red, green, blue)
    return {red: "red", green: "green", blue: "blue"}[strongest]


@pytest.mark.parametrize(
    ("options", "kinds"),
    [
        ((), ["audio", "video"]),
        (("-whip_flags", "dtls_active"), ["audio", "video"]),
        (("-an",), ["video"]),
        (("-vn",), ["audio"]),
    ],
)
async def test_ffmpeg_publishes_and_our_viewer_receives(
    tmp_path: Path, clip: Clip, options: tuple[str, ...], kinds: list[str]
) -> None:
    async with a_node(tmp_path) as house:
        encoder = await asyncio.create_subprocess_exec(
            *(imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-re", "-stream_loop", "-1"),
            *("-i", str(clip.mp4), "-c", "copy", *options, "-f", "whip"),
            *("-authorization", house.ticket(), house.whip()),
        )
        try:
            viewer = Viewer(house.whep(), house.view_ticket())
            await viewer.start(patience=20)
            await viewer.until(lambda seen: all(seen[kind].packets >= 40 for kind in kinds), 20)
            room = await house.room()
            seen = await viewer.stop()
        finally:
            with suppress(ProcessLookupError):
                encoder.terminate()
            await encoder.wait()
        tracks = await asyncio.wrap_future(house.recorder.close_survey("s1"))
    assert [seen[kind].lost for kind in kinds] == [0] * len(kinds)
    assert [track["id"] for track in tracks] == [f"p1.{kind}" for kind in kinds]
    assert room["participants"][0]["publishing"] == kinds


async def test_what_ffmpeg_sends_with_its_last_word_of_dtls_is_recorded(tmp_path: Path, clip: Clip) -> None:
    """As the server it sends half a second of the clip, a key frame first, before our side has its keys."""
    async with a_node(tmp_path) as house:
        encoder = await asyncio.create_subprocess_exec(
            *(imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-re", "-i", str(clip.mp4)),
            *("-t", "3", "-c", "copy", "-f", "whip", "-authorization", house.ticket(), house.whip()),
        )
        await encoder.wait()
        await asyncio.wrap_future(house.recorder.close_survey("s1"))
    assert house.shelf.receptions["p1.video"].key_frames == 3
    assert house.shelf.receptions["p1.audio"].expected >= 3 * 50
