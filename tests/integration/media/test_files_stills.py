"""Photos and documents: upright, small and large, with what they say about place, time and camera."""

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pillow_heif
import pytest
from PIL import ExifTags, Image

from media.files import document, errors, photo
from media.files.kind import sniff
from media.files.photo import Photo
from media.files.plain import plain
from media.files.source import Bytes
from media.files.telemetry.read import read_photo
from tests.integration.media.test_files_bad import pdf

pillow_heif.register_heif_opener()
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description drone-dji:AbsoluteAltitude="+132.86" '
    b'drone-dji:RelativeAltitude="+12.30" drone-dji:GimbalYawDegree="-2.70" drone-dji:GimbalPitchDegree="-90.00" '
    b'drone-dji:GimbalRollDegree="+0.00"/></x:xmpmeta>'
)


def halves(size: tuple[int, int] = (600, 400)) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", size, (200, 0, 0))
    image.paste((0, 0, 200), (size[0] // 2, 0, *size))
    return image


def said(orientation: int = 1, zone: str | None = "+08:00") -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Model] = "DJI", "FC3582"
    inner = exif.get_ifd(ExifTags.IFD.Exif)
    inner[ExifTags.Base.DateTimeOriginal] = "2024:09:28 13:04:05"
    if zone:
        inner[ExifTags.Base.OffsetTimeOriginal] = zone
    inner[ExifTags.Base.ISOSpeedRatings], inner[ExifTags.Base.FNumber] = 100, 1.7
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitudeRef], gps[ExifTags.GPS.GPSLatitude] = "N", (30.0, 33.0, 0.0)
    gps[ExifTags.GPS.GPSLongitudeRef], gps[ExifTags.GPS.GPSLongitude] = "E", (114.0, 22.0, 12.0)
    gps[ExifTags.GPS.GPSAltitudeRef], gps[ExifTags.GPS.GPSAltitude] = b"\x00", 130.0
    return exif


def saved(image: Image.Image, layout: str = "JPEG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, layout, **options)
    return out.getvalue()


def developed(data: bytes, folder: Path) -> Photo:
    return photo.develop(Bytes(data), folder)


def colour(path: Path, x: float, y: float) -> str:
    with Image.open(path) as image:
        red, _, blue = image.convert("RGB").getpixel((int(image.width * x), int(image.height * y)))  # type: ignore[misc]
    return "red" if red > blue else "blue"


def test_a_drone_photo_says_where_when_and_how(tmp_path: Path) -> None:
    made = developed(saved(halves(), exif=said(), xmp=XMP), tmp_path)
    assert [made.latitude, made.longitude] == pytest.approx([30.55, 114.37])
    assert (made.altitude, made.relative, made.datum) == (132.86, 12.3, "egm96")
    assert made.gimbal == (-2.7, -90.0, 0.0)
    assert (made.taken, made.zone) == (datetime(2024, 9, 28, 5, 4, 5, tzinfo=UTC), "stated")
    assert (made.make, made.model, made.iso, made.fnum) == ("DJI", "FC3582", 100, 1.7)
    found = read_photo(made)
    assert found is not None
    assert (found.format, found.placed[0].pitch) == ("exif", -90.0)
    assert plain(made)["taken"] == "2024-09-28T05:04:05+00:00"


def test_a_time_without_a_zone_is_no_moment(tmp_path: Path) -> None:
    made = developed(saved(halves(), exif=said(zone=None)), tmp_path)
    assert (made.local, made.taken, made.zone) == ("2024-09-28T13:04:05", None, "none")


@pytest.mark.parametrize(
    ("orientation", "size", "left"), [(1, (600, 400), "red"), (3, (600, 400), "blue"), (6, (400, 600), "")]
)
def test_a_photo_is_turned_upright(tmp_path: Path, orientation: int, size: tuple[int, int], left: str) -> None:
    made = developed(saved(halves(), exif=said(orientation)), tmp_path)
    assert (made.width, made.height) == size
    for name in (made.thumbnail, made.view):
        assert colour(tmp_path / name, 0.1, 0.1) == (left or "red")
        assert colour(tmp_path / name, 0.1, 0.9) == (left or "blue")
    with Image.open(tmp_path / made.thumbnail) as small:
        assert max(small.size) == photo.THUMBNAIL


@pytest.mark.parametrize("layout", ["PNG", "TIFF", "WEBP", "HEIF"])
def test_every_format_is_developed(tmp_path: Path, layout: str) -> None:
    data = saved(halves(), layout, **({"exif": said().tobytes()} if layout == "HEIF" else {}))
    made = developed(data, tmp_path)
    assert (made.width, made.height, made.levels) == (600, 400, 0)
    assert colour(tmp_path / made.view, 0.1, 0.5) == "red"
    if layout == "HEIF":
        assert made.latitude == pytest.approx(30.55)


def test_clear_and_deep_pictures_are_shown_on_white(tmp_path: Path) -> None:
    developed(saved(Image.new("RGBA", (40, 40), (255, 0, 0, 0)), "PNG"), tmp_path)
    with Image.open(tmp_path / "view.jpg") as image:
        assert image.getpixel((20, 20)) == (255, 255, 255)
    developed(saved(Image.new("I;16", (40, 40), 65535), "PNG"), tmp_path)
    with Image.open(tmp_path / "view.jpg") as image:
        assert image.getpixel((20, 20)) == (255, 255, 255)


def test_a_large_photo_has_tiles_of_every_level(tmp_path: Path) -> None:
    made = developed(saved(halves((5000, 1100))), tmp_path)
    assert (made.levels, made.tile) == (5, 512)
    full = sorted(path.name for path in (tmp_path / "tiles" / "4").iterdir())
    assert len(full) == 10 * 3
    with Image.open(tmp_path / "tiles" / "4" / "9_2.jpg") as tile:
        assert tile.size == (5000 - 9 * 512, 1100 - 2 * 512)
    assert [path.name for path in (tmp_path / "tiles" / "0").iterdir()] == ["0_0.jpg"]
    assert colour(tmp_path / "tiles" / "0" / "0_0.jpg", 0.2, 0.5) == "red"


def test_a_cut_photo_is_shown_as_far_as_it_goes(tmp_path: Path) -> None:
    data = saved(halves((1200, 800)), quality=100)
    made = developed(data[: len(data) * 2 // 3], tmp_path)
    assert made.damage == ("truncated",)
    assert (tmp_path / made.view).exists()


def test_a_document_is_drawn_page_by_page(tmp_path: Path) -> None:
    assert sniff(Bytes(pdf())).kind == "document"
    made = document.pages(Bytes(pdf(3)), tmp_path)
    assert (made.count, [one.file for one in made.pages]) == (3, ["page-1.jpg", "page-2.jpg", "page-3.jpg"])
    assert (made.pages[0].width, made.pages[0].height) == (200, 100)
    with Image.open(tmp_path / "page-1.jpg") as image:
        assert image.size == (800, 400)
        darkest, lightest = (round(float(one)) for one in image.convert("L").getextrema())  # type: ignore[arg-type]
        assert darkest < 10
        assert lightest > 245


@pytest.mark.parametrize("data", [b"%PDF-1.4\n", b"%PDF-1.4\nnothing follows" * 9, pdf(0)])
def test_a_document_without_pages_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises((errors.Undecodable, errors.NothingToSee)):
        document.pages(Bytes(data), tmp_path)
