"""A file is what its content says; every refusal has a code of the one list."""

import tempfile
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.files import archive, errors, kind, pair
from media.files.errors import FileRefused
from media.files.kind import Kind


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41", Kind("video", "mov")),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", Kind("photo", "heif")),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", Kind("photo", "heif")),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", Kind("video", "mov")),
        (b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp42", Kind("audio", "mov")),
        (b"\x1a\x45\xdf\xa3" + bytes(40), Kind("video", "matroska")),
        ((b"\x47" + bytes(187)) * 5, Kind("video", "mpegts")),
        ((bytes(4) + b"\x47" + bytes(187)) * 5, Kind("video", "mpegts")),
        (b"\xff\xd8\xff\xe1" + bytes(40), Kind("photo", "jpeg")),
        (b"\x89PNG\r\n\x1a\n" + bytes(20), Kind("photo", "png")),
        (b"RIFF\x10\0\0\0WEBPVP8 ", Kind("photo", "webp")),
        (b"RIFF\x10\0\0\0AVI LIST", Kind("video", "avi")),
        (b"II*\0" + bytes(20), Kind("photo", "tiff")),
        (b"%PDF-1.7\n%....", Kind("document", "pdf")),
        (b"PK\3\4" + bytes(40), Kind("zip", "zip")),
        (b"1\r\n00:00:00,000 --> 00:00:00,033\r\nGPS(1,2,3)", Kind("sidecar", "srt")),
        ("\ufeff1\n00:00:00,000 --> 00:00:01,000\nx".encode(), Kind("sidecar", "srt")),
        ("1\n00:00:00,000 --> 00:00:01,000\nx".encode("utf-16"), Kind("sidecar", "srt")),
        (b'<?xml version="1.0"?>\n<gpx version="1.1">', Kind("sidecar", "gpx")),
        (b"\xff\xf1\x50\x80" + bytes(40), Kind("audio", "aac")),
    ],
)
def test_content_tells(head: bytes, found: Kind) -> None:
    assert kind.of(head, len(head)) == found


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (b"", "empty-file"),
        (b"This is a text file that somebody called film.mp4.", "not-media"),
        (bytes(5000), "not-media"),
        (b"MZ\x90\0" + bytes(60), "not-media"),
        (b"#!/bin/sh\nrm -rf x\n", "not-media"),
        (b"#EXTM3U\n#EXTINF:10,\n/etc/passwd\n", "names-other-files"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "names-other-files"),
        (b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011">', "names-other-files"),
        (b"abc", "truncated"),
    ],
)
def test_what_is_no_media_is_refused(head: bytes, code: str) -> None:
    with pytest.raises(FileRefused) as refused:
        kind.of(head, len(head))
    assert refused.value.code == code


def outcome(act: Callable[[], str]) -> str:
    """What it gives, or the code of its refusal."""
    try:
        return act()
    except FileRefused as refused:
        return refused.code


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_beginning_is_a_kind_or_a_refusal(head: bytes) -> None:
    found = outcome(lambda: kind.of(head, len(head)).kind)
    assert found in {"video", "audio", "photo", "document", "sidecar", "zip", *errors.CODES}


def test_every_refusal_is_in_the_list() -> None:
    every = {one.code: one for one in FileRefused.__subclasses__()}
    assert every == errors.CODES


def packed(path: Path, *members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as made:
        for name, data in members:
            made.writestr(name, data)
    return path


def test_an_archive_gives_its_files(tmp_path: Path) -> None:
    members = [("现场/DJI_0001.SRT", b"1"), ("现场/a.jpg", b"2" * 100)]
    members += [("__MACOSX/._a.jpg", b"x"), ("现场/.DS_Store", b"")]
    path = packed(tmp_path / "a.zip", *members)
    found = archive.entries(path)
    assert [(one.name, one.size) for one in found] == [("现场/DJI_0001.SRT", 1), ("现场/a.jpg", 100)]
    assert archive.unpack(path, found[1], tmp_path / "out").read_bytes() == b"2" * 100


def test_a_chinese_name_of_windows_is_read(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", ("ABCD.jpg", b"1"))
    path.write_bytes(path.read_bytes().replace(b"ABCD.jpg", "现场.jpg".encode("gb18030")))
    assert [one.name for one in archive.entries(path)] == ["现场.jpg"]


@pytest.mark.parametrize("name", ["../evil.jpg", "/etc/passwd", "a/../../b", "C:\\x.jpg", "..\\x"])
def test_a_name_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(errors.ZipUnsafe):
        archive.entries(packed(tmp_path / "a.zip", (name, b"1")))


def test_a_link_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        made.writestr(link, "/etc/passwd")
    with pytest.raises(errors.ZipUnsafe):
        archive.entries(tmp_path / "a.zip")


def test_a_bomb_is_refused(tmp_path: Path) -> None:
    with pytest.raises(errors.ZipBomb):
        archive.entries(packed(tmp_path / "a.zip", ("film.mp4", bytes(8 << 20))))


def test_a_member_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", ("film.mp4", bytes(range(256)) * 4000))
    size = (256 * 4000).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(size, (100).to_bytes(4, "little")))
    with pytest.raises((errors.ZipBomb, errors.ZipDamaged)):
        archive.unpack(path, archive.entries(path)[0], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    members = [(f"{n}.jpg", b"") for n in range(archive.MOST_MEMBERS + 1)]
    with pytest.raises(errors.ZipTooMany):
        archive.entries(packed(tmp_path / "a.zip", *members))


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_damaged_archive_is_refused_or_read(data: st.DataObject) -> None:
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.jpg", b"abc" * 50)
    raw = bytearray(made.getvalue())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.zip"
        path.write_bytes(raw)
        out = Path(folder) / "out"
        found = outcome(lambda: str([archive.unpack(path, entry, out).name for entry in archive.entries(path)]))
    assert found in {"['out']", "[]", *errors.CODES}


def test_sidecars_find_their_films() -> None:
    names = ["DJI_0001.MP4", "dji_0001.SRT", "b/x.mov", "b/X.gpx", "c/x.mov", "y.srt"]
    assert pair.pairs(names) == {"dji_0001.SRT": "DJI_0001.MP4", "b/X.gpx": "b/x.mov"}
    assert pair.pairs(["a/x.mp4", "b/x.mp4", "x.srt"]) == {}
