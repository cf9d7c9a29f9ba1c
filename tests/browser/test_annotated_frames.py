"""What is marked on a rendition opens on the same picture of the original and of every other rendition, in Chromium:
each picture carries its number in its pixels, the players play files as they lie."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from playwright.sync_api import Page

from inspection.model.annotation import Annotation
from inspection.model.upload import JobState, Limits
from inspection.services.admit_upload import admit_upload
from inspection.services.annotate import Drawn, annotate
from inspection.services.media_jobs import end_job, keep_renditions, want_jobs
from inspection.services.receive_upload import begin_upload
from inspection.services.spot import Sight
from media.files.examine import examine
from media.files.package import package, times
from media.files.source import LocalFile
from media.files.stamps import packed
from media.files.transcode import ladder, transcode
from tests.builders import NOW, Stage
from tests.fake_uploads import FakeUploadStore
from tests.fixtures.chromium import LaunchChromium
from tests.unit.media.films import X264, make, numbered

BITS = 15
GOP = ("-g", "25", "-bf", "2")
OPEN = """async ([name, coded]) => {
  const bytes = Uint8Array.from(atob(coded), (c) => c.charCodeAt(0));
  const video = document.createElement("video");
  video.height = 60;
  document.body.append(video);
  video.src = URL.createObjectURL(new Blob([bytes], { type: "video/mp4" }));
  const tell = (_, facts) => {
    video.presented = facts.mediaTime;
    video.requestVideoFrameCallback(tell);
  };
  video.requestVideoFrameCallback(tell);
  await new Promise((done, failed) => {
    video.onloadeddata = done;
    video.onerror = () => failed(video.error.message);
  });
  window.films = { ...window.films, [name]: video };
}"""
LOOK = """async ([name, seek, bits]) => {
  const video = window.films[name];
  const seeked = new Promise((done) => video.addEventListener("seeked", done, { once: true }));
  video.currentTime = seek;
  await seeked;
  for (let n = 0; n < 3; n++) await new Promise(requestAnimationFrame); // the frame callback comes with the rendering
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  const drawn = canvas.getContext("2d");
  drawn.drawImage(video, 0, 0);
  const turned = video.videoHeight > video.videoWidth;
  const scale = (turned ? video.videoHeight : video.videoWidth) / 320;
  let number = 0;
  for (let n = 0; n < bits; n++) {
    const along = (n * 16 + 8) * scale;
    const [x, y] = turned ? [8 * scale, video.videoHeight - along] : [along, 8 * scale];
    if (drawn.getImageData(x, y, 1, 1).data[1] > 128) number += 2 ** n;
  }
  return [video.presented, number];
}"""


@dataclass
class Player:
    """One film in a `<video>` element."""

    page: Page
    name: str

    def look(self, seconds: float) -> tuple[float, int]:
        """Seek there: the media time that the browser presents, and the number in the picture."""
        time, number = self.page.evaluate(LOOK, [self.name, seconds, BITS])
        return float(time), int(number)


@pytest.fixture
def play(launch_chromium: LaunchChromium) -> Iterator[Callable[[dict[str, Path]], dict[str, Player]]]:
    """All of them in one page, which is seen: one in the background presents nothing."""
    page = launch_chromium().new_page()
    page.goto("data:text/html,<body></body>")

    def opened(files: dict[str, Path]) -> dict[str, Player]:
        for name, path in files.items():
            page.evaluate(OPEN, [name, base64.b64encode(path.read_bytes()).decode()])
        return {name: Player(page, name) for name in files}

    yield opened
    page.close()


Play = Callable[[dict[str, Path]], dict[str, Player]]


class Desk:
    """An office that holds one film, its renditions and the worker's table of its pictures."""

    def __init__(self, film: Path, files: dict[str, Path]) -> None:
        self.stage = Stage()
        self.survey, _ = self.stage.opened()
        stage, source = self.stage, LocalFile(film)
        digest, size = sha256(film.read_bytes()).hexdigest(), film.stat().st_size
        limits = Limits(1 << 30, 10, frozenset({"video"}))
        began = begin_upload(
            stage.office, FakeUploadStore(stage.store), stage.inspector, self.survey.id, film.name, size, {}, limits,
            timedelta(days=7), NOW, stage.new_id,
        )  # fmt: skip
        self.evidence = admit_upload(stage.office, stage.signer, began.id, digest, "video", "mov", NOW).id
        table = json.dumps(packed(times(source, examine(source)))).encode()
        kept = {"stamps.json": self._kept(table)} | {
            name: self._kept(path.read_bytes()) for name, path in files.items()
        }
        keep_renditions(stage.office, self.evidence, kept, NOW, stage.new_id)
        job = want_jobs(stage.office, self.evidence, ("package",), 10, NOW)[0]
        end_job(stage.office, job.id, JobState.DONE, NOW)

    def _kept(self, data: bytes) -> tuple[str, int, str]:
        digest = sha256(data).hexdigest()
        self.stage.store[digest] = data
        return digest, len(data), "application/octet-stream"

    def mark(self, id: str, source: str, media_time: float) -> Annotation:
        sight = Sight(self.evidence, None, source, round(media_time * 1_000_000))
        drawn = Drawn("box", ((0, 0), (50_000, 50_000)), "", "Here")
        stage = self.stage
        return annotate(
            stage.office, stage.store, stage.signer, stage.inspector, self.survey.id, id, sight, drawn, NOW
        )[0]


