"""DJI's telemetry inside the MP4: messages by field numbers, each model's form, what is broken or unknown."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.files.telemetry import djmd
from media.files.telemetry.checks import check
from media.files.telemetry.protobuf import BadMessage, at_path, fields, number, ratio, varint
from tests.unit.media.films import message, single
from tests.unit.media.films import varint as coded

CREATED = datetime(2026, 11, 24, 2, 0, 0, tzinfo=UTC)
HEAD = {"f1": message(f1=message(f1="dvtm_Mini4_Pro.proto", f5="1581F6Z9", f10="DJI Mini4 Pro"))}


def flight(latitude: float, longitude: float, units: int | None = None, **place: bytes | int | str) -> bytes:
    """Field 3 of a drone's message: camera, craft, gimbal."""
    at = message(**({} if units is None else {"f1": units}), f2=latitude, f3=longitude)
    gps = message(f1=at, f2=58_250, **place)
    craft = message(f3=message(f1=-12, f2=34, f3=1790), f4=gps, f5=message(f1=single(42_400.0)))
    gimbal = message(f3=message(f1=-900, f3=1800))
    camera = message(
        f7=message(f1=single(150.0)), f10=message(f1=coded(1) + coded(200)), f11=message(f1=coded(17) + coded(10))
    )
    return message(f1=message(f1=1), f2=camera, f3=craft, f4=gimbal)


def test_a_mini_4_pro_tells_where_it_looked_and_how() -> None:
    first = message(**HEAD, f3=flight(math.radians(30.55), math.radians(114.37)))
    second = message(f3=flight(math.radians(30.56), math.radians(114.37)))
    found = djmd.read([(0.0, first), (0.5, second)], CREATED)
    assert (found.format, found.device, found.unknown, found.broken) == ("dji-djmd", "DJI Mini4 Pro", None, 0)
    one = found.placed[0]
    assert (one.latitude, one.longitude) == pytest.approx((30.55, 114.37))
    assert (one.altitude, one.relative) == pytest.approx((58.25, 42.4))
    assert (one.pitch, one.roll, one.yaw, one.heading) == (-90.0, 0.0, 180.0, 179.0)
    assert (one.iso, one.shutter, one.fnum) == (150.0, 1 / 200, 1.7)
    assert found.placed[1].time == CREATED + timedelta(seconds=0.5)
    assert found.zone == "film"


def test_a_clock_that_is_the_films_own_agrees_with_nothing() -> None:
    data = message(**HEAD, f3=flight(math.radians(30.55), math.radians(114.37)))
    codes = [one.code for one in check(djmd.read([(0.0, data)], CREATED), container=CREATED)]
    assert codes == []


@pytest.mark.parametrize(
    ("name", "units", "degrees"),
    [("dvtm_wm265e", 0, False), ("dvtm_Air3", 1, True), ("dvtm_Mavic4", None, True), ("dvtm_Mini5Pro", 0, True)],
)
def test_places_are_radians_or_degrees_by_form_and_units(name: str, units: int | None, degrees: bool) -> None:
    place = (30.55, 114.37) if degrees else (math.radians(30.55), math.radians(114.37))
    data = message(f1=message(f1=message(f1=f"{name}.proto")), f3=flight(*place, units))
    one = djmd.read([(0.0, data)]).placed[0]
    assert (one.latitude, one.longitude) == pytest.approx((30.55, 114.37))
    assert one.time is None


def test_a_form_with_a_clock_tells_utc() -> None:
    place = (math.radians(30.55), math.radians(114.37))
    head = message(f1=message(f1="dvtm_wm261.proto"))
    data = message(f1=head, f3=flight(*place, f6=message(f1="2026-11-24 02:03:04")))
    found = djmd.read([(0.0, data)], CREATED)
    assert (found.zone, found.first) == ("utc", datetime(2026, 11, 24, 2, 3, 4, tzinfo=UTC))


def test_an_action_camera_keeps_its_place_elsewhere() -> None:
    at = message(f2=math.radians(30.55), f3=math.radians(114.37))
    gps = message(f1=at, f2=21_000, f6=message(f1="2026-11-24 02:03:04"))
    data = message(f1=message(f1=message(f1="dvtm_ac204.proto")), f3=message(f4=message(f2=gps)))
    one = djmd.read([(0.0, data)]).placed[0]
    assert (one.latitude, one.altitude) == pytest.approx((30.55, 21.0))


def test_a_negative_number_of_wrongly_extended_bits_is_meant() -> None:
    """32 bits that were widened without their sign."""
    craft = message(f3=message(f1=0, f2=0, f3=2**32 - 450))
    data = message(f1=message(f1=message(f1="dvtm_Air3s.proto")), f3=message(f3=craft))
    assert djmd.read([(0.0, data)]).samples[0].heading == -45.0


def test_an_unknown_form_is_told_and_not_guessed() -> None:
    data = message(
        f1=message(f1=message(f1="dvtm_Future9.proto")), f3=flight(math.radians(30.55), math.radians(114.37))
    )
    found = djmd.read([(0.0, data)])
    assert (found.unknown, found.samples) == ("dvtm_Future9", ())
    assert [one.code for one in check(found)] == ["telemetry-unknown"]


def test_no_fix_is_no_place_and_a_broken_message_is_counted() -> None:
    first = message(**HEAD, f3=flight(0.0, 0.0))
    found = djmd.read([(0.0, first), (1.0, message(f3=flight(0.5, 0.5))[:-7]), (2.0, message(f3=flight(0.5, 0.5)))])
    assert (len(found.samples), len(found.placed), found.broken) == (2, 1, 1)
    assert found.samples[0].altitude is None


def test_not_more_samples_than_a_drone_measures() -> None:
    data = message(**HEAD, f3=flight(0.5, 0.5))
    found = djmd.read([(n / 60, data) for n in range(600)])
    assert 90 <= len(found.samples) <= 101


def test_messages_are_read_by_number() -> None:
    data = message(f1=150, f2=-5, f3=1.5, f4="text", f5=message(f7=message(f1=3)), f6=single(2.5))
    assert [(one, kind) for one, kind, _ in fields(data)] == [(1, 0), (2, 0), (3, 1), (4, 2), (5, 2), (6, 5)]
    assert [number(at_path(data, (one,))) for one in (1, 2, 3, 4, 6, 9)] == [150, -5, 1.5, None, 2.5, None]
    assert number(at_path(data, (5, 7, 1))) == 3
    assert ratio((2, coded(7) + coded(0))) is None


@pytest.mark.parametrize("data", [b"\x08", b"\x12\x05abc", b"\x0b", b"\xff" * 11, b"\x00\x01" + b"\x01"])
def test_what_is_no_message_is_told(data: bytes) -> None:
    with pytest.raises(BadMessage):
        list(fields(data))
    with pytest.raises(BadMessage):
        varint(b"\x80" * 20, 0)


@given(st.binary(max_size=300))
def test_no_bytes_break_it(data: bytes) -> None:
    found = djmd.read([(0.0, message(**HEAD)), (1.0, data), (2.0, b"dvtm_Air3.proto" + data)], CREATED)
    assert found.broken <= 3
