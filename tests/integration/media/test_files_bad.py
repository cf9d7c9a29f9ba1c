"""What applicants send by mistake or on purpose: a code, bounded time and memory, and whoever asked lives on."""

import os
import random
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from media.files import document, errors, photo, pipeline, work
from media.files.boxes import inside, layout
from media.files.errors import FileRefused
from media.files.examine import Media, examine
from media.files.kind import sniff
from media.files.package import package, times
from media.files.source import Bytes, LocalFile
from media.files.telemetry.read import read_video
from media.files.transcode import command, ladder, transcode
from media.wire.fmp4 import full_box
from tests.unit.media.films import X264, make, picture, sound

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Its moov stands before the media."""
    out = tmp_path_factory.mktemp("bad") / "a.mp4"
    fast = ("-movflags", "+faststart", "-g", "5")
    return make(out, *picture(1), *sound(1), *X264, *fast, "-c:a", "aac").read_bytes()


@pytest.fixture(scope="module")
def late(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Its moov stands at the end, as cameras write it."""
    return make(tmp_path_factory.mktemp("bad") / "a.mp4", *picture(1), *X264).read_bytes()


def outcome(data: bytes) -> str:
    """`ok`, or the code."""
    try:
        look(data)
    except FileRefused as refused:
        return errors.CODES[refused.code].code
    return "ok"


def look(data: bytes) -> Media:
    source = Bytes(data)
    sniff(source)
    return examine(source)


def walked(data: bytes, folder: Path) -> tuple[Media, pipeline.Derived]:
    """Examined, derived and packaged (or tabled)."""
    source = Bytes(data)
    media = examine(source)
    derived = pipeline.derive(source, media, folder)
    if media.playable:
        package(source, media, folder)
    elif media.video:
        times(source, media)
    return media, derived


def test_empty_and_text(film: bytes) -> None:
    assert outcome(b"") == "empty-file"
    assert outcome(b"This is no film, whatever its name.\n" * 50) == "not-media"
    assert outcome(b"#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:1/a.ts\n#EXTINF:10,\n/etc/passwd\n") == "names-other-files"
    assert outcome(film) == "ok"


def test_cut_at_every_box(film: bytes, late: bytes) -> None:
    """Up to the moov there is nothing to show; behind it what there is."""
    for data in (film, late):
        edges = [(kind, start - 8) for kind, start, _ in inside(data)]
        found = {kind: outcome(data[:edge]) for kind, edge in edges}
        assert found.pop(b"ftyp") == "empty-file"
        assert set(found.values()) <= {"truncated", "no-index", "media-undecodable", "nothing-to-see", "ok"}
    moov = film.find(b"moov") - 4
    for cut in (moov + 4, moov + 20, moov + 400):
        assert outcome(film[:cut]) == "truncated"
    assert outcome(late[: late.find(b"moov") - 4]) == "no-index"
    assert outcome(late[:-10]) == "truncated"


