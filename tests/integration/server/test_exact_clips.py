"""Clips exact to the picture: only the beginning is encoded anew; and clips with words in their pictures."""

import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import cv2
import numpy as np
import pytest
from imageio_ffmpeg import get_ffmpeg_exe

from inspection.model.clip import Clip
from inspection.model.errors import Invalid
from inspection.model.evidence import ReceivedInit, ReceivedSegment, ReceivedTrack, RenditionState
from inspection.services.clips import want_clip
from media.files import edges
from media.files.avc import configuration, free_number, split, with_more
from media.files.edges import exactly
from media.files.errors import Undecodable
from media.files.joined import Lane, join
from media.files.overlaid import drawn, letter_height
from media.files.samples import between, samples_in
from server.configuration import Configuration
from server.roles.clips import cut_clip
from server.services import Services
from tests.builders import Stage
from tests.integration.server.test_clips import Kept, decoded, film

__all__ = ["film"]  # fixture
SECOND = 1_000_000
CODECS = ["H264", "opus"]
Film = tuple[Kept, list[Lane]]


def pictures(path: Path) -> list[np.ndarray]:
    """All pictures of a file, decoded."""
    size = 320 * 180 * 3 // 2
    command = [get_ffmpeg_exe(), "-v", "error", "-i", str(path), "-map", "0:v", "-fps_mode", "passthrough"]
    data = subprocess.run([*command, "-f", "rawvideo", "-pix_fmt", "yuv420p", "-"], capture_output=True, check=True)
    return [np.frombuffer(data.stdout[at : at + size], np.uint8) for at in range(0, len(data.stdout), size)]


@pytest.fixture(scope="module")
def whole(film: Film, tmp_path_factory: pytest.TempPathFactory) -> list[np.ndarray]:
    """The recording's own pictures, 20 a second."""
    path = tmp_path_factory.mktemp("whole") / "whole.mp4"
    with path.open("wb") as file:
        join(film[1], film[0].__getitem__, 0, 20 * SECOND, file.write)
    return pictures(path)


