"""A package's index page, opened from the folder without a network: it plays, seeks, and speaks both languages."""

import struct
from collections.abc import Callable, Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import av
import cv2
import numpy
import pytest
from playwright.sync_api import Browser, Locator, Page

from inspection.model.evidence import ReceivedInit, ReceivedSegment, ReceivedTrack
from inspection.model.survey import Survey
from inspection.services.clips import keep_clip, want_clip
from inspection.services.export import Making
from inspection.services.snapshots import keep_snapshot, want_snapshot
from media.wire import webm
from media.wire.fmp4 import Sample
from media.wire.frames import Stream
from server.outbound.index_page import HtmlPage
from tests.builders import NOW, Stage
from tests.fixtures.clip import Clip, run

BEGAN = 2  # seconds from the epoch to the first picture
SPLIT = ["-movflags", "frag_keyframe+empty_moov+default_base_moof", "-frag_duration", "3000000", "-f", "mp4"]


class PageStage(Stage):
    @property
    def making(self) -> Making:
        return Making(self.store, self.signer, HtmlPage("踏勘 Takan", "Asia/Shanghai"))


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at < len(data):
        size, name = struct.unpack(">I4s", data[at : at + 8])
        yield name, data[at : at + size]
        at += size


def late(moof: bytes, timescale: int) -> tuple[bytes, int]:
    """The fragment `BEGAN` seconds later, and its time in ticks."""
    place = moof.index(b"tfdt") + 8
    start = struct.unpack(">Q", moof[place : place + 8])[0] + BEGAN * timescale
    return moof[:place] + struct.pack(">Q", start) + moof[place + 8 :], start


def recorded(stage: Stage, survey: str, who: str, kind: str, source: Path) -> ReceivedTrack:
    """A real recording of the clip, one second a segment."""
    found = list(boxes(source.read_bytes()))
    init = b"".join(data for name, data in found if name in (b"ftyp", b"moov"))
    place = init.index(b"mdhd") + 4
    timescale = struct.unpack(">I", init[place + 12 : place + 16])[0]
    pairs = zip([data for name, data in found if name == b"moof"], [d for n, d in found if n == b"mdat"], strict=True)
    pieces, starts = [], []
    for moof, mdat in pairs:
        shifted, start = late(moof, timescale)
        pieces.append(shifted + mdat)
        starts.append(start)
    ends = [*starts[1:], starts[-1] + timescale]
    digests = [sha256(piece).hexdigest() for piece in pieces]
    stage.store |= dict(zip(digests, pieces, strict=True)) | {sha256(init).hexdigest(): init}
    own = sha256(init).hexdigest()
    track = ReceivedTrack(
        f"{who}.{kind}", survey, who, kind, "H264" if kind == "video" else "opus", timescale, NOW,
        (ReceivedInit(own, len(init), "avc1.42e01f" if kind == "video" else "opus", 640, 360, True),),
        tuple(
            ReceivedSegment(digest, own, len(piece), start, end - start, True, True)
            for digest, piece, start, end in zip(digests, pieces, starts, ends, strict=True)
        ),
        (), {},
    )  # fmt: skip
    with stage.office.write() as work:
        work.receptions.rows[track.id] = track
    return track


def recorded_as_webm(stage: Stage, survey: str, who: str, source: Path) -> ReceivedTrack:
    """The same in VP8, as our recorder writes it."""
    with av.open(str(source)) as file:
        sent = [one for one in file.demux() if one.size]
        packets = [(bytes(one), one.is_keyframe, (one.pts or 0) / 1000) for one in sent]
    init = webm.init(Stream("vp8", 640, 360), 90_000)
    groups: dict[int, list[Sample]] = {}
    for data, key, second in packets:
        at, length = round((BEGAN + second) * 90_000), 90_000 // 20
        groups.setdefault(int(second + 0.001), []).append(Sample(at, length, [data], len(data), key))
    pieces = [b"".join(webm.cluster(samples, 90_000)) for samples in groups.values()]
    digests = [sha256(piece).hexdigest() for piece in pieces]
    own = sha256(init).hexdigest()
    stage.store |= dict(zip(digests, pieces, strict=True)) | {own: init}
    track = ReceivedTrack(
        f"{who}.video", survey, who, "video", "VP8", 90_000, NOW,
        (ReceivedInit(own, len(init), "vp8", 640, 360, True),),
        tuple(
            ReceivedSegment(digest, own, len(piece), samples[0].time, 90_000, True, True)
            for digest, piece, samples in zip(digests, pieces, groups.values(), strict=True)
        ),
        (), {},
    )  # fmt: skip
    with stage.office.write() as work:
        work.receptions.rows[track.id] = track
    return track


