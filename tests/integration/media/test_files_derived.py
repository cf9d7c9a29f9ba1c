"""What is derived by looking: posters, storyboards, sound waves, quality; and telemetry from inside films."""

import json
import math
import re
from datetime import UTC, datetime
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from media.files.examine import examine
from media.files.pipeline import Derived, derive
from media.files.source import LocalFile
from media.files.telemetry.read import read_video
from tests.unit.media.films import X264, klv, make, message, picture, sound, to_angle
from tests.unit.media.test_files_djmd import flight
from tests.unit.media.test_files_telemetry import cue, gps5, uas


def derived(path: Path, folder: Path) -> Derived:
    return derive(LocalFile(path), examine(LocalFile(path)), folder)


def test_the_storyboard_shows_key_frames_at_their_moments(tmp_path: Path) -> None:
    colours = "color=red:s=320x180:d=2[a];color=green:s=320x180:d=2[b];color=blue:s=320x180:d=2[c];[a][b][c]concat=n=3"
    path = make(tmp_path / "a.mp4", "-f", "lavfi", "-i", colours, *X264, "-g", "25")
    made = derived(path, tmp_path)
    assert (made.tile, made.tiles, made.columns) == ((192, 108), 6, 10)
    sheet = cv2.imread(str(tmp_path / "storyboard.jpg"))
    assert sheet is not None
    cues = re.findall(
        r"(\S+) --> (\S+)\nstoryboard.jpg#xywh=(\d+),(\d+),(\d+),(\d+)", (tmp_path / "storyboard.vtt").read_text()
    )
    assert [start for start, *_ in cues] == [f"00:00:0{n}.000" for n in range(6)]
    assert cues[-1][1] == "00:00:06.000"
    for n, (_, _, x, y, width, height) in enumerate(cues):
        middle = sheet[int(y) + int(height) // 2, int(x) + int(width) // 2]
        assert int(np.argmax(middle)) == (2, 1, 0)[n // 2]  # blue, green, red


def test_a_turned_film_has_upright_pictures(tmp_path: Path) -> None:
    halves = "color=red:s=160x180:d=1[a];color=blue:s=160x180:d=1[b];[a][b]hstack"
    flat = make(tmp_path / "flat.mp4", "-f", "lavfi", "-i", halves, *X264)
    path = make(tmp_path / "a.mp4", "-display_rotation", "-90", "-i", str(flat), "-c", "copy")
    made = derived(path, tmp_path)
    poster = cv2.imread(str(tmp_path / "poster.jpg"))
    assert poster is not None
    assert (poster.shape[:2], made.tile) == ((320, 180), (108, 192))
    assert int(np.argmax(poster[20, 90])) == 2  # red, which was on the left, is at the top: turned clockwise
    assert int(np.argmax(poster[300, 90])) == 0


def test_black_frozen_and_blurred_stretches_are_found(tmp_path: Path) -> None:
    parts = [
        "testsrc2=s=320x180:d=4",
        "color=black:s=320x180:d=4",
        "testsrc2=s=320x180:d=0.04,loop=-1:1,trim=duration=5,setpts=N/25/TB",
        "testsrc2=s=320x180:d=5,gblur=sigma=25",
    ]
    graph = ";".join(f"{one}[p{n}]" for n, one in enumerate(parts)) + ";[p0][p1][p2][p3]concat=n=4"
    path = make(tmp_path / "a.mp4", "-f", "lavfi", "-i", graph, *X264, "-g", "12")
    quality = derived(path, tmp_path).quality
    assert quality is not None
    found = {one.code: (one.start, one.end) for one in quality.findings}
    assert found["black"] == pytest.approx((4, 8), abs=0.6)
    assert found["frozen"] == pytest.approx((8, 13), abs=0.6)
    assert found["blurred"] == pytest.approx((13, 18), abs=0.6)
    assert quality.broken == 0


def test_rare_key_frames_are_no_obstacle(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", *picture(8), *X264, "-g", "999", "-sc_threshold", "0")
    made = derived(path, tmp_path)
    assert made.tiles > 10
    assert made.quality is not None
    assert made.quality.broken == 0


def test_the_wave_tells_loud_from_silent_at_the_right_moment(tmp_path: Path) -> None:
    tone = "aevalsrc=0.8*sin(2*PI*440*t)*between(t\\,2\\,3):s=48000:d=5"
    path = make(tmp_path / "a.mp4", *picture(5), "-f", "lavfi", "-i", tone, *X264, "-c:a", "aac")
    derived(path, tmp_path)
    wave = json.loads((tmp_path / "waveform.json").read_text())
    assert wave["sample_rate"] / wave["samples_per_pixel"] == 10
    assert wave["length"] == len(wave["data"]) // 2 == pytest.approx(50, abs=1)
    loud = [n / 10 for n in range(wave["length"]) if wave["data"][2 * n + 1] > 60]
    assert [loud[0], loud[-1]] == pytest.approx([2.0, 2.9], abs=0.11)


def test_the_text_track_of_a_drone_is_read(tmp_path: Path) -> None:
    text = "".join(
        cue(f"F/2.8, SS 200, ISO 150, GPS (114.37, 30.5{n}, 18), H 42.4m, H.S 7.2m/s", n, n) for n in range(3)
    )
    (tmp_path / "a.srt").write_text(text)
    path = make(tmp_path / "a.mp4", *picture(3), "-i", str(tmp_path / "a.srt"), *X264, "-c:s", "mov_text")
    found = read_video(LocalFile(path), examine(LocalFile(path)))
    assert found is not None
    assert (found.format, len(found.placed)) == ("dji-text", 3)
    assert [one.at for one in found.placed] == pytest.approx([0, 1, 2])
    assert found.placed[2].latitude == 30.52


def test_klv_in_a_transport_stream_is_read(tmp_path: Path) -> None:
    flat = make(tmp_path / "flat.ts", *picture(3), *X264)
    path = tmp_path / "a.ts"
    with av.open(str(flat)) as given, av.open(str(path), "w", format="mpegts") as made:
        video = made.add_stream_from_template(given.streams.video[0])
        data = made.add_data_stream("klv")
        data.time_base = video.time_base
        for n, packet in enumerate(given.demux(given.streams.video[0])):
            if packet.dts is None:
                continue
            if n % 25 == 0:
                metadata = av.Packet(klv(uas(t13=to_angle(30.55 + n / 1000, 90)), right=n != 25))
                metadata.stream, metadata.pts, metadata.dts = data, packet.pts, packet.dts
                metadata.time_base = packet.time_base
                made.mux(metadata)
            packet.stream = video
            made.mux(packet)
    found = read_video(LocalFile(path), examine(LocalFile(path)))
    assert found is not None
    assert (found.format, len(found.placed), found.unchecked) == ("misb-0601", 2, 1)
    assert [one.at for one in found.placed] == pytest.approx([0, 2], abs=0.2)
    assert found.placed[1].latitude == pytest.approx(30.6, abs=1e-6)


def test_gpmf_in_a_film_is_read(tmp_path: Path) -> None:
    """A text track becomes a metadata track of the same sizes, as cameras write it: handler meta, entry gpmd."""
    payloads = [gps5((305500000 + n, 1143700000, 25500, 7200, 725)) for n in range(2)]
    texts = [letter * (len(payload) - 2) for letter, payload in zip("AB", payloads, strict=True)]
    (tmp_path / "a.srt").write_text("".join(cue(text, n, n) for n, text in enumerate(texts)))
    path = make(tmp_path / "a.mp4", *picture(2), "-i", str(tmp_path / "a.srt"), *X264, "-c:s", "mov_text")
    data = path.read_bytes().replace(b"sbtl", b"meta").replace(b"tx3g", b"gpmd")
    for text, payload in zip(texts, payloads, strict=True):
        data = data.replace(len(text).to_bytes(2, "big") + text.encode(), payload)
    path.write_bytes(data)
    found = read_video(LocalFile(path), examine(LocalFile(path)))
    assert found is not None
    assert (found.format, found.device, len(found.placed)) == ("gpmf-gps5", "Hero7 Black", 2)
    assert [one.at for one in found.placed] == pytest.approx([0, 1])


def test_the_place_and_time_of_a_header_are_read(tmp_path: Path) -> None:
    said = ("-metadata", "location=+30.5500+114.3700+025.5/", "-metadata", "creation_time=2024-09-28T05:04:05Z")
    path = make(tmp_path / "a.mov", *picture(0.2), *sound(0.2), *said, *X264)
    media = examine(LocalFile(path))
    assert media.location == (30.55, 114.37, 25.5)
    assert media.created == datetime(2024, 9, 28, 5, 4, 5, tzinfo=UTC)
    found = read_video(LocalFile(path), media)
    assert found is not None
    assert (found.format, found.placed[0].latitude, found.zone) == ("container", 30.55, "utc")


@pytest.mark.parametrize("name", ["dvtm_Air3", "dvtm_Future9"])
def test_the_messages_of_a_newer_drone_are_read_in_its_film(tmp_path: Path, name: str) -> None:
    """The text track becomes DJI's: handler meta, entry djmd. Where its form is unknown the header's place is left."""
    head = message(f1=message(f1=f"{name}.proto", f10="DJI Air 3"))
    payloads = [message(f1=head, f3=flight(math.radians(30.5 + n / 100), math.radians(114.37))) for n in range(3)]
    texts = [letter * (len(payload) - 2) for letter, payload in zip("ABC", payloads, strict=True)]
    (tmp_path / "a.srt").write_text("".join(cue(text, n, n) for n, text in enumerate(texts)))
    said = ("-metadata", "creation_time=2026-11-24T02:00:00Z", "-metadata", "location=+30.5500+114.3700/")
    path = make(tmp_path / "a.mp4", *picture(3), "-i", str(tmp_path / "a.srt"), *X264, *said, "-c:s", "mov_text")
    data = path.read_bytes().replace(b"sbtl", b"meta").replace(b"tx3g", b"djmd")
    for text, payload in zip(texts, payloads, strict=True):
        data = data.replace(len(text).to_bytes(2, "big") + text.encode(), payload)
    path.write_bytes(data)
    found = read_video(LocalFile(path), examine(LocalFile(path)))
    assert found is not None
    if name == "dvtm_Future9":
        assert (found.format, found.unknown, len(found.placed)) == ("container", "dvtm_Future9", 1)
        return
    assert (found.format, found.device, len(found.placed)) == ("dji-djmd", "DJI Air 3", 3)
    assert found.placed[2].latitude == pytest.approx(30.52)
    assert found.first == datetime(2026, 11, 24, 2, 0, 0, tzinfo=UTC)
