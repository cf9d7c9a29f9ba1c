"""The browser itself: its camera and microphone give what the clip says."""

import pytest
from playwright.sync_api import Browser

from tests.fixtures.axe import Violations

LISTEN = """async () => {
  const stream = await navigator.mediaDevices.getUserMedia({video: true, audio: {echoCancellation: false,
    noiseSuppression: false, autoGainControl: false}});
  const video = document.createElement("video");
  video.srcObject = stream; video.muted = true; await video.play();
  const canvas = document.createElement("canvas"); canvas.width = 64; canvas.height = 36;
  const pen = canvas.getContext("2d", {willReadFrequently: true});
  const sound = new AudioContext(); await sound.resume();
  const ear = sound.createAnalyser(); ear.fftSize = 2048; ear.smoothingTimeConstant = 0;
  sound.createMediaStreamSource(stream).connect(ear);
  const bins = new Uint8Array(ear.frequencyBinCount), seen = new Set(); let beep = 0;
  const end = performance.now() + 8000;
  while (performance.now() < end && (seen.size < 3 || !beep)) {
    await new Promise(requestAnimationFrame);
    pen.drawImage(video, 0, 0, 64, 36);
    const [r, g, b] = pen.getImageData(4, 4, 1, 1).data;
    if (r > 180 && g < 80 && b < 80) seen.add("red");
    if (g > 90 && r < 80 && b < 80) seen.add("green");
    if (b > 180 && r < 80 && g < 80) seen.add("blue");
    ear.getByteFrequencyData(bins);
    const loudest = bins.indexOf(Math.max(...bins));
    if (bins[loudest] > 120) beep = Math.round(loudest * sound.sampleRate / ear.fftSize);
  }
  return {seen: [...seen].sort(), beep};
}"""


def test_the_camera_and_the_microphone_play_the_clip(chromium: Browser) -> None:
    page = chromium.new_page()
    page.route("**/*", lambda route: route.fulfill(content_type="text/html", body="<!doctype html><title>t</title>"))
    page.goto("http://127.0.0.1/")
    heard = page.evaluate(LISTEN)
    page.close()
    assert heard["seen"] == ["blue", "green", "red"]
    assert abs(heard["beep"] - 1000) < 60


@pytest.mark.parametrize(("part", "rule"), [("<p>well</p>", ""), ('<img src="x.png">', "image-alt")])
def test_axe_judges_a_page_under_a_strict_policy(
    chromium: Browser, violations: Violations, part: str, rule: str
) -> None:
    body = f'<!doctype html><html lang="en"><title>t</title><main><h1>t</h1>{part}</main></html>'
    policy = {"Content-Security-Policy": "default-src 'self'"}
    page = chromium.new_page()
    page.route("**/*", lambda route: route.fulfill(content_type="text/html", headers=policy, body=body))
    page.goto("http://127.0.0.1/")
    found = {line.partition(":")[0] for line in violations(page)}
    page.close()
    assert found == ({rule} if rule else set())