@pytest.mark.parametrize(
    ("start", "end", "encoded", "first", "count"),
    [
        (5.0, 11.0, True, 100, 120),
        (5.33, 11.02, True, 106, 115),
        (5.3, 5.9, True, 106, 12),
        (4.0, 9.0, False, 80, 100),
        (4.02, 9.0, False, 80, 100),
        (0.01, 3.0, False, 0, 60),
    ],
)
def test_a_range_is_exact_to_the_picture_and_the_rest_is_copied(
    film: Film, whole: list[np.ndarray], tmp_path: Path, start: float, end: float, encoded: bool, first: int, count: int
) -> None:
    kept, lanes = film
    exact = exactly(lanes, CODECS, kept.__getitem__, round(start * SECOND), round(end * SECOND))
    assert exact is not None
    assert exact.encoded is encoded
    path = tmp_path / "clip.mp4"
    with path.open("wb") as file:
        made = join(exact.lanes, exact.load(kept.__getitem__), round(start * SECOND), round(end * SECOND), file.write)
    shown = pictures(path)
    assert len(shown) == count
    assert made.begin_us == first * SECOND // 20
    key = -(-first // 40) * 40  # a key frame every forty pictures
    for number, picture in enumerate(shown, start=first):
        if number >= key:
            assert np.array_equal(picture, whole[number])
        else:
            assert cv2.PSNR(picture, whole[number]) > 38
    frames, seconds = decoded(path)
    assert (frames, abs(seconds - (end - start)) < 0.1) == (count, True)
    assert all(set(exact.sources(used)) <= kept.keys() for used in made.used)


def test_what_cannot_be_exact_is_said(film: Film, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, lanes = film
    assert exactly(lanes, ["VP9", "opus"], kept.__getitem__, 5 * SECOND, 9 * SECOND) is None
    keyless = replace_keys(lanes[0])
    assert exactly([keyless], ["H264"], kept.__getitem__, 5 * SECOND, 9 * SECOND) is not None  # fragments say it too
    monkeypatch.setattr(edges, "LONGEST", 0)
    assert exactly(lanes, CODECS, kept.__getitem__, 5 * SECOND, 9 * SECOND) is None
    assert exactly(lanes, CODECS, kept.__getitem__, 4 * SECOND, 9 * SECOND) is not None


def replace_keys(lane: Lane) -> Lane:
    return Lane(lane.timescale, [replace(one, key_frame=False) for one in lane.pieces])


def test_a_gap_at_the_edge_stays_one(film: Film, tmp_path: Path) -> None:
    kept, (video, audio) = film
    holed = Lane(video.timescale, [one for one in video.pieces if not 6 <= one.start / video.timescale < 10])
    exact = exactly([holed, audio], CODECS, kept.__getitem__, 5 * SECOND, 12 * SECOND)
    assert exact is not None
    path = tmp_path / "gap.mp4"
    with path.open("wb") as file:
        made = join(exact.lanes, exact.load(kept.__getitem__), 5 * SECOND, 12 * SECOND, file.write)
    assert made.begin_us == 5 * SECOND
    frames, seconds = decoded(path)
    assert (frames, abs(seconds - 7) < 0.1) == (60, True)


def test_parameter_sets_are_told_apart_by_number(film: Film) -> None:
    kept, lanes = film
    init = kept[lanes[0].pieces[0].init]
    record = configuration(init)
    sps, pps, rest = split(record)
    assert free_number(record) == 31
    more = configuration(with_more(init, [b"\x67abc"], [b"\x68d"]))
    assert split(more) == ([*sps, b"\x67abc"], [*pps, b"\x68d"], rest)
    with pytest.raises(Undecodable):
        configuration(kept[lanes[1].pieces[0].init])


def test_samples_of_a_fragment_are_read_and_left_out(film: Film) -> None:
    kept, lanes = film
    sound = kept[lanes[1].pieces[1].digest]
    samples = samples_in(sound)
    cut = between(sound, samples[2].time, samples[5].time, lanes[1].timescale, audio=True)
    assert [one.time for one in samples_in(cut)] == [one.time for one in samples[2:5]]
    assert between(sound, 0, 1, lanes[1].timescale, audio=True) == b""
    with pytest.raises(Undecodable):
        samples_in(b"\0\0\0\x10moofgarbage")


def test_what_is_drawn_says_time_place_and_digest_and_expands_nothing() -> None:
    from media.files.overlaid import Caption

    caption = Caption(1_764_000_000_250_000, "UTC+08:00", 90_000_000, ("50% \\ %{pts}", "长" * 80), Path("font.ttf"))
    lines = drawn(caption, 640, 360).split("\n")
    assert lines[0] == "%{pts:gmtime:1764000000.250000:%Y-%m-%d %H\\:%M\\:%S} UTC+08:00  %{pts:hms:90.000000}"
    assert lines[1] == "50\\% \\\\ \\%{pts}"
    assert "".join(lines[2:]) == "长" * 80
    assert len(lines) > 3
    assert letter_height(320, 180) < letter_height(1920, 1080)


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def filmed(stage: Stage, film: Film) -> tuple[Stage, str, str]:
    """The stage's office with the film as what its applicant sent: survey and evidence."""
    survey = stage.concluded()
    kept, lanes = film
    stage.store |= kept
    rows = stage.office.work.receptions.rows
    for id, row in list(rows.items()):
        if row.survey == survey.id:
            rows[id] = received(row, lanes[0] if row.kind == "video" else lanes[1], kept)
    found = next(one for one in stage.evidence(survey.id) if (one.track or "").endswith(".video"))
    return stage, survey.case, found.id


def received(row: ReceivedTrack, lane: Lane, kept: Kept) -> ReceivedTrack:
    inits = {one.init for one in lane.pieces}
    size = (320, 180) if row.kind == "video" else (0, 0)
    told = tuple(ReceivedInit(one, len(kept[one]), "", *size, True) for one in inits)
    segments = tuple(
        ReceivedSegment(one.digest, one.init, len(kept[one.digest]), one.start, one.duration, one.key_frame, True)
        for one in lane.pieces
    )
    return replace(row, timescale=lane.timescale, inits=told, segments=segments, gaps=())


def given(stage: Stage, folder: Path) -> Services:
    parts: dict[str, Any] = {
        "office": stage.office, "objects": stage.store, "signer": stage.signer, "settings": Configuration(folder),
        "credentials": None, "now": lambda: datetime.now(UTC),
    }  # fmt: skip
    return cast(Services, SimpleNamespace(**parts))


def cut(filmed: tuple[Stage, str, str], folder: Path, **how: bool) -> tuple[Clip, Path]:
    stage, case, evidence = filmed
    wish = want_clip(
        stage.office, stage.signer, stage.inspector, case, evidence, int(5.3 * SECOND), 9 * SECOND, stage.now,
        stage.new_id, **how,
    )  # fmt: skip
    assert cut_clip(given(stage, folder), wish.id) is None
    with stage.office.read() as work:
        clip = work.clips.get(wish.id)
    assert clip.state is RenditionState.READY, clip.reason
    path = folder / "clip.mp4"
    path.write_bytes(stage.store[clip.sha256 or ""])
    return clip, path


def test_the_job_says_what_it_did(filmed: tuple[Stage, str, str], tmp_path: Path) -> None:
    clip, path = cut(filmed, tmp_path)
    assert (clip.facts["treatment"], clip.facts["start_us"]) == ("edges", 5_300_000)
    assert decoded(path)[0] == 74
    assert all(one in filmed[0].store for track in clip.facts["tracks"] for one in track["segments"])


def test_the_job_copies_when_that_is_asked(filmed: tuple[Stage, str, str], tmp_path: Path) -> None:
    clip, path = cut(filmed, tmp_path, exact=False)
    assert (clip.facts["treatment"], clip.facts["start_us"]) == ("copied", 4_000_000)
    assert decoded(path)[0] == 120


def test_an_encoder_that_fails_leaves_the_copy(
    filmed: tuple[Stage, str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dead(*_: object) -> None:
        raise Undecodable("the child died")

    monkeypatch.setattr(edges, "run", dead)
    assert cut(filmed, tmp_path)[0].facts["treatment"] == "copied"


def test_the_job_draws_words_into_the_pictures(
    filmed: tuple[Stage, str, str], whole: list[np.ndarray], tmp_path: Path
) -> None:
    clip, path = cut(filmed, tmp_path, overlay=True)
    assert (clip.facts["treatment"], clip.facts["start_us"], clip.facts["end_us"]) == ("overlaid", 5_300_000, 9_000_000)
    shown = pictures(path)
    assert abs(len(shown) - 74) <= 1
    luma = [one[: 320 * 180].reshape(180, 320) for one in (shown[0], whole[106])]
    top, bottom = (cv2.PSNR(luma[0][rows], luma[1][rows]) for rows in (slice(0, 90), slice(140, 180)))
    assert top > 32
    assert bottom < 15


def test_words_need_pictures(filmed: tuple[Stage, str, str]) -> None:
    stage, case, _ = filmed
    rows = stage.office.work.receptions.rows
    for id in [id for id, row in rows.items() if row.kind == "video"]:
        rows[id] = replace(rows[id], segments=())
    sound = next(one for one in stage.evidence(stage.office.work.surveys.of_case(case)[0].id) if one.track)
    audio = next(one for one in stage.evidence(sound.survey) if (one.track or "").endswith(".audio"))
    with pytest.raises(Invalid, match="clip-no-picture"):
        want_clip(
            stage.office, stage.signer, stage.inspector, case, audio.id, 5 * SECOND, 9 * SECOND, stage.now,
            stage.new_id, overlay=True,
        )  # fmt: skip
