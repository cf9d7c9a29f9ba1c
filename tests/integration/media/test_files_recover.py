"""Films whose camera lost power: without their index, cut in mid-fragment, with a hole; what is recovered of them."""

import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from struct import pack

import av
import pytest

from media.files import boxes, lent
from media.files.errors import Cancelled, NoIndex, Truncated
from media.files.examine import examine
from media.files.nal_avc import Avc
from media.files.nal_hevc import Hevc
from media.files.package import package
from media.files.recover import recover
from media.files.source import Bytes, LocalFile
from media.files.telemetry.read import read_kept
from media.files.transcode import ladder, transcode
from media.files.walk import Walk
from tests.integration.media.test_files_films import shown
from tests.unit.media.films import X264, make, message, numbered, picture, sound
from tests.unit.media.test_files_djmd import flight

REPEATED = ("-x264-params", "repeat-headers=1:slices=2")
GOP = ("-g", "25", "-bf", "2")
AAC = ("-c:a", "aac")
HEVC = ("-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-tag:v", "hev1", *GOP)
SHAPES = {
    "h264": (*X264, *REPEATED, *GOP, *AAC),
    "h264_b_pyramid": ("-c:v", "libx264", "-bf", "4", "-g", "50", "-x264-params", "repeat-headers=1:open-gop=1", *AAC),
    "h264_mono": (*X264, *REPEATED, *GOP, *AAC, "-ac", "1", "-ar", "48000"),
    "h264_silent": (*X264, *REPEATED, *GOP, "-an"),
    "hevc": (*HEVC, "-x265-params", "repeat-headers=1:bframes=4:log-level=error", *AAC),
}
Maker = Callable[..., Path]


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Maker:
    folder = tmp_path_factory.mktemp("recover")

    def film(name: str, *arguments: str) -> Path:
        path = folder / f"{name}.mp4"
        return path if path.exists() else make(path, *numbered(4), *sound(4), *arguments)

    return film


def without_index(path: Path, out: Path, keep: float = 1.0) -> LocalFile:
    """The film as a camera leaves it whose power went: what it wrote until then, no moov."""
    data = path.read_bytes()
    moov = data.rfind(b"moov") - 4
    out.write_bytes(data[: round(moov * keep)])
    return LocalFile(out)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_picture_and_the_sound_come_back(films: Maker, tmp_path: Path, shape: str) -> None:
    whole = films(shape, *SHAPES[shape])
    made = recover(without_index(whole, tmp_path / "cut.mp4"), tmp_path)
    assert shown(tmp_path / made.file) == shown(whole) == list(range(100))
    assert (made.pictures, made.rate, made.rate_from, made.reference) == (100, Fraction(25), "stream", None)
    assert made.sound == (0 if shape == "h264_silent" else pytest.approx(4, abs=0.1))
    media = examine(LocalFile(tmp_path / made.file))
    assert media.playable == (made.codec == "h264")
    if media.playable:
        assert len(package(LocalFile(tmp_path / made.file), media, tmp_path).stamps or ()) == 100


def test_the_sound_is_the_one_that_was_recorded(films: Maker, tmp_path: Path) -> None:
    """440 Hz crosses zero 880 times a second."""
    made = recover(without_index(films("h264", *SHAPES["h264"]), tmp_path / "cut.mp4"), tmp_path)
    with av.open(str(tmp_path / made.file)) as file:
        rows = [frame.to_ndarray()[0] for frame in file.decode(audio=0)]
        rate = file.streams.audio[0].rate
    crossings = sum(int(((row[:-1] < 0) != (row[1:] < 0)).sum()) for row in rows[20:100])
    seconds = sum(len(row) for row in rows[20:100]) / (rate or 1)
    assert crossings / seconds == pytest.approx(880, rel=0.02)