@pytest.fixture(scope="module")
def folder(clip: Clip, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("package")
    run(["-i", str(clip.mp4), "-map", "0:v", "-c", "copy", *SPLIT, str(place / "v.mp4")])
    return packed(clip, place, lambda stage, survey, who: recorded(stage, survey, who, "video", place / "v.mp4"))


@pytest.fixture(scope="module")
def vp8_folder(clip: Clip, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("vp8")
    coding = ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-lag-in-frames", "0"]
    keys = ["-auto-alt-ref", "0", "-b:v", "1M", "-g", "20", "-keyint_min", "20"]
    run(["-i", str(clip.y4m), *coding, *keys, str(place / "v.webm")])
    return packed(clip, place, lambda stage, survey, who: recorded_as_webm(stage, survey, who, place / "v.webm"))


def packed(clip: Clip, place: Path, video: Callable[[Stage, str, str], ReceivedTrack]) -> Path:
    """A case with one survey, a snapshot and a finding, as a package in a folder."""
    stage = PageStage()
    run(["-i", str(clip.mp4), "-map", "0:a", "-c", "copy", *SPLIT, str(place / "a.mp4")])
    run(["-ss", "4.5", "-i", str(clip.mp4), "-frames:v", "1", str(place / "still.jpg")])
    survey, _ = stage.opened()
    guest = stage.consented(survey.id)
    track = video(stage, survey.id, guest.id)
    recorded(stage, survey.id, guest.id, "audio", place / "a.mp4")
    stage.later(seconds=30)
    moment = int((BEGAN + 4.5) * track.timescale)
    wanted = want_snapshot(
        stage.office, stage.inspector, survey.id, track.id, moment, "washing", stage.now, stage.new_id
    )
    parent = next(one for one in track.segments if one.start <= moment < one.end).digest
    picture = (place / "still.jpg").read_bytes()
    keep_snapshot(stage.office, stage.store, stage.signer, wanted.id, picture, 640, 360, moment, parent, stage.now)
    stage.found(survey, "washing", snapshots=(wanted.id,))
    ended = stage.ended(survey)
    clipped(stage, ended, clip.mp4.read_bytes())
    for path, data in stage.exported(ended).items():
        (place / "bag" / path).parent.mkdir(parents=True, exist_ok=True)
        (place / "bag" / path).write_bytes(data)
    return place / "bag"


def clipped(stage: Stage, survey: Survey, data: bytes) -> None:
    """A clip of two seconds of the picture."""
    evidence = next(one for one in stage.evidence(survey.id) if (one.track or "").endswith(".video"))
    start, end = (BEGAN + 1) * 1_000_000, (BEGAN + 3) * 1_000_000
    wish = want_clip(
        stage.office, stage.signer, stage.inspector, survey.case, evidence.id, start, end, stage.now, stage.new_id
    )
    facts = {"end_us": end, "start_us": start, "tracks": []}
    digest = sha256(data).hexdigest()
    keep_clip(stage.office, stage.store, stage.signer, wish.id, digest, BytesIO(data), len(data), facts, stage.now)


def colour(shown: Locator) -> str:
    """Of the square at the top left, from a picture of the page: a file's own pixels are kept from its script."""
    image = cv2.imdecode(numpy.frombuffer(shown.screenshot(), numpy.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    blue, green, red = (int(part) for part in image[image.shape[0] // 8, image.shape[1] // 16])
    return "red" if red > max(green, blue) else "green" if green > blue else "blue"


def until(page: Page, condition: str) -> None:
    """Playwright's own waiting needs `eval`, which the page's policy forbids."""
    look = (
        f"() => new Promise((done) => {{ const look = () => ({condition} ? done() : setTimeout(look, 20)); look(); }})"
    )
    page.evaluate(look)


def opened(chromium: Browser, folder: Path, size: tuple[int, int] = (1280, 800), scheme: str = "light") -> Page:
    context = chromium.new_context(
        viewport={"width": size[0], "height": size[1]},
        offline=True,
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page = context.new_page()
    page.goto((folder / "index.html").as_uri())
    until(page, "[...document.querySelectorAll('video, audio')].every((one) => one.readyState > 0)")
    return page


def test_it_plays_picture_and_sound_on_one_clock(chromium: Browser, folder: Path) -> None:
    page = opened(chromium, folder)
    page.click("[data-play]")
    until(page, f"document.querySelector('video').currentTime > {BEGAN + 1.2}")
    sound, picture = page.evaluate("() => ['audio', 'video'].map((name) => document.querySelector(name).currentTime)")
    assert abs(sound - picture) < 0.4
    assert page.evaluate("document.querySelector('audio').webkitAudioDecodedByteCount") > 0
    page.click("[data-play]")
    assert page.evaluate("document.querySelector('video').paused")


@pytest.mark.parametrize(("second", "expected"), [(0.5, "red"), (1.5, "green"), (5.5, "blue"), (3.5, "red")])
def test_seeking_shows_the_very_second(chromium: Browser, folder: Path, second: float, expected: str) -> None:
    page = opened(chromium, folder)
    page.eval_on_selector(
        "[data-seek]", "(one, at) => { one.value = at; one.dispatchEvent(new Event('input')); }", BEGAN + second
    )
    until(
        page,
        f"Math.abs(document.querySelector('video').currentTime - {BEGAN + second}) < 0.1 "
        "&& !document.querySelector('video').seeking && document.querySelector('video').readyState > 1",
    )
    assert colour(page.locator("video").first) == expected


def test_vp8_plays_and_seeks_too(chromium: Browser, vp8_folder: Path) -> None:
    page = opened(chromium, vp8_folder)
    assert page.evaluate("document.querySelector('video').currentSrc").endswith(".webm")
    page.click("[data-play]")
    until(page, f"document.querySelector('video').currentTime > {BEGAN + 1.2}")
    sound, picture = page.evaluate("() => ['audio', 'video'].map((name) => document.querySelector(name).currentTime)")
    assert abs(sound - picture) < 0.4
    page.click("[data-play]")
    for second, expected in ((5.5, "blue"), (1.5, "green"), (3.5, "red")):
        page.eval_on_selector(
            "[data-seek]", "(one, at) => { one.value = at; one.dispatchEvent(new Event('input')); }", BEGAN + second
        )
        until(
            page,
            f"Math.abs(document.querySelector('video').currentTime - {BEGAN + second}) < 0.1 "
            "&& !document.querySelector('video').seeking && document.querySelector('video').readyState > 1",
        )
        assert colour(page.locator("video").first) == expected


def test_a_snapshot_leads_to_its_moment(chromium: Browser, folder: Path) -> None:
    page = opened(chromium, folder)
    assert page.evaluate("document.querySelector('.stills img').naturalWidth") == 640
    page.click(".stills a")
    until(page, f"Math.abs(document.querySelector('video').currentTime - {BEGAN + 4.5}) < 0.1")


def test_a_clip_plays_by_itself(chromium: Browser, folder: Path) -> None:
    page = opened(chromium, folder)
    one = page.locator("video[src*='clips/']")
    one.evaluate("(video) => { video.muted = true; return video.play(); }")
    until(page, "document.querySelector(\"video[src*='clips/']\").currentTime > 0.3")
    assert page.get_by_role("link", name="剪辑").is_visible()


@pytest.mark.parametrize("size", [(1280, 800), (360, 740)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_speaks_both_languages_and_fits(
    chromium: Browser, folder: Path, artefacts: Path, size: tuple[int, int], scheme: str
) -> None:
    page = opened(chromium, folder, size, scheme)
    for language, word in (("zh-CN", "核查结论"), ("en", "Findings")):
        if language == "en":
            page.click("[data-language]")
        assert page.get_by_role("heading", name=word).is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        page.screenshot(path=artefacts / f"package-{language}-{size[0]}-{scheme}.png", full_page=True)


def test_without_script_every_file_can_still_be_played(chromium: Browser, folder: Path) -> None:
    page = chromium.new_context(java_script_enabled=False, offline=True).new_page()
    page.goto((folder / "index.html").as_uri())
    assert page.locator("video[controls]").first.is_visible()
    assert page.locator("audio[controls]").is_visible()
