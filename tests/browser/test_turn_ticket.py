"""Through the whole office by a relay alone: a ticket brings the TURN servers, and credentials that expire."""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from server.roles import demo
from server.roles.demo_instance import instance
from tests.browser.senses import sees
from tests.browser.test_media_node import TALK
from tests.fixtures.chromium import LaunchChromium
from tests.fixtures.clip import Clip
from tests.fixtures.processes import wait_until
from tests.integration.media.test_turn import SECRET, coturn

PUBLISH = (
    "async ({url, token, ice_servers}) => {"
    + TALK
    + """
  const peer = window.peer = new RTCPeerConnection({iceServers: ice_servers, iceTransportPolicy: "relay"});
  const stream = await navigator.mediaDevices.getUserMedia({video: true, audio: true});
  for (const track of stream.getTracks()) peer.addTransceiver(track, {direction: "sendonly", streams: [stream]});
  await talk(peer, url, token);
}"""
)
VIEW = (
    "async ({url, token, ice_servers}) => {"
    + TALK
    + """
  const peer = window.peer = new RTCPeerConnection({iceServers: ice_servers, iceTransportPolicy: "relay"});
  const stream = new MediaStream(), video = document.createElement("video");
  for (const kind of ["video", "audio"]) peer.addTransceiver(kind, {direction: "recvonly"});
  peer.ontrack = (event) => stream.addTrack(event.track);
  await talk(peer, url, token);
  video.srcObject = stream; video.muted = true; document.body.append(video); await video.play();
}"""
)
USED = """async () => {
  const all = await peer.getStats();
  const pair = [...all.values()].find((one) => one.type === "candidate-pair" && one.nominated);
  return all.get(pair.localCandidateId).candidateType;
}"""


def test_a_ticket_from_the_office_opens_the_relay(launch_chromium: LaunchChromium, clip: Clip, tmp_path: Path) -> None:
    browser = launch_chromium(clip)
    with coturn(tmp_path) as (port, _):
        config = tmp_path / "takan.toml"
        url = f"turn:127.0.0.1:{port}?transport=udp"
        config.write_text(f'[turn]\nurls = ["{url}"]\nsecret = "{SECRET}"\n')
        with instance(tmp_path / "data", config) as office:
            cast, _, survey = demo.begin(office, tmp_path / "data", config)
            who = cast.applicant.get("me")["me"]["id"]
            publish = cast.applicant.post(f"surveys/{survey}/tickets", {"direction": "publish", "participant": who})
            view = cast.inspector.post(f"surveys/{survey}/tickets", {"direction": "view", "participant": who})
            told(publish, url, who)
            phone, desk = page_of(browser, office), page_of(browser, office)
            phone.evaluate(PUBLISH, publish)
            wait_until("he publishes", lambda: cast.inspector.get(f"surveys/{survey}/room")["recording"], 30)
            desk.evaluate(VIEW, view)
            sees(desk, "video")
            assert phone.evaluate(USED) == desk.evaluate(USED) == "relay"
            refused(phone, publish)
            for page in (phone, desk):
                page.context.close()


def told(ticket: dict[str, Any], url: str, who: str) -> None:
    (server,) = ticket["ice_servers"]
    assert server["urls"] == url
    assert re.fullmatch(rf"\d{{10}}:{who}", server["username"])
    assert SECRET not in str(ticket)


def refused(page: Page, ticket: dict[str, Any]) -> None:
    """Credentials whose end was put off by hand open nothing."""
    (server,) = ticket["ice_servers"]
    forged = server | {"username": "9" + server["username"][1:]}
    gathered = page.evaluate(
        """async (server) => {
          const peer = new RTCPeerConnection({iceServers: [server], iceTransportPolicy: "relay"}), found = [];
          peer.onicecandidate = (event) => event.candidate && found.push(event.candidate.candidate);
          peer.createDataChannel("x");
          await peer.setLocalDescription();
          while (peer.iceGatheringState !== "complete") {
            await new Promise((go) => { peer.onicegatheringstatechange = go; });
          }
          peer.close();
          return found.filter((one) => one.includes("relay")).length;
        }""",
        forged,
    )
    assert gathered == 0


def page_of(browser: Any, office: str) -> Page:
    page: Page = browser.new_context(permissions=["camera", "microphone"]).new_page()
    page.goto(f"{office}/sign-in")
    return page
