"""Chromium plays a recording through everything that a phone may do: each picture at its moment, each gap a hole."""

import base64

import pytest
from playwright.sync_api import Browser

from tests.unit.media.difficult import FRAME_US, PARTS, film, moments, pieces
from tests.unit.media.recording import VIDEO, Bench, until
from tests.unit.media.streams import grey_of, pictures
from tests.unit.media.test_wire_presentation import sent

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


def test_pictures_that_are_decoded_in_another_order_are_shown_in_theirs(chromium: Browser) -> None:
    """A recording with B-frames: one range without a hole, each picture at its moment, across a segment's end."""
    clip = pictures(360, gop=150, between=3)
    with Bench() as bench:
        door = bench.recorder.begin(VIDEO)
        door.feed(sent(clip))
        until(lambda: not door.waiting)
        bench.recorder.close_survey("s").result(20)
        parts = [base64.b64encode(piece).decode() for piece in pieces(bench, "p.video")]
        codecs = next(one.codecs for one in bench.index.inits.values())
        assert len(bench.index.segments) > 1
    page = chromium.new_context().new_page()
    page.goto("about:blank")
    ((start, end),) = page.evaluate(LOAD, [codecs, parts])
    assert (start, end) == (pytest.approx(DELAY, abs=0.001), pytest.approx(12 + DELAY, abs=0.07))
    for turn in (0, 1, 2, 3, 4, 5, 31, 149, 150, 151, 152, 153, 299, 300, 301, 355, 359):
        seen = page.evaluate(LOOK, (turn + 0.5) * FRAME_US / 1e6 + DELAY)
        assert seen["grey"] == pytest.approx(grey_of(turn), abs=4), turn
    assert page.evaluate(PLAY, [4.0, 6.0])
    page.context.close()
