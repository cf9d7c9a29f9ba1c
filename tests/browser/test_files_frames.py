"""Frame truth in Chromium: the picture that it presents, by the number in its pixels, is the one of the table."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from media.files.examine import examine
from media.files.package import Package, package, times
from media.files.source import LocalFile
from media.files.stamps import carry
from media.files.transcode import ladder, transcode
from tests.fixtures.chromium import LaunchChromium
from tests.unit.media.films import X264, make, numbered

BITS = 15
PLAY = """async ([parts, mime, seeks, bits]) => {
  const video = document.createElement("video");
  document.body.append(video);
  const media = new MediaSource();
  video.src = URL.createObjectURL(media);
  await new Promise((done) => (media.onsourceopen = done));
  const buffer = media.addSourceBuffer(mime);
  for (const part of parts) {
    buffer.appendBuffer(Uint8Array.from(atob(part), (c) => c.charCodeAt(0)));
    await new Promise((done) => (buffer.onupdateend = done));
  }
  media.endOfStream();
  const canvas = document.createElement("canvas");
  const drawn = canvas.getContext("2d", { willReadFrequently: true });
  const seen = [];
  for (const seek of seeks) {
    const frame = new Promise((done) => {
      video.requestVideoFrameCallback((_, facts) => done(facts.mediaTime));
      setTimeout(() => done(-1), 10000);
    });
    video.currentTime = seek;
    const time = await frame;
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    drawn.drawImage(video, 0, 0);
    let number = 0;
    for (let n = 0; n < bits; n++) {
      const turned = video.videoHeight > video.videoWidth;
      const along = n * 16 + 8;
      const [x, y] = turned ? [8, video.videoHeight - along] : [along, 8];
      if (drawn.getImageData(x, y, 1, 1).data[1] > 128) number += 2 ** n;
    }
    seen.push([time, number]);
  }
  return seen;
}"""


@pytest.fixture
def page(launch_chromium: LaunchChromium) -> Iterator[Page]:
    page = launch_chromium().new_page()
    page.goto("data:text/html,<body></body>")
    yield page
    page.close()


def seen(page: Page, made: Package, folder: Path, seconds: list[float]) -> list[tuple[float, int]]:
    """Media time and number of the pictures presented at these moments; only the segments needed are given."""
    track = made.tracks[0]
    data = (folder / track.file).read_bytes()
    wanted = [
        one
        for one in track.segments
        if any(one.start <= at * track.timescale < one.start + one.duration for at in seconds)
    ]
    parts = [data[: track.init], *(data[one.offset : one.offset + one.size] for one in wanted)]
    coded = [base64.b64encode(part).decode() for part in parts]
    answer: list[Any] = page.evaluate(PLAY, [coded, f'video/mp4; codecs="{track.codecs}"', seconds, BITS])
    return [(float(time), int(number)) for time, number in answer]


SOURCES = {
    "constant": ("-g", "25", "-bf", "2"),
    "variable": (
        "-vf",
        "settb=1/1000,setpts='N*40+mod(N,3)*10'",
        "-fps_mode",
        "passthrough",
        "-enc_time_base",
        "1/1000",
    ),
    "turned": ("-g", "25", "-bf", "2"),
    "edited": ("-g", "25", "-bf", "2"),
}


@pytest.mark.parametrize("name", SOURCES)
def test_the_presented_picture_is_the_one_of_the_table(page: Page, tmp_path: Path, name: str) -> None:
    path = make(tmp_path / "source.mp4", *numbered(4, bits=BITS), *X264, *SOURCES[name])
    before = 0
    if name == "turned":
        path = make(tmp_path / "turned.mp4", "-display_rotation", "90", "-i", str(path), "-c", "copy")
    if name == "edited":
        path = make(tmp_path / "edited.mp4", "-ss", "1.5", "-i", str(path), "-c", "copy")
    media = examine(LocalFile(path))
    source = times(LocalFile(path), media)
    if name == "edited":
        before = 100 - len(source)
    film = path if media.playable else transcode(path, media, ladder(media)[0], tmp_path / "low.mp4")
    made = package(LocalFile(film), examine(LocalFile(film)), tmp_path)
    assert made.stamps is not None
    numbers = [0, 1, 2, 25, 49, 60, len(source) - 1]
    found = seen(page, made, tmp_path, [float(made.stamps.middle(n)) for n in numbers])
    assert [number - before for _, number in found] == numbers
    assert [made.stamps.index(time) for time, _ in found] == numbers
    assert [carry(made.stamps, source, made.stamps.index(time)) for time, _ in found] == numbers


def test_an_hour_later_it_still_is(page: Page, tmp_path: Path) -> None:
    path = make(tmp_path / "long.mp4", *numbered(3710, rate=5, bits=BITS), *X264, "-g", "20", "-bf", "2")
    media = examine(LocalFile(path))
    made = package(LocalFile(path), media, tmp_path)
    assert made.stamps is not None
    numbers = [18_500, 18_501, 18_503]  # 3,700 s
    found = seen(page, made, tmp_path, [float(made.stamps.middle(n)) for n in numbers])
    assert [number for _, number in found] == numbers
    assert [made.stamps.index(time) for time, _ in found] == numbers
    low = transcode(path, media, ladder(media)[0], tmp_path / "low.mp4")
    other = times(LocalFile(low), examine(LocalFile(low)))
    assert len(other) == len(made.stamps)
    assert other.moment(18_500) == made.stamps.moment(18_500)
