"""Films of every kind that an office gets: examined, packaged or encoded, the same picture under the same number."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from media.files import errors
from media.files.examine import Media, examine
from media.files.package import Package, dumped, index, loaded, package, playlists, times
from media.files.source import Bytes, LocalFile
from media.files.stamps import Stamps, carry, packed, unpacked
from media.files.transcode import Rung, ladder, transcode
from tests.unit.media.films import BITS, X264, make, numbered, picture, sound

AAC = ("-c:a", "aac")
GOP = ("-g", "25", "-bf", "2")


@dataclass(frozen=True, slots=True)
class Film:
    path: Path
    media: Media


Maker = Callable[..., Film]


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> Maker:
    folder = tmp_path_factory.mktemp("films")
    made: dict[str, Film] = {}

    def film(name: str, *arguments: str) -> Film:
        if name not in made:
            path = make(folder / name, *arguments)
            made[name] = Film(path, examine(LocalFile(path)))
        return made[name]

    return film


def constant(films: Maker) -> Film:
    return films("constant.mp4", *numbered(), *sound(4), *X264, *GOP, *AAC, "-ac", "2")


def variable(films: Maker) -> Film:
    vary = ("-vf", "settb=1/1000,setpts='N*40+mod(N,3)*10'", "-fps_mode", "passthrough", "-enc_time_base", "1/1000")
    return films("variable.mp4", *numbered(), *vary, *X264, *GOP, "-video_track_timescale", "90000")


def turned(films: Maker) -> Film:
    return films("turned.mp4", "-display_rotation", "90", "-i", str(constant(films).path), "-c", "copy")


def edited(films: Maker) -> Film:
    return films("edited.mp4", "-ss", "1.5", "-i", str(constant(films).path), "-c", "copy")


def stream(films: Maker) -> Film:
    return films("stream.ts", "-i", str(constant(films).path), "-c", "copy")


def wide(films: Maker) -> Film:
    colours = "colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:log-level=error"
    coded = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", colours, "-pix_fmt", "yuv420p10le")
    return films("wide.mp4", *numbered(2), *coded, "-tag:v", "hvc1")


def shown(path: Path, rotation: int = 0) -> list[int]:
    """The number that each presented picture carries, in order."""
    numbers = []
    with av.open(str(path)) as file:
        for frame in file.decode(video=0):
            grey = frame.to_ndarray(format="gray")
            grey = np.rot90(grey, rotation // 90)
            scale = grey.shape[1] / 320
            bits = [grey[round(8 * scale), round((n * 16 + 8) * scale)] > 128 for n in range(BITS)]
            numbers.append(sum(1 << n for n, bit in enumerate(bits) if bit))
    return numbers


def parts(made: Package, folder: Path, kind: str) -> bytes:
    track = next(one for one in made.tracks if one.kind == kind)
    data = (folder / track.file).read_bytes()
    assert len(data) == track.size
    return data


def test_a_film_is_examined(films: Maker) -> None:
    media = constant(films).media
    assert (media.kind, media.playable, media.edits, media.damage) == ("video", True, "none", ())
    assert media.seconds == pytest.approx(4, abs=0.05)
    assert media.video is not None
    assert (media.video.codec, media.video.shown, media.video.constant) == ("h264", (320, 180), True)
    assert media.video.rate == 25
    assert media.audio is not None
    assert (media.audio.codec, media.audio.sample_rate, media.audio.channels) == ("aac", 44100, 2)
    assert not media.index_first


def test_what_browsers_do_not_play_is_told(films: Maker) -> None:
    assert edited(films).media.why_not == ("edit-list",)
    media = wide(films).media
    assert (media.why_not, media.video and media.video.hdr) == (("codec", "bits", "hdr"), "pq")
    video = variable(films).media.video
    assert video is not None
    assert not video.constant
    video = turned(films).media.video
    assert video is not None
    assert (video.rotation, video.shown) == (270, (180, 320))


def test_a_remote_object_is_read_at_its_ends_only(films: Maker) -> None:
    data = bytearray(constant(films).path.read_bytes())
    asked: list[tuple[int, int]] = []

    class Far:
        size = len(data) + (64 << 20)

        def read(self, offset: int, length: int) -> bytes:
            asked.append((offset, length))
            middle = data.find(b"mdat") - 4
            size = int.from_bytes(data[middle : middle + 4], "big")
            end = middle + size
            hole = 64 << 20
            head = data[:middle] + (size + hole).to_bytes(4, "big") + data[middle + 4 : end]
            whole = [(0, bytes(head)), (len(head) + hole, bytes(data[end:]))]
            out = bytearray(min(length, self.size - offset))
            for start, part in whole:
                low, high = max(offset, start), min(offset + len(out), start + len(part))
                if low < high:
                    out[low - offset : high - offset] = part[low - start : high - start]
            return bytes(out)

    media = examine(Far())
    assert media.video is not None
    assert media.video.codec == "h264"
    assert sum(length for _, length in asked) < 12 << 20


@pytest.mark.parametrize("which", [constant, variable, turned, stream])
def test_packaging_keeps_every_picture_and_its_moment(
    films: Maker, tmp_path: Path, which: Callable[[Maker], Film]
) -> None:
    film = which(films)
    made = package(LocalFile(film.path), film.media, tmp_path)
    assert made.stamps is not None
    rotation = film.media.video.rotation if film.media.video else 0
    (tmp_path / "one.mp4").write_bytes(parts(made, tmp_path, "video"))
    assert shown(tmp_path / "one.mp4") == shown(film.path) == list(range(100))
    again = examine(LocalFile(tmp_path / "one.mp4"))
    assert again.video is not None
    assert again.video.rotation == rotation
    assert len(made.stamps) == 100
    source = times(LocalFile(film.path), film.media)
    assert [source.moment(n) for n in range(100)] == [made.stamps.moment(n) for n in range(100)]
    track = made.tracks[0]
    first = track.segments[0]
    assert Fraction(first.start, track.timescale) == made.stamps.moment(0)
    ends = [one.start + one.duration for one in track.segments]
    assert [one.start for one in track.segments[1:]] == ends[:-1]
    assert all(one.key_frame for one in track.segments)


def test_an_index_and_playlists_name_ranges(films: Maker, tmp_path: Path) -> None:
    film = constant(films)
    made = package(LocalFile(film.path), film.media, tmp_path)
    for name, text in playlists(made).items():
        (tmp_path / name).write_text(text)
    with av.open(str(tmp_path / "master.m3u8"), "r") as file:
        assert len(list(file.decode(video=0))) == 100
    listed = index(made, {"video.mp4": "/r/1"})
    assert [track["mime"][:19] for track in listed["tracks"]] == ['video/mp4; codecs="', 'audio/mp4; codecs="']
    assert listed["tracks"][0]["url"] == "/r/1"
    assert loaded(dumped(made), made.stamps) == made


def test_sound_that_browsers_do_not_play_is_encoded(films: Maker, tmp_path: Path) -> None:
    film = films("pcm.mov", "-i", str(constant(films).path), "-c:v", "copy", "-c:a", "pcm_s16le")
    made = package(LocalFile(film.path), film.media, tmp_path)
    audio = next(one for one in made.tracks if one.kind == "audio")
    assert (audio.codecs, audio.timescale) == ("mp4a.40.2", 48000)
    with av.open(io.BytesIO(parts(made, tmp_path, "audio")), "r") as file:
        samples = [int(frame.samples) for frame in file.decode(audio=0)]
    assert sum(samples) / 48000 == pytest.approx(4, abs=0.1)


def test_other_codecs_and_sound_alone_are_packaged(films: Maker, tmp_path: Path) -> None:
    vp9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus")
    film = films("vp9.webm", *picture(), *sound(), *vp9)
    made = package(LocalFile(film.path), film.media, tmp_path)
    assert [one.codecs for one in made.tracks] == ["vp09.00.11.08", "opus"]
    alone = films("alone.m4a", *sound(), *AAC)
    assert alone.media.kind == "audio"
    assert [one.kind for one in package(LocalFile(alone.path), alone.media, tmp_path).tracks] == ["audio"]


@pytest.mark.parametrize(("which", "count"), [(variable, 100), (turned, 100), (edited, 62), (stream, 100), (wide, 50)])
def test_a_rendition_has_the_same_picture_under_the_same_number(
    films: Maker, tmp_path: Path, which: Callable[[Maker], Film], count: int
) -> None:
    film = which(films)
    shares: list[float] = []
    rung = ladder(film.media)[0]
    out = transcode(film.path, film.media, rung, tmp_path / "out.mp4", shares.append)
    media = examine(LocalFile(out))
    assert media.playable
    assert media.video is not None
    assert (media.video.rotation, media.video.shown, media.video.hdr) == (0, (rung.width, rung.height), None)
    source, made = times(LocalFile(film.path), film.media), times(LocalFile(out), media)
    assert len(source) == len(made) == count
    assert max(abs(source.moment(n) - made.moment(n)) for n in range(count)) <= Fraction(1, 1000)
    assert carry(source, made, 7) == 7
    turn = 270 if which is turned else 0
    assert shown(out, turn) == shown(film.path)[-count:]
    assert shares[-1] > 0.5


OLD = {
    "avi": ("-c:v", "mpeg4", "-bf", "2", "-c:a", "libmp3lame"),
    "mpg": ("-c:v", "mpeg2video", "-c:a", "mp2"),
    "mov": ("-c:v", "prores", "-c:a", "pcm_s16le"),
    "flv": (*X264, "-c:a", "aac"),
}


@pytest.mark.parametrize("ending", OLD)
def test_other_containers_and_codecs_are_made_playable(films: Maker, tmp_path: Path, ending: str) -> None:
    film = films(f"old.{ending}", "-i", str(constant(films).path), "-t", "2", *OLD[ending])
    source = times(LocalFile(film.path), film.media)
    assert len(source) == 50
    path = film.path
    if not film.media.playable:
        path = transcode(path, film.media, ladder(film.media)[0], tmp_path / "out.mp4")
    made = package(LocalFile(path), examine(LocalFile(path)), tmp_path)
    assert [one.kind for one in made.tracks] == ["video", "audio"]
    assert made.stamps is not None
    assert len(made.stamps) == 50
    assert made.stamps.moment(49) - made.stamps.moment(0) == pytest.approx(49 / 25, abs=0.002)


def test_pixels_that_are_not_square_are_shown_as_they_should(films: Maker, tmp_path: Path) -> None:
    film = films("wide_pixels.mp4", *picture(0.4), "-vf", "setsar=2", *X264)
    assert film.media.video is not None
    assert film.media.video.shown == (640, 180)
    out = transcode(film.path, film.media, ladder(film.media)[0], tmp_path / "out.mp4")
    made = examine(LocalFile(out)).video
    assert made is not None
    assert made.shown == (640, 180)


def test_colours_of_hdr_end_on_an_ordinary_screen(films: Maker, tmp_path: Path) -> None:
    film = wide(films)
    out = transcode(film.path, film.media, ladder(film.media)[0], tmp_path / "out.mp4")
    with av.open(str(out)) as file:
        frame = next(file.decode(video=0))
        assert (int(frame.color_trc), int(frame.color_primaries), frame.format.name) == (1, 1, "yuv420p")


def test_ffmpeg_without_zimg_uses_a_table(films: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("media.files.transcode.filters", frozenset)
    film = wide(films)
    out = transcode(film.path, film.media, ladder(film.media)[0], tmp_path / "out.mp4")
    assert shown(out) == list(range(50))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.mp4"]


def test_the_ladder_climbs_to_the_source(films: Maker) -> None:
    assert [rung.name for rung in ladder(constant(films).media)] == ["180p"]
    large = films("large.mp4", *picture(0.1, "3840x2160"), *X264)
    assert [(rung.name, rung.width, rung.height) for rung in ladder(large.media)] == [
        ("360p", 640, 360),
        ("720p", 1280, 720),
        ("1080p", 1920, 1080),
    ]


def test_a_rendition_of_the_wrong_duration_is_thrown_away(films: Maker, tmp_path: Path) -> None:
    film = constant(films)
    other = films("other.mp4", *picture(1), *sound(1), *X264, *AAC)
    with pytest.raises(errors.WrongDuration):
        transcode(other.path, film.media, Rung("90p", 160, 90, 30, 100_000), tmp_path / "out.mp4")
    assert list(tmp_path.iterdir()) == []


def test_the_beginning_can_be_had_first(films: Maker, tmp_path: Path) -> None:
    film = edited(films)
    out = transcode(film.path, film.media, ladder(film.media)[0], tmp_path / "out.mp4", seconds=1)
    begun, whole = times(LocalFile(out), examine(LocalFile(out))), times(LocalFile(film.path), film.media)
    assert [begun.moment(n) for n in range(25)] == [whole.moment(n) for n in range(25)]
    assert len(begun) == 25


def test_encoding_is_cancelled_and_leaves_nothing(films: Maker, tmp_path: Path) -> None:
    film = films("long.mp4", *picture(20, "1280x720"), *X264)
    with pytest.raises(errors.Cancelled):
        transcode(film.path, film.media, ladder(film.media)[0], tmp_path / "out.mp4", cancelled=lambda: True)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(errors.Cancelled):
        package(LocalFile(film.path), film.media, tmp_path, cancelled=lambda: True)


def test_the_table_survives_its_file_and_finds_an_hour() -> None:
    base = Fraction(1, 30000)
    table = Stamps(base, 0, tuple(n * 1001 for n in range(120_000)), 120_000 * 1001)
    assert unpacked(packed(table)) == table
    assert len(packed(table)["runs"]) == 1
    for n in (0, 1, 110_889, 119_999):  # 3,700 s
        assert table.index(float(table.moment(n))) == n
        assert table.index(int(float(table.moment(n)) * 1e6) / 1e6) == n
        assert table.index(table.middle(n)) == n
    assert table.constant
    with pytest.raises(IndexError):
        table.moment(120_000)


def test_bytes_in_memory_are_a_source(films: Maker) -> None:
    assert examine(Bytes(constant(films).path.read_bytes())) == constant(films).media
