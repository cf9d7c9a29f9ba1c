"""A track goes on in its codec also after its node was started anew."""

import time
from pathlib import Path

from aiohttp import ClientSession

from media.live.sdp import parse
from media.ports import Track
from media.record import Recorder
from storage.spool import FolderSpool
from tests.fixtures.processes import until
from tests.integration.media.nodes import House, Shelf, a_node
from tests.unit.media.coded import CodedSender
from tests.unit.media.streams import EPOCH_US
from tests.unit.media.test_wire_codecs import CLIPS

OFFERS = Path(__file__).parents[2] / "unit" / "media" / "offers"


async def post(house: House, offer: str) -> tuple[int, str]:
    """Status and body of the answer to a stored offer."""
    headers = {"Authorization": f"Bearer {house.ticket()}", "Content-Type": "application/sdp"}
    text = (OFFERS / offer).read_text()
    async with ClientSession() as http, http.post(house.whip(), data=text, headers=headers) as answer:
        return answer.status, await answer.text()


async def test_who_published_vp8_before_his_node_died_goes_on_with_it(tmp_path: Path) -> None:
    shelf = Shelf()
    recorder = Recorder(
        FolderSpool(tmp_path / "spool"), shelf, shelf, lambda: time.time_ns() // 1000, lambda track: None
    )
    recorder.start()
    door = recorder.begin(Track("p1.video", "s1", "p1", "video", "VP8", 90_000, EPOCH_US, "n1"))
    door.feed(CodedSender("VP8").send(CLIPS["VP8"]))
    await until("it is recorded", lambda: any(one.end for one in recorder.tracks("s1")))
    recorder.close()
    async with a_node(tmp_path) as house:
        status, answer = await post(house, "chromium-publish.sdp")
        video = parse(answer).first("video")
        assert status == 201
        assert video is not None
        assert video.codecs[0].name == "VP8"
        status, problem = await post(house, "ffmpeg-video-only.sdp")  # H.264 alone
        assert status == 406
        assert "codec-refused" in problem


async def test_who_is_new_is_given_h264(tmp_path: Path) -> None:
    async with a_node(tmp_path) as house:
        _, answer = await post(house, "chromium-publish.sdp")
        video = parse(answer).first("video")
        assert video is not None
        assert video.codecs[0].name == "H264"
