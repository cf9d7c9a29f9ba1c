"""GStreamer and libnice: Debian's simple-whip-client publishes, webrtcbin views by WHEP and decodes."""

import asyncio
import json
import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from media.live.clients.publisher import Publisher
from media.live.clients.sources import ClipVideo, Silence
from media.live.clients.viewer import Viewer
from tests.fixtures.clip import Clip
from tests.fixtures.processes import cannot_run
from tests.integration.media.namespaces import a_node_apart, without_igd
from tests.integration.media.test_clients import annex_b
from tests.run import GSTREAMER, has_webrtcbin

PICTURE = (
    "videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=180,framerate=25/1 ! "
    "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=25 bitrate=500 ! "
    "video/x-h264,profile=constrained-baseline ! rtph264pay pt=96 ssrc=2222 config-interval=-1 ! queue ! "
    "application/x-rtp,media=video,encoding-name=H264,payload=96"
)
SOUND = (
    "audiotestsrc is-live=true ! audioconvert ! opusenc ! rtpopuspay pt=111 ssrc=1111 ! queue ! "
    "application/x-rtp,media=audio,encoding-name=OPUS,payload=111"
)


@pytest.fixture(autouse=True)
def _gstreamer() -> None:
    if not has_webrtcbin():
        cannot_run(f"GStreamer against the node (apt-get install -y --no-install-recommends {' '.join(GSTREAMER)})")


async def test_the_whip_client_publishes(tmp_path: Path) -> None:
    if shutil.which("whip-client") is None:
        cannot_run("simple-whip-client against the node (apt-get install -y simple-whip-client)")
    async with a_node_apart(tmp_path) as apart:
        encoder = await asyncio.create_subprocess_exec(
            *(*apart.within, "whip-client", "-u", apart.whip, "-t", apart.house.ticket(), "-V", PICTURE, "-A", SOUND),
            env={**os.environ, **without_igd(tmp_path)},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            viewer = Viewer(apart.whep, apart.house.view_ticket(), keep=60)
            await viewer.start(patience=20)
            await viewer.until(lambda seen: seen["video"].pictures >= 40 and seen["audio"].packets >= 40, 20)
            seen = await viewer.stop()
        finally:
            with suppress(ProcessLookupError):
                encoder.terminate()
            await encoder.wait()
        tracks = await asyncio.wrap_future(apart.house.recorder.close_survey("s1"))
    assert [seen[kind].lost for kind in ("audio", "video")] == [0, 0]
    assert any(packet[12] & 31 in (7, 24) for packet in seen["video"].kept)  # parameter sets came along
    assert sorted(track["id"] for track in tracks) == ["p1.audio", "p1.video"]


async def test_webrtcbin_views_and_decodes(tmp_path: Path, clip: Clip) -> None:
    async with a_node_apart(tmp_path) as apart:
        publisher = Publisher(
            apart.whip, apart.house.ticket(), {"video": ClipVideo(annex_b(clip), clip.rate), "audio": Silence()}
        )
        await publisher.start()
        program = Path(__file__).parent / "whep_viewer.py"
        viewer = await asyncio.create_subprocess_exec(
            *(*apart.within, "/usr/bin/python3", str(program), apart.whep, apart.house.view_ticket(), "20"),
            stdout=asyncio.subprocess.PIPE,
            stderr=sys.stderr,
        )
        try:
            out, _ = await asyncio.wait_for(viewer.communicate(), 40)
        finally:
            with suppress(ProcessLookupError):
                viewer.kill()
            await viewer.wait()
        await publisher.stop()
    assert viewer.returncode == 0, out
    assert json.loads(out)["size"] == [clip.width, clip.height]
