"""Every form of telemetry ends in one normal form; what is broken is counted, and no bytes are ever a crash."""

import contextlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from struct import pack
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.files.errors import FileRefused, NoTelemetry
from media.files.telemetry import gpmf, gpx, misb, srt
from media.files.telemetry.checks import check
from media.files.telemetry.places import from_gcj, metres, outside, to_gcj
from media.files.telemetry.read import read_sidecar
from media.files.telemetry.sample import Sample, Telemetry
from media.files.telemetry.written import geojson
from media.files.telemetry.written import gpx as to_gpx
from tests.unit.media.films import gpmf as item
from tests.unit.media.films import klv, to_angle

SITE = (30.55, 114.37)


def cue(text: str, n: int = 1, at: int = 0) -> str:
    return f"{n}\n00:00:{at:02},000 --> 00:00:{at + 1:02},000\n{text}\n\n"


STYLES: dict[str, tuple[str, dict[str, float], str]] = {
    "bracketed": (
        '<font size="36">FrameCnt : 7, DiffTime : 33ms\n2024-09-28 13:04:05,123,456\n[iso : 110] [shutter : 1/200.0] '
        "[fnum : 280] [ev : 0.7] [ct : 5064] [color_md : default] [focal_len : 240] [latitude : 30.55] "
        "[longtitude : 114.37] [altitude: 29.697000] </font>",
        {"altitude": 29.697, "iso": 110, "shutter": 1 / 200, "fnum": 2.8, "focal": 24.0, "ev": 0.7},
        "unknown",
    ),
    "rel_abs": (
        '<font size="28">SrtCnt : 1, DiffTime : 33ms\n2024-09-28 13:04:05.123\n[iso: 100] [shutter: 1/60] [fnum: 1.7] '
        "[latitude: 30.55] [longitude: 114.37] [rel_alt: 12.300 abs_alt: 132.860] [ct: 5324] "
        "[gb_yaw: -2.7 gb_pitch: -90.0 gb_roll: 0.1] </font>",
        {"altitude": 132.86, "relative": 12.3, "yaw": -2.7, "pitch": -90.0, "roll": 0.1, "fnum": 1.7},
        "egm96",
    ),
    "gps_home": (
        "HOME(114.3701,30.5501) 2024.09.28 13:04:05\n"
        "GPS(114.37,30.55,16) BAROMETER:1.9\nISO:100 Shutter:60 EV: 0 Fnum:2.2",
        {"altitude": 1.9, "iso": 100, "shutter": 1 / 60, "fnum": 2.2},
        "barometric",
    ),
    "one_line": (
        "F/2.8, SS 200, ISO 150, EV -0.3, GPS (114.37, 30.55, 18), D 93.24m, H 42.40m, H.S 7.20m/s, V.S 0.60m/s",
        {"relative": 42.4, "speed": 7.2, "shutter": 1 / 200, "ev": -0.3, "fnum": 2.8},
        "relative",
    ),
    "rtk": (
        "F/4, SS 1000, ISO 100, EV 0, RTK (114.37, 30.55, 55.2), HOME (114.3701, 30.5501, 20.0m), D 100m, H 30m, "
        "F.PRY (-3.1°, 2.0°, 45.2°), G.PRY (-20.0°, 0.5°, 46.3°)",
        {"altitude": 55.2, "relative": 30.0, "pitch": -20.0, "roll": 0.5, "yaw": 46.3},
        "wgs84",
    ),
    "comma_brackets": (
        "[latitude: 30,55] [longitude: 114,37] [rel_alt: 1,300 abs_alt: 132,860]",
        {"altitude": 132.86, "relative": 1.3},
        "egm96",
    ),
    "metres": ("GPS(114.37,30.55,0.0M) BAROMETER:0.3M", {"altitude": 0.3}, "barometric"),
    "comma_gps": ("GPS(114,3700,30,5500,18) ISO:100", {"iso": 100}, "unknown"),
    "comma_spaced": ("GPS(114,37; 30,55; 18) ISO:100", {"iso": 100}, "unknown"),
}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_each_style_of_dji_is_read(style: str, mark: str, newline: str) -> None:
    text, facts, datum = STYLES[style]
    found = read_sidecar((mark + cue(text, 7).replace("\n", newline)).encode())
    (one,) = found.samples
    assert (one.latitude, one.longitude) == pytest.approx(SITE)
    assert {name: getattr(one, name) for name in facts} == pytest.approx(facts)
    assert (found.format, found.datum, found.broken) == ("dji-srt", datum, 0)


