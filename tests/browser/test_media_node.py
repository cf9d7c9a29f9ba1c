"""Chromium against the media node alone: it publishes and plays by WHIP and WHEP, without our pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from media.client import WHEP_PATH, WHIP_PATH
from server.roles.bench_node import NODE, RunningNode, started
from tests.browser.senses import hears, sees
from tests.fixtures.clip import Clip

# What both sides do with an offer; the page lies at the node's own origin, so that no other rule applies.
TALK = """const talk = async (peer, url, token) => {
  await peer.setLocalDescription();
  const headers = {Authorization: `Bearer ${token}`, "Content-Type": "application/sdp"};
  const response = await fetch(url, {method: "POST", headers, body: peer.localDescription.sdp});
  if (response.status !== 201) throw new Error(await response.text());
  await peer.setRemoteDescription({type: "answer", sdp: await response.text()});
  const connected = () => peer.connectionState === "connected";
  while (!connected()) await new Promise((go) => { peer.onconnectionstatechange = go; });
  return response.headers.get("Location");
};"""
PUBLISH = (
    "async ([url, token]) => {"
    + TALK
    + """
  const peer = window.peer = new RTCPeerConnection();
  const stream = await navigator.mediaDevices.getUserMedia({video: true, audio: {
    echoCancellation: false, noiseSuppression: false, autoGainControl: false}});
  for (const track of stream.getTracks()) {
    peer.addTransceiver(track, {direction: "sendonly", streams: [stream]});
  }
  window.channel = peer.createDataChannel("takan");
  return await talk(peer, url, token);
}"""
)
VIEW = (
    "async ([url, token]) => {"
    + TALK
    + """
  const peer = window.peer = new RTCPeerConnection();
  peer.addTransceiver("video", {direction: "recvonly"});
  peer.addTransceiver("audio", {direction: "recvonly"});
  const stream = new MediaStream(), video = document.createElement("video");
  peer.ontrack = (event) => stream.addTrack(event.track);
  window.messages = [];
  const channel = peer.createDataChannel("takan");
  channel.onmessage = (event) => window.messages.push(JSON.parse(event.data));
  const location = await talk(peer, url, token);
  video.srcObject = stream; document.body.append(video); await video.play();
  return location;
}"""
)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[RunningNode]:
    with started(tmp_path, record=True) as running:
        yield running


def open_page(browser: Browser, node: RunningNode) -> Page:
    page = browser.new_context(permissions=["camera", "microphone"]).new_page()
    page.goto(node.url + "/health")
    return page


def publish(page: Page, node: RunningNode) -> str:
    path = WHIP_PATH.format(node=NODE, survey="s1", participant="ann")
    return str(page.evaluate(PUBLISH, [path, node.sign("s1", "ann", "publish")]))


def view(page: Page, node: RunningNode) -> str:
    path = WHEP_PATH.format(node=NODE, survey="s1", participant="ann")
    return str(page.evaluate(VIEW, [path, node.sign("s1", "ivy", "view")]))


def test_chromium_is_seen_and_heard_by_chromium_and_comes_back(
    chromium: Browser, node: RunningNode, clip: Clip
) -> None:
    camera, desk = open_page(chromium, node), open_page(chromium, node)
    publish(camera, node)
    view(desk, node)
    sees(desk, "video")
    hears(desk, "video", clip.tone)
    camera.reload()  # the applicant's page is reloaded: nothing is said to the node
    publish(camera, node)
    sees(desk, "video")
    hears(desk, "video", clip.tone)
    told = desk.evaluate("messages.map((message) => message.kind)")
    assert "publishing" in told
    for page in (camera, desk):
        page.context.close()