def test_parameter_sets_are_lent_by_a_film_of_the_same_camera(films: Maker, tmp_path: Path) -> None:
    """Without them nothing can be shown: a clear reason. Those of another camera do not fit and do no harm."""
    whole = films("bare", *X264, *GOP, *AAC)
    cut = without_index(whole, tmp_path / "cut.mp4")
    with pytest.raises(NoIndex):
        recover(cut, tmp_path)
    other = make(tmp_path / "other.mp4", *picture(1, "640x480"), *X264, "-bf", "0")
    text = Bytes(b"no film at all")
    with pytest.raises(NoIndex):
        recover(cut, tmp_path, [LocalFile(other), text])
    made = recover(cut, tmp_path, [LocalFile(other), text, LocalFile(whole)])
    assert shown(tmp_path / made.file) == list(range(100))
    assert (made.reference, made.rate_from) == (2, "reference")


def test_the_half_index_of_the_film_itself_lends_them_too(films: Maker, tmp_path: Path) -> None:
    whole = films("bare", *X264, *GOP, *AAC)
    data = whole.read_bytes()
    cut = Bytes(data[: data.find(b"stsz") + 40])  # within the moov of the first track
    with pytest.raises(Truncated):
        examine(cut)
    made = recover(cut, tmp_path)
    assert shown(tmp_path / made.file) == list(range(100))


@pytest.mark.parametrize("size", ["end", "none", "wide"])
def test_a_box_that_never_got_its_size_goes_to_the_end(films: Maker, tmp_path: Path, size: str) -> None:
    data = bytearray(films("h264", *SHAPES["h264"]).read_bytes())
    at, moov = data.find(b"mdat") - 4, data.rfind(b"moov") - 4
    del data[moov:]
    if size == "wide":  # 64 bits that were to be filled in
        data[at : at + 8] = b"\0\0\0\1mdat" + bytes(8)
    else:
        data[at : at + 4] = {"end": b"\0\0\0\0", "none": b"\0\0\0\4"}[size]
    made = recover(Bytes(bytes(data)), tmp_path)
    assert made.pictures == 100


def test_what_is_left_is_recovered(films: Maker, tmp_path: Path) -> None:
    """A half of it; and around a hole, where the walk goes on with what follows."""
    whole = films("h264", *SHAPES["h264"])
    half = recover(without_index(whole, tmp_path / "half.mp4", 0.5), tmp_path)
    numbers = shown(tmp_path / half.file)
    assert 20 < len(numbers) < 80
    assert numbers[:20] == list(range(20))
    data = bytearray((tmp_path / "half.mp4").read_bytes())
    middle = len(data) // 2
    data[middle : middle + 200] = bytes(200)
    holed = recover(Bytes(bytes(data)), tmp_path)
    assert 20 < holed.pictures <= half.pictures


def test_nothing_recovered_is_a_reason(tmp_path: Path) -> None:
    with pytest.raises(NoIndex):
        recover(Bytes(b"\0\0\0\x18ftypmp42" + bytes(12) + b"\0\0\x40\x08mdat" + bytes(16_384)), tmp_path)
    with pytest.raises(NoIndex):
        recover(Bytes(b"\0\0\0\x18ftypmp42" + bytes(12)), tmp_path)


def test_recovering_can_be_cancelled(films: Maker, tmp_path: Path) -> None:
    cut = without_index(films("h264", *SHAPES["h264"]), tmp_path / "cut.mp4")
    with pytest.raises(Cancelled):
        recover(cut, tmp_path, cancelled=lambda: True)
    assert not (tmp_path / "recovered.mp4").exists()