def test_broken_and_empty_blocks_are_counted_and_the_rest_is_kept() -> None:
    good = STYLES["bracketed"][0]
    found = srt.read(cue(good) + cue("", 2, 1) + cue("[latitude : x] <font", 3, 2) + "4\n00:00:0" + cue(good, 5, 4))
    assert len(found.placed) == 2
    assert found.broken == 2
    assert [one.at for one in found.placed] == [0, 4]


def test_no_fix_is_no_place() -> None:
    found = srt.read(cue("[iso: 100] [latitude: 0.000000] [longitude: 0.000000]"))
    assert found.placed == ()
    assert found.samples[0].iso == 100


def test_a_subtitle_file_without_telemetry_is_refused() -> None:
    with pytest.raises(NoTelemetry):
        read_sidecar(cue("Hello, world.").encode())


def test_latitude_first_is_found_by_range_and_by_the_site() -> None:
    assert srt.read(cue("GPS(30.55,114.37,16)")).order == "range"
    assert srt.read(cue("GPS(30.55,114.37,16)")).placed[0].latitude == 30.55
    near = (47.1, 8.2)
    assert srt.read(cue("GPS(47.1,8.2,16)"), near).order == "site"
    assert srt.read(cue("GPS(47.1,8.2,16)"), near).placed[0].latitude == 47.1
    assert srt.read(cue("GPS(8.2,47.1,16)"), near).placed[0].latitude == 47.1
    assert srt.read(cue("GPS(8.2,47.1,16)")).order == "format"


def test_the_zone_is_from_the_container_else_assumed_else_unknown() -> None:
    text = cue(STYLES["bracketed"][0])
    utc = datetime(2024, 9, 28, 5, 4, 0, tzinfo=UTC)
    found = srt.read(text, container=utc)
    assert (found.zone, found.offset_minutes) == ("container", 480)
    assert found.first == datetime(2024, 9, 28, 5, 4, 5, 123456, tzinfo=UTC)
    assert srt.read(text, offset_minutes=330, container=utc + timedelta(minutes=7)).zone == "assumed"
    assert srt.read(text).first is None
    assert srt.read(text, offset_minutes=15 * 60).zone == "none"


def test_a_text_track_is_read() -> None:
    text = STYLES["rel_abs"][0].encode()
    found = srt.read_track([(1.5, len(text).to_bytes(2, "big") + text)])
    assert (found.format, found.placed[0].at, found.placed[0].latitude) == ("dji-text", 1.5, 30.55)


def gps5(*points: tuple[int, int, int, int, int], fix: int = 3) -> bytes:
    data = b"".join(pack("!5i", *point) for point in points)
    stream = item(b"GPSF", b"L", 4, pack("!I", fix)) + item(b"GPSU", b"U", 16, b"240928050405.500")
    stream += item(b"SCAL", b"l", 4, pack("!5i", 10**7, 10**7, 1000, 1000, 100)) + item(b"GPS5", b"l", 20, data)
    return item(b"DEVC", b"\0", 1, item(b"DVNM", b"c", 1, b"Hero7 Black") + item(b"STRM", b"\0", 1, stream))


def test_gps5_is_spread_over_its_payload() -> None:
    point = (305500000, 1143700000, 25500, 7200, 725)
    found = gpmf.read([(0.0, 1.0, gps5(point, point)), (1.0, 1.0, gps5(point)), (2.0, 1.0, gps5(point, fix=0))])
    assert [one.at for one in found.samples] == [0.0, 0.5, 1.0, 2.0]
    assert len(found.placed) == 3
    one = found.placed[1]
    assert (one.latitude, one.longitude, one.altitude, one.speed) == (30.55, 114.37, 25.5, 7.2)
    assert one.time == datetime(2024, 9, 28, 5, 4, 6, tzinfo=UTC)
    assert (found.format, found.zone, found.device) == ("gpmf-gps5", "utc", "Hero7 Black")


