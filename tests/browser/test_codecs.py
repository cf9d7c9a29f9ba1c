"""Chromium publishes VP8, VP9 and AV1: another Chromium sees it, and what is recorded plays there too."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from media.client import WHIP_PATH
from server.roles.bench_node import NODE, RunningNode, started
from storage.objects.local import LocalObjects
from tests.browser.senses import sees
from tests.browser.test_media_node import TALK, open_page, view
from tests.browser.test_recording_plays import LOAD, LOOK
from tests.fixtures.clip import Clip
from tests.fixtures.processes import wait_until

PUBLISH = (
    "async ([url, token, codec]) => {"
    + TALK
    + """
  const peer = window.peer = new RTCPeerConnection();
  const stream = await navigator.mediaDevices.getUserMedia({video: true, audio: true});
  const all = RTCRtpSender.getCapabilities("video").codecs;
  const wanted = all.filter((one) => [`video/${codec}`, "video/rtx"].includes(one.mimeType));
  for (const track of stream.getTracks()) {
    const transceiver = peer.addTransceiver(track, {direction: "sendonly", streams: [stream]});
    if (track.kind === "video") transceiver.setCodecPreferences(wanted);
  }
  return await talk(peer, url, token);
}"""
)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[RunningNode]:
    with started(tmp_path, record=True) as running:
        yield running


def journal(folder: Path, kind: str) -> list[dict[str, str]]:
    """What the recorder wrote down of the video."""
    path = folder / "spool" / "s1.ann.video" / "journal"
    lines = path.read_text().splitlines() if path.exists() else []
    return [entry for entry in map(json.loads, lines) if entry["kind"] == kind]


def piece(folder: Path, digest: str) -> str:
    with LocalObjects(folder / "objects").open(digest) as file:
        return base64.b64encode(file.read()).decode()


@pytest.mark.parametrize(("codec", "codecs"), [("VP8", "vp8"), ("VP9", "vp09.00."), ("AV1", "av01.0.")])
def test_chromium_is_seen_and_recorded(
    chromium: Browser, node: RunningNode, clip: Clip, tmp_path: Path, codec: str, codecs: str
) -> None:
    camera, desk = open_page(chromium, node), open_page(chromium, node)
    path = WHIP_PATH.format(node=NODE, survey="s1", participant="ann")
    camera.evaluate(PUBLISH, [path, node.sign("s1", "ann", "publish"), codec])
    view(desk, node)
    sees(desk, "video")
    wait_until("a segment is stored", lambda: journal(tmp_path, "segment"), 30)
    segment = journal(tmp_path, "segment")[0]
    init = next(one for one in journal(tmp_path, "init") if one["digest"] == segment["init"])
    wait_until("it is in the store", lambda: not (tmp_path / "spool" / "s1.ann.video" / segment["file"]).exists(), 30)
    assert init["codecs"].startswith(codecs)
    pieces = [piece(tmp_path, init["digest"]), piece(tmp_path, segment["digest"])]
    review = chromium.new_context().new_page()
    review.goto("about:blank")
    ((begin, end),) = review.evaluate(LOAD, [init["codecs"], pieces])
    assert end - begin > 3.5
    seen = review.evaluate(LOOK, (begin + end) / 2)
    assert seen["size"] == [int(init["width"]), int(init["height"])]
    for page in (camera, desk, review):
        page.context.close()
