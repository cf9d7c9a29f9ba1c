"""Chromium plays a recording through everything that a phone may do: each picture at its moment, each gap a hole."""

import base64

import pytest
from playwright.sync_api import Browser

from tests.unit.media.difficult import FRAME_US, PARTS, film, moments, pieces
from tests.unit.media.recording import Bench

DELAY = 0.02  # s from capture to arrival
LOAD = """async ([codecs, pieces]) => {
  const video = window.video = document.createElement("video"), source = new MediaSource();
  video.muted = true; document.body.append(video);
  video.src = URL.createObjectURL(source);
  await new Promise((go) => source.addEventListener("sourceopen", go, {once: true}));
  const kind = codecs === "vp8" ? "webm" : "mp4";
  const buffer = source.addSourceBuffer(`video/${kind}; codecs="${codecs}"`);
  for (const piece of pieces) {
    buffer.appendBuffer(Uint8Array.from(atob(piece), (letter) => letter.charCodeAt(0)));
    await new Promise((go) => buffer.addEventListener("updateend", go, {once: true}));
  }
  source.endOfStream();
  const at = buffer.buffered;
  return Array.from({length: at.length}, (_, n) => [at.start(n), at.end(n)]);
}"""
LOOK = """async (seconds) => {
  const shown = new Promise((go) => video.requestVideoFrameCallback(go));
  video.currentTime = seconds;
  await shown;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  const context = canvas.getContext("2d");
  context.drawImage(video, 0, 0);
  const [red] = context.getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data;
  return {grey: red, size: [video.videoWidth, video.videoHeight]};
}"""
PLAY = """async ([from, to]) => {
  video.currentTime = from;
  await video.play();
  while (video.currentTime < to) await new Promise((go) => { video.ontimeupdate = go; });
  video.pause();
  return video.error === null;
}"""


def test_a_difficult_visit_plays_through_in_chromium(chromium: Browser) -> None:
    with Bench() as bench:
        film(bench)
        parts = [base64.b64encode(piece).decode() for piece in pieces(bench, "p.video")]
        codecs = next(one.codecs for one in bench.index.inits.values() if one.track == "p.video")
    page = chromium.new_context().new_page()
    page.goto("about:blank")
    ranges = page.evaluate(LOAD, [codecs, parts])
    wanted: list[tuple[float, float]] = []
    for part in PARTS:
        start, end = part.start_us / 1e6 + DELAY, (part.start_us + part.count * FRAME_US) / 1e6 + DELAY
        if wanted and start - wanted[-1][1] < 0.1:
            wanted[-1] = (wanted[-1][0], end)
        else:
            wanted.append((start, end))
    assert [tuple(one) for one in ranges] == [pytest.approx(one, abs=0.07) for one in wanted]
    for moment in moments():
        seen = page.evaluate(LOOK, moment.seconds + DELAY)
        assert tuple(seen["size"]) == moment.size, moment
        assert seen["grey"] == pytest.approx(moment.grey, abs=4), moment
    assert page.evaluate(PLAY, [4.0, 6.0])  # across the turn of the phone
    page.context.close()