def test_a_film_that_lost_its_end_is_shown_as_far_as_it_goes(film: bytes, tmp_path: Path) -> None:
    mdat = film.find(b"mdat")
    media, derived = walked(film[: mdat + (len(film) - mdat) // 2], tmp_path)
    assert "truncated" in media.damage
    assert derived.poster


def test_a_hole_of_zeros_is_survived(film: bytes, tmp_path: Path) -> None:
    mdat = film.find(b"mdat")
    middle = mdat + (len(film) - mdat) // 2
    _, derived = walked(film[:middle] + bytes(3000) + film[middle + 3000 :], tmp_path)
    assert derived.poster


SHAPES = {
    "one_picture": (*picture(0.04), *X264),
    "one_by_one": ("-f", "lavfi", "-i", "color=red:s=1x1:r=25:d=0.2", "-c:v", "ffv1", "-pix_fmt", "bgr0"),
    "sound_alone": (*sound(1), "-c:a", "aac"),
    "no_rate": (*picture(0.2), *X264, "-r", "1/1000"),
    "negative": (*picture(1), *X264, "-g", "5", "-output_ts_offset", "-0.5", "-avoid_negative_ts", "disabled"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_odd_shapes_are_handled(tmp_path: Path, shape: str) -> None:
    ending = "mkv" if shape in ("one_by_one", "negative") else "mp4"
    data = make(tmp_path / f"a.{ending}", *SHAPES[shape]).read_bytes()
    media, derived = walked(data, tmp_path)
    assert media.kind == ("audio" if shape == "sound_alone" else "video")
    assert bool(derived.poster) == (media.kind == "video")
    if shape == "one_by_one":
        path = tmp_path / "a.mkv"
        out = transcode(path, media, ladder(media)[0], tmp_path / "out.mp4")
        assert examine(LocalFile(out)).playable


def test_8k_is_within_the_limits_and_memory_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(tmp_path / "a.mp4", *picture(0.04, "7680x4320"), *X264)
    media = examine(LocalFile(path))
    assert media.video is not None
    assert media.video.shown == (7680, 4320)
    assert pipeline.derive(LocalFile(path), media, tmp_path).poster
    monkeypatch.setattr(pipeline, "MEMORY", 400 << 20)
    with pytest.raises((errors.OverLimits, errors.Undecodable)):
        pipeline.derive(LocalFile(path), media, tmp_path)


def test_a_picture_beyond_all_measure_is_refused(film: bytes) -> None:
    avc1 = film.find(b"avc1", film.find(b"stsd"))
    huge = bytearray(film)
    huge[avc1 + 28 : avc1 + 32] = struct.pack("!HH", 65535, 65535)
    assert outcome(bytes(huge)) in ("too-large", "media-undecodable", "ok")  # the stream's own headers may win


def test_fifty_streams(tmp_path: Path) -> None:
    maps = [part for _ in range(50) for part in ("-map", "1:a")]
    arguments = (*picture(0.2), *sound(0.2), "-map", "0:v", "-map", "1:a", *maps, *X264, "-c:a", "aac")
    data = make(tmp_path / "a.mkv", *arguments).read_bytes()
    media, _ = walked(data, tmp_path)
    assert (media.stream_count, len(media.streams)) == (52, 52)


def test_a_million_edits_are_ignored(late: bytes) -> None:
    """The list of the picture's track is replaced by one with a million entries; the boxes around grow with it."""
    entries = struct.pack("!IIHH", 1, 0, 1, 0) * 1_000_000
    new = full_box(b"elst", 0, 0, struct.pack("!I", 1_000_000), entries)
    at = late.find(b"elst") - 4
    size = struct.unpack_from("!I", late, at)[0]
    grown = bytearray(late[:at] + new + late[at + size :])
    for box in (b"edts", b"trak", b"moov"):
        begin = late.rfind(box, 0, at) - 4
        old = struct.unpack_from("!I", late, begin)[0]
        struct.pack_into("!I", grown, begin, old + len(new) - size)
    assert layout(Bytes(bytes(grown))).edits[0] == 1_000_000
    media = look(bytes(grown))
    assert "edit-list-ignored" in media.damage
    assert media.why_not == ("edit-list",)


def test_a_child_can_open_nothing() -> None:
    program = """
import os, socket
from media.files.tasks import main
first, source = os.open("pyproject.toml", os.O_RDONLY), os.open("README.md", os.O_RDONLY)
facts = {"descriptor": source, "memory": 1 << 31, "cpu": 10}
main._limit(facts)
assert os.read(facts["descriptor"], 2) == b"# "
for act in (lambda: open("/etc/hostname"), socket.socket, os.pipe, lambda: os.dup(0)):
    try:
        act()
    except OSError:
        continue
    raise SystemExit("something was opened")
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_no_other_file_is_followed(tmp_path: Path) -> None:
    """A playlist is refused by its content, and ffmpeg is told the demuxer and the protocols."""
    secret = tmp_path / "secret.ts"
    make(secret, *picture(0.2), *X264)
    listed = tmp_path / "list.mp4"
    listed.write_text(f"ffconcat version 1.0\nfile {secret}\n")
    with pytest.raises(errors.NamesOtherFiles):
        sniff(LocalFile(listed))
    arguments = command(
        secret, examine(LocalFile(secret)), ladder(examine(LocalFile(secret)))[0], tmp_path / "o.mp4", secret
    )
    given = arguments[: arguments.index("-i")]
    assert given[given.index("-protocol_whitelist") + 1] == "file,pipe"
    assert given[given.index("-f") + 1] == "mpegts"


def test_time_is_limited(film: bytes) -> None:
    facts = {"format": "mov", "edits": True, "pixels": 1 << 26, "streams": 64}
    with pytest.raises(errors.OverLimits):
        work.work("examine", facts, Bytes(film), work.Limits(seconds=0.01))
    assert outcome(film) == "ok"


def test_what_a_child_sends_is_bounded(film: bytes, tmp_path: Path) -> None:
    media = look(film)
    facts = {"format": "mov", "edits": True, "only_times": False, "video": 0, "audio": None, "encode": False}
    facts |= {"seconds": 1.0, "target": 4.0, "longest": 8.0, "rotation": 0}
    with pytest.raises(errors.OverLimits):
        work.work("package", facts, Bytes(film), work.Limits(output=1000), tmp_path)
    assert media.playable


def test_a_store_that_fails_is_an_error_not_a_hang(film: bytes) -> None:
    class Gone:
        size = len(film)

        def read(self, offset: int, length: int) -> bytes:
            if length > 16:
                raise OSError("the store is away")
            return film[offset : offset + length]

    with pytest.raises(errors.Undecodable):
        work.work(
            "examine", {"format": "mov", "edits": True, "pixels": 1, "streams": 1}, Gone(), work.Limits(seconds=20)
        )


def test_no_descriptor_is_left_open(film: bytes) -> None:
    look(film)
    before = len(os.listdir("/proc/self/fd"))
    outcome(film[:500])
    look(film)
    assert len(os.listdir("/proc/self/fd")) <= before


@given(st.integers(0, 2**32), st.integers(1, 30))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_films_are_refused_or_read(film: bytes, tmp_path: Path, seed: int, changes: int) -> None:
    chance = random.Random(seed)
    data = bytearray(film)
    end = data.find(b"mdat") if chance.random() < 0.7 else len(data)
    for _ in range(changes):
        data[chance.randrange(end)] = chance.randrange(256)
    survive(lambda: walked(bytes(data), tmp_path))


@given(st.integers(0, 2**32), st.integers(1, 40))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_photos_and_documents_are_refused_or_read(tmp_path: Path, seed: int, changes: int) -> None:
    chance = random.Random(seed)
    for data, act in ((png(), photo.develop), (pdf(), document.pages)):
        broken = bytearray(data)
        for _ in range(changes):
            broken[chance.randrange(8, len(broken))] = chance.randrange(256)
        survive(lambda broken=broken, act=act: act(Bytes(bytes(broken)), tmp_path))  # type: ignore[misc]


survived: set[str] = set()
"""The codes that damage led to."""


def survive(act: Callable[[], object]) -> None:
    try:
        act()
    except FileRefused as refused:
        survived.add(errors.CODES[refused.code].code)


def png(width: int = 60, height: int = 40, said: tuple[int, int] | None = None) -> bytes:
    """A grey PNG; its header may lie."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack("!I", len(data)) + kind + data + struct.pack("!I", zlib.crc32(kind + data))

    head = struct.pack("!IIBBBBB", *(said or (width, height)), 8, 0, 0, 0, 0)
    rows = b"".join(b"\0" + bytes(width) for _ in range(height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def pdf(pages: int = 1, text: str = "Takan") -> bytes:
    """A small PDF."""
    kids = " ".join(f"{n + 4} 0 R" for n in range(pages))
    stream = f"BT /F1 24 Tf 20 60 Td ({text}) Tj ET"
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {pages}>>",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    last = 4 + pages
    page = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents {last} 0 R/Resources<</Font<</F1 3 0 R>>>>>>"
    objects += [page] * pages + [f"<</Length {len(stream)}>>stream\n{stream}\nendstream"]
    out = b"%PDF-1.4\n"
    places = []
    for n, one in enumerate(objects, 1):
        places.append(len(out))
        out += f"{n} 0 obj{one}endobj\n".encode()
    table = "".join(f"{at:010} 00000 n \n" for at in places)
    tail = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer<</Size {len(objects) + 1}/Root 1 0 R>>\n"
    return out + tail.encode() + f"startxref\n{len(out)}\n%%EOF\n".encode()


def test_photos_that_lie_about_their_size(tmp_path: Path) -> None:
    with pytest.raises(errors.TooLarge):
        photo.develop(Bytes(png(said=(60_000, 60_000))), tmp_path)
    with pytest.raises(errors.Undecodable):
        photo.develop(Bytes(b"\xff\xd8\xff" + b"nothing"), tmp_path)
    with pytest.raises(errors.NotMedia):
        photo.develop(Bytes(pdf()), tmp_path)


def test_telemetry_of_a_film_without_any(film: bytes) -> None:
    assert read_video(Bytes(film), look(film)) is None