def constant(folder: Path) -> Path:
    return make(folder / "constant.mp4", *numbered(4, bits=BITS), *X264, *GOP)


def variable(folder: Path) -> Path:
    vary = ("-vf", "settb=1/1000,setpts='N*40+mod(N,3)*10'", "-fps_mode", "passthrough", "-enc_time_base", "1/1000")
    return make(folder / "variable.mp4", *numbered(4, bits=BITS), *X264, *vary)


def turned(folder: Path) -> Path:
    return make(folder / "turned.mp4", "-display_rotation", "90", "-i", str(constant(folder)), "-c", "copy")


def edited(folder: Path) -> Path:
    """Cut without encoding: it begins at a key frame before, and an edit list hides what is too early."""
    return make(folder / "edited.mp4", "-ss", "1.5", "-i", str(constant(folder)), "-c", "copy")


def negative(folder: Path) -> Path:
    """Its first pictures have times below zero, which an edit list hides."""
    shifted = ("-avoid_negative_ts", "disabled", "-output_ts_offset", "-0.2")
    return make(folder / "negative.mp4", "-i", str(constant(folder)), "-c", "copy", *shifted)


def late(folder: Path) -> Path:
    """The first picture comes after zero, as where sound began before it."""
    return make(folder / "late.mp4", "-i", str(constant(folder)), "-c", "copy", "-output_ts_offset", "0.3")


def stream(folder: Path) -> Path:
    """A transport stream, whose times begin anywhere; browsers are given it in fragments."""
    return make(folder / "stream.ts", "-i", str(constant(folder)), "-c", "copy")


@pytest.mark.parametrize("kind", [constant, variable, turned, edited, negative, late, stream])
def test_a_mark_on_any_of_them_opens_on_the_same_picture_of_all(
    play: Play, tmp_path: Path, kind: Callable[[Path], Path]
) -> None:
    film = kind(tmp_path)
    media = examine(LocalFile(film))
    files = renditions(film, tmp_path)
    shown = files if kind is stream else {"original": film} | files
    desk, players = Desk(film, files), play(shown)
    count = len(times(LocalFile(film), media))
    for number in (0, 1, 13, count // 2, count - 1):
        for place, (name, player) in enumerate(players.items()):
            at = float(times(LocalFile(film), media).middle(number))
            presented, seen = player.look(at)
            found = desk.mark(f"mark{number:04d}x{place}", name, presented)
            assert found.mark.instant is not None
            assert found.mark.instant.frame == number
            opened = {other: one.look(found.mark.instant.seek_us / 1e6)[1] for other, one in players.items()}
            assert set(opened.values()) == {seen}, (name, number, opened)


def test_an_hour_later_it_still_does(play: Play, tmp_path: Path) -> None:
    film = make(tmp_path / "long.mp4", *numbered(3710, rate=5, bits=BITS), *X264, "-g", "20", "-bf", "2")
    files = renditions(film, tmp_path, 1)
    desk, players = Desk(film, files), play({"original": film} | files)
    for number in (18_500, 18_501, 18_549):  # from 3,700 s to the last picture
        for place, (name, player) in enumerate(players.items()):
            presented, seen = player.look((number + 0.5) / 5)
            assert seen == number
            found = desk.mark(f"mark{number}x{place}", name, presented)
            assert found.mark.instant is not None
            opened = [one.look(found.mark.instant.seek_us / 1e6)[1] for one in players.values()]
            assert (found.mark.instant.frame, set(opened)) == (number, {number})


def renditions(film: Path, folder: Path, count: int = 2) -> dict[str, Path]:
    """As the jobs make them: lower ones encoded, and the film itself in fragments where browsers play it."""
    media = examine(LocalFile(film))
    lowest = ladder(media)[0]
    rungs = (lowest, replace(lowest, name="twice", width=lowest.width * 2, height=lowest.height * 2))[:count]
    files = {f"{rung.name}.mp4": transcode(film, media, rung, folder / f"{rung.name}.mp4") for rung in rungs}
    if media.playable:
        made = package(LocalFile(film), media, folder)
        files["video.mp4"] = folder / made.tracks[0].file
    return files