def test_a_fragmented_film_is_shown_up_to_where_it_is_cut(films: Maker, tmp_path: Path) -> None:
    """At every box's edge and in the middle of every box: what came before is there, in order."""
    data = films("fragments", *X264, *GOP, *AAC, "-movflags", "frag_keyframe+empty_moov").read_bytes()
    edges = [(kind, start, min(end, len(data))) for kind, start, end in boxes.top(Bytes(data))]
    before = 0
    for kind, start, end in edges:
        for cut in (start - 8, start, (start + end) // 2, end - 1):
            if kind in (b"moof", b"mdat") and edges.index((kind, start, end)) > 3:
                media = examine(Bytes(data[:cut]))
                assert media.playable
                folder = tmp_path / str(cut)
                folder.mkdir()
                made = package(Bytes(data[:cut]), media, folder)
                assert made.stamps is not None
                assert before <= len(made.stamps) + 25
                before = max(before, len(made.stamps))
    assert before >= 75


def test_fragments_without_their_index_are_recovered(films: Maker, tmp_path: Path) -> None:
    data = films("fragments", *X264, *GOP, *AAC, "-movflags", "frag_keyframe+empty_moov").read_bytes()
    at = data.find(b"moov") - 4
    size = int.from_bytes(data[at : at + 4], "big")
    whole = films("bare", *X264, *GOP, *AAC)
    made = recover(Bytes(data[:at] + data[at + size :]), tmp_path, [LocalFile(whole)])
    assert made.pictures == 100


@pytest.mark.parametrize(("shape", "kind"), [("h264_b_pyramid", Avc), ("hevc", Hevc)])
def test_pictures_are_shown_in_their_order(films: Maker, shape: str, kind: type[Avc] | type[Hevc]) -> None:
    """The places that slices tell are those of the index."""
    path = films(shape, *SHAPES[shape])
    source = LocalFile(path)
    coding = kind()
    assert all(coding.learn(unit) for unit in lent.units(lent.of_film(source)[0]))
    walk = Walk(coding, source.read, *boxes.ranges(source)[0][0])
    for _ in walk.run():
        pass
    with av.open(str(path)) as file:
        times = [packet.pts for packet in file.demux(video=0) if packet.pts is not None]
    order = sorted(times)
    assert list(walk.found.ranks()) == [order.index(one) for one in times]


def test_what_was_cut_within_a_description_is_encoded_as_far_as_it_goes(films: Maker, tmp_path: Path) -> None:
    coded = (*HEVC[:-6], "-g", "25", "-tag:v", "hvc1", "-x265-params", "log-level=error", *AAC)
    data = films("fragments_hevc", *coded, "-movflags", "frag_keyframe+empty_moov").read_bytes()
    path = tmp_path / "cut.mp4"
    path.write_bytes(data[: data.rfind(b"moof") + 40])
    media = examine(LocalFile(path))
    assert "truncated" in media.damage
    out = transcode(path, media, ladder(media)[0], tmp_path / "out.mp4")
    assert shown(out) == list(range(75))


def test_the_flight_of_a_drone_that_fell_is_recovered_too(films: Maker, tmp_path: Path) -> None:
    """Its messages lie between the pictures, before what else it writes."""
    whole = films("h264_silent", *SHAPES["h264_silent"])
    source = LocalFile(whole)
    coding = Avc()
    assert all(coding.learn(unit) for unit in lent.units(lent.of_film(source)[0]))
    walk = Walk(coding, source.read, *boxes.ranges(source)[0][0])
    for _ in walk.run():
        pass
    head = message(f1=message(f1="dvtm_Air3.proto", f10="DJI Air 3"))
    parts = []
    for number, (start, end) in enumerate(zip(walk.found.starts, walk.found.ends, strict=True)):
        body = flight(math.radians(30.5 + number / 1000), math.radians(114.37))
        parts += [message(f3=body) if number else message(f1=head, f3=body), source.read(start, end - start)]
        parts.append(message(f1=message(f1="dbginfo", f2=number), f2=bytes(40)))  # of no use to anybody
    data = b"".join(parts)
    made = recover(Bytes(b"\0\0\0\x10ftypmp42\0\0\0\0" + pack("!I", len(data) + 8) + b"mdat" + data), tmp_path)
    assert (made.pictures, made.telemetry, made.unread) == (100, 100, 0)
    assert shown(tmp_path / made.file) == list(range(100))
    found = read_kept((tmp_path / "telemetry.bin").read_bytes())
    assert found is not None
    assert found.device == "DJI Air 3"
    assert found.placed[0].latitude == pytest.approx(30.5)
    assert found.placed[-1].latitude == pytest.approx(30.599, abs=0.002)