def test_gps9_has_a_time_of_its_own() -> None:
    days = (datetime(2024, 9, 28, tzinfo=UTC) - datetime(2000, 1, 1, tzinfo=UTC)).days
    point = pack("!7i2H", 305500000, 1143700000, 25500, 7200, 725, days, 18245500, 150, 3)
    scale = pack("!9i", 10**7, 10**7, 1000, 1000, 100, 1, 1000, 100, 1)
    stream = item(b"SCAL", b"l", 4, scale) + item(b"TYPE", b"c", 1, b"lllllllSS") + item(b"GPS9", b"?", 32, point)
    found = gpmf.read([(0.0, 1.0, item(b"DEVC", b"\0", 1, item(b"STRM", b"\0", 1, stream)))])
    assert found.format == "gpmf-gps9"
    assert found.placed[0].time == datetime(2024, 9, 28, 5, 4, 5, 500000, tzinfo=UTC)


def uas(**changes: bytes) -> dict[int, bytes]:
    micro = int(datetime(2024, 9, 28, 5, 4, 5, tzinfo=UTC).timestamp() * 1e6)
    return {
        2: micro.to_bytes(8, "big"),
        5: pack("!H", round(90 / 360 * 65535)),
        10: b"M300",
        13: to_angle(30.55, 90),
        14: to_angle(114.37, 180),
        15: pack("!H", round((100 + 900) / 19900 * 65535)),
        18: pack("!I", round(10 / 360 * (2**32 - 1))),
        19: to_angle(-45, 180),
        **{int(name[1:]): value for name, value in changes.items()},
    }


def test_misb_is_read_and_its_checksum_verified() -> None:
    found = misb.read([(0.0, klv(uas())), (1.0, klv(uas(), right=False)), (2.0, klv(uas())[:-9])])
    (one,) = found.samples
    assert (one.latitude, one.longitude) == pytest.approx(SITE, abs=1e-6)
    assert [one.altitude, one.yaw, one.pitch] == pytest.approx([100, 100, -45], abs=0.1)
    assert one.time == datetime(2024, 9, 28, 5, 4, 5, tzinfo=UTC)
    assert (found.unchecked, found.broken, found.datum, found.device) == (1, 1, "egm96", "M300")
    assert misb.read([(0.0, klv(uas(t75=pack("!H", 5000))))]).datum == "wgs84"
    assert misb.read([(0.0, klv(uas(t13=b"\x80\0\0\0")))]).placed == ()


GPX = """<?xml version="1.0"?><gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>
<trkpt lat="30.55" lon="114.37"><ele>25.5</ele><time>2024-09-28T13:04:05+08:00</time></trkpt>
<trkpt lat="x" lon="114.37"/><trkpt lat="30.56" lon="114.38"/></trkseg></trk></gpx>"""


def test_gpx_is_read() -> None:
    found = read_sidecar(GPX.encode())
    assert [(one.latitude, one.altitude) for one in found.samples] == [(30.55, 25.5), (30.56, None)]
    assert found.first == datetime(2024, 9, 28, 5, 4, 5, tzinfo=UTC)
    assert (found.format, found.broken, found.zone) == ("gpx", 1, "utc")
    assert len(gpx.read(GPX.encode()[:-60]).samples) == 1


def test_gpx_expands_no_entity() -> None:
    evil = '<?xml version="1.0"?><!DOCTYPE gpx [<!ENTITY a SYSTEM "secret">]>' + GPX[21:].replace("x", "&a;", 1)
    assert gpx.read(evil.encode()).samples == ()


def flight(*places: tuple[float, float], seconds: float = 1.0) -> Telemetry:
    begin = datetime(2024, 9, 28, 5, 0, 0, tzinfo=UTC)
    samples = [
        Sample(n * seconds, begin + timedelta(seconds=n * seconds), *place, altitude=10.0 + n)
        for n, place in enumerate(places)
    ]
    return Telemetry("gpx", tuple(samples), "egm96", "utc", 0)


def test_the_normal_form_is_written_as_geojson_and_gpx() -> None:
    flown = flight(SITE, (30.56, 114.38))
    feature = json.loads(json.dumps(geojson(flown)))["features"][0]
    assert feature["geometry"] == {"type": "LineString", "coordinates": [[114.37, 30.55, 10.0], [114.38, 30.56, 11.0]]}
    assert feature["properties"]["times"][0] == "2024-09-28T05:00:00+00:00"
    assert feature["properties"]["at"] == [0.0, 1.0]
    assert geojson(flight())["features"][0]["geometry"] is None
    again = gpx.read(to_gpx(flown, "a<b").encode())
    assert [(one.latitude, one.time) for one in again.samples] == [(one.latitude, one.time) for one in flown.samples]
    assert ElementTree.fromstring(to_gpx(flown, "a<b")) is not None
    many = geojson(flight(*[SITE] * 1000), most=100)["features"][0]["geometry"]["coordinates"]
    assert len(many) in (100, 101)


