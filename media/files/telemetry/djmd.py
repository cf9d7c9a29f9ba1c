"""DJI's own track in the MP4s of newer drones and cameras (`djmd`): a message of Protocol Buffers a picture.

The first one names its form (`dvtm_….proto`), which differs by model; field numbers are those that ExifTool's table of
DJI tags documents. A form that is not in the table is told by name, and nothing of it is guessed.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from media.files.telemetry.protobuf import BadMessage, at_path, fields, number, ratio, varint
from media.files.telemetry.sample import Sample, Telemetry, finite, position

NAME = re.compile(rb"(dvtm_[0-9A-Za-z_-]{1,40})\.proto")
MOST_MESSAGE = 2_048
"""Bytes of a message of one picture."""
_BODY = b"\x1a"  # field 3, of which all but the first message consist
EVERY = 0.1
"""Seconds between two samples that are kept: positions are not measured more often."""
Path = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Form:
    """Where a form keeps what. `place`: units (0 or none: radians, 1: degrees), latitude, longitude; beside it the
    altitude in millimetres. `degrees` where the units say nothing and mean degrees."""

    place: Path
    iso: Path = ()
    shutter: Path = ()
    fnum: Path = ()
    relative: Path = ()  # millimetres
    craft: Path = ()  # roll, pitch, yaw in tenths of a degree
    gimbal: Path = ()  # pitch, roll, yaw in tenths of a degree
    moment: Path = ()  # text, UTC
    degrees: bool = False


_DRONE = _Form((3, 3, 4, 1), relative=(3, 3, 5, 1), craft=(3, 3, 3), gimbal=(3, 4, 3))
_MINI = replace(_DRONE, iso=(3, 2, 7, 1), shutter=(3, 2, 10, 1), fnum=(3, 2, 11, 1))
_SMALL = _Form((3, 4, 4, 1), (3, 2, 2, 1), (3, 2, 4, 1), (3, 2, 10, 1), craft=(3, 4, 3))
_ACTION = _Form((3, 4, 2, 1), (3, 2, 3, 1), (3, 2, 4, 1), moment=(3, 4, 2, 6, 1))
_CLOCK = (3, 3, 4, 6, 1)
FORMS = {
    "dvtm_wm265e": replace(_DRONE, iso=(3, 2, 2, 1), shutter=(3, 2, 3, 1)),  # Mavic 3
    "dvtm_wm261": replace(_MINI, iso=(3, 2, 9, 1), moment=_CLOCK),  # Mavic 3 Pro
    "dvtm_Mavic4": replace(_DRONE, iso=(3, 2, 9, 1), shutter=(3, 2, 10, 1), gimbal=(), degrees=True),
    "dvtm_Mini4_Pro": _MINI,
    "dvtm_Mini5Pro": _Form((3, 3, 4, 1), degrees=True),
    "dvtm_Air3": _MINI,
    "dvtm_Air3s": _MINI,
    "dvtm_pm320": replace(_DRONE, iso=(3, 2, 2, 1), shutter=(3, 2, 3, 1), fnum=(3, 2, 4, 1)),  # Matrice 30
    "dvtm_wa345e": replace(_DRONE, moment=_CLOCK),  # Matrice 4E
    "dvtm_AVATA2": replace(_SMALL, relative=(3, 4, 5, 1)),
    "dvtm_dji_neo": _SMALL,
    "dvtm_ac203": _ACTION,  # Osmo Action 4, 5, 6 and Osmo 360
    "dvtm_ac204": _ACTION,
    "dvtm_ac206": _ACTION,
    "dvtm_oq101": _ACTION,
}
"""By the name that the first message gives."""


def read(packets: Iterable[tuple[float, bytes]], created: datetime | None = None) -> Telemetry:
    """Seconds on the film's timeline and bytes of each message. `created`: when the film says that it began, UTC; most
    forms have no clock, so that theirs is this one (`zone` film)."""
    name, device, form = "", None, None
    samples: list[Sample] = []
    broken, last = 0, -1.0
    for at, data in packets:
        if not name and (found := NAME.search(data[:2048])):
            name = found.group(1).decode()
            form = FORMS.get(name)
            device = _device(data)
        if form is None or at - last < EVERY - 1e-6:
            continue
        last = at
        try:
            samples.append(_sample(form, at, data, created))
        except (BadMessage, ValueError, OverflowError):
            broken += 1
    clock = any(one.time for one in samples)
    zone = "none" if not clock else "utc" if form and form.moment else "film"
    unknown = name if name and form is None else None
    offset = 0 if clock else None
    return Telemetry("dji-djmd", tuple(samples), "egm96", zone, offset, "named", broken, 0, device, unknown=unknown)


def within(stretch: bytes) -> bytes | None:
    """The message with which a stretch between two pictures ends, in a film that lost its index; None when there is
    none. The first one, which names its form, is the whole stretch."""
    if NAME.search(stretch[:2048]):
        return stretch
    at = stretch.find(_BODY, max(0, len(stretch) - MOST_MESSAGE))
    while at >= 0:
        try:
            size, begin = varint(stretch, at + 1)
            if begin + size == len(stretch) and sum(1 for _ in fields(stretch[begin:])) > 1:
                return stretch[at:]
        except BadMessage:
            pass
        at = stretch.find(_BODY, at + 1)
    return None


def _device(data: bytes) -> str | None:
    try:
        found = at_path(data, (1, 1, 10))
    except BadMessage:
        return None
    if found is None or not isinstance(found[1], bytes):
        return None
    return found[1].decode("utf-8", "replace").strip("\0 ")[:80] or None


def _sample(form: _Form, at: float, data: bytes, created: datetime | None) -> Sample:
    units, latitude, longitude = (number(at_path(data, (*form.place, one))) for one in (1, 2, 3))
    if latitude is not None and longitude is not None and not units and not form.degrees:
        latitude, longitude = math.degrees(latitude), math.degrees(longitude)
    latitude, longitude = position(latitude, longitude)
    altitude = number(at_path(data, (*form.place[:-1], 2)))
    relative = number(at_path(data, form.relative)) if form.relative else None
    pitch, roll, yaw = _angles(data, form.gimbal)
    _, _, heading = _angles(data, form.craft)
    moment = _moment(data, form.moment) if form.moment else created and created + timedelta(seconds=at)
    return Sample(
        at=at,
        time=moment,
        latitude=latitude,
        longitude=longitude,
        altitude=None if altitude is None or latitude is None else finite(_signed(altitude) / 1000, -1000, 100_000),
        relative=None if relative is None else finite(relative / 1000, -10_000, 100_000),
        yaw=yaw,
        pitch=pitch,
        roll=roll,
        heading=heading,
        iso=finite(number(at_path(data, form.iso)), 0) if form.iso else None,
        shutter=finite(ratio(at_path(data, form.shutter)), 0) if form.shutter else None,
        fnum=finite(ratio(at_path(data, form.fnum)), 0) if form.fnum else None,
    )


def _signed(value: float) -> float:
    """Some firmware extends 32 bits wrongly: only the lower half is meant."""
    return value - 2**32 if 2**31 <= value < 2**32 else value


def _angles(data: bytes, path: Path) -> tuple[float | None, float | None, float | None]:
    """Three of them; one that is nought is not written."""
    if not path or at_path(data, path) is None:
        return None, None, None
    first, second, third = (number(at_path(data, (*path, one))) or 0.0 for one in (1, 2, 3))
    return _degrees(first), _degrees(second), _degrees(third)


def _degrees(tenths: float) -> float | None:
    return finite(_signed(tenths) / 10, -360, 360)


def _moment(data: bytes, path: Path) -> datetime | None:
    found = at_path(data, path)
    if found is None or not isinstance(found[1], bytes):
        return None
    try:
        return datetime.fromisoformat(found[1].decode("latin-1").strip("\0 ")).replace(tzinfo=UTC)
    except ValueError:
        return None