POLYGON = [(30.549, 114.369), (30.551, 114.369), (30.551, 114.371), (30.549, 114.371)]
WINDOW = (datetime(2024, 9, 28, 4, tzinfo=UTC), datetime(2024, 9, 28, 6, tzinfo=UTC))


def test_distances() -> None:
    assert metres((0, 0), (0, 1)) == pytest.approx(111_195, rel=1e-3)
    assert outside(SITE, POLYGON) == 0
    assert outside((30.552, 114.37), POLYGON) == pytest.approx(111.2, rel=0.01)
    assert outside((30.552, 114.37), [SITE]) == pytest.approx(222.4, rel=0.01)


@given(st.floats(18, 53), st.floats(74, 134))
def test_gcj_goes_there_and_back(latitude: float, longitude: float) -> None:
    shifted = to_gcj((latitude, longitude))
    assert 20 < metres((latitude, longitude), shifted) < 1500
    assert metres(from_gcj(shifted), (latitude, longitude)) < 0.01


def codes(found: list[object]) -> dict[str, str]:
    return {one.code: one.result for one in found}  # type: ignore[attr-defined]


def test_where_and_when_are_checked() -> None:
    inside = flight(SITE, SITE)
    assert codes([*check(inside, POLYGON, WINDOW, WINDOW[0] + timedelta(hours=1))]) == {
        "place-inside": "pass",
        "time-inside": "pass",
        "clocks-agree": "pass",
    }
    far = check(flight(*[(30.60, 114.37)] * 11), POLYGON, (WINDOW[0], WINDOW[0] + timedelta(minutes=30)))
    assert codes([*far]) == {"place-outside": "fail", "time-outside": "fail"}
    assert far[0].figures["metres"] == pytest.approx(5449, rel=0.01)
    assert far[0].figures["seconds"] == 11
    assert far[1].figures["minutes"] == pytest.approx(30.2, abs=0.1)
    assert codes([*check(None, POLYGON, WINDOW)]) == {"place-unknown": "warn", "time-unknown": "warn"}
    assert codes([*check(inside, (), None, WINDOW[1] + timedelta(days=3))]) == {"clocks-differ": "warn"}
    assert codes([*check(inside, (), None, None, WINDOW[0])]) == {"clocks-differ": "warn"}


def test_chinese_map_coordinates_are_recognised() -> None:
    shifted = check(flight(to_gcj(SITE), to_gcj((30.5502, 114.3702))), POLYGON)
    assert codes([*shifted]) == {"place-gcj02": "warn"}


@given(st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_no_bytes_break_the_parsers(data: bytes) -> None:
    misb.read([(0.0, data), (1.0, misb.KEY + data)])
    gpmf.read([(0.0, 1.0, data), (1.0, 1.0, b"DEVC\0\1" + pack("!H", len(data)) + data)])
    gpx.read(data)
    gpx.read(b"<gpx><trkpt lat='1' lon='2'>" + data)
    srt.read_track([(0.0, data)])
    with contextlib.suppress(FileRefused):
        read_sidecar(b"1\n00:00:00,000 --> 00:00:01,000\n" + data)


@given(st.text(alphabet="GPSRTKHOME()[]latiude:long,.-0123456789 \n<>/ISOF", max_size=200))
@settings(max_examples=200, deadline=None)
def test_no_text_breaks_the_styles(text: str) -> None:
    for one in srt.read(cue(text), SITE, 480).samples:
        assert one.latitude is None or abs(one.latitude) <= 90


def test_a_long_sidecar_is_read_in_time(tmp_path: Path) -> None:
    text = "".join(cue(STYLES["rel_abs"][0], n, n % 59) for n in range(20_000))
    began = datetime.now(tz=UTC)
    assert len(srt.read(text).placed) == 20_000
    assert datetime.now(tz=UTC) - began < timedelta(seconds=15)
    for evil in ("1" * 500_000, "1:" * 300_000, "1 " * 300_000, "<" * 300_000, "2024-01-01 " * 50_000, "a" * 500_000):
        srt.read(cue(evil) + evil)
    assert datetime.now(tz=UTC) - began < timedelta(seconds=30)
    srt.read("GPS(" * 50_000 + "00:00:00,000 --> 00:00:01,000" + "[a" * 50_000 + "1:" * 20_000)
