"""The normal form of telemetry."""

import math
from dataclasses import dataclass
from datetime import datetime

ZONES = ("utc", "stated", "container", "film", "assumed", "none")
"""Where a sample's zone is from: the format is in UTC; the file states it; it was found by comparing with the
container's UTC; the format has no clock, so that it is the container's own; it was given from outside (the site's);
nobody knows, so there is no time."""
DATUMS = ("wgs84", "egm96", "barometric", "relative", "unknown")
"""What an altitude is above: the ellipsoid, mean sea level, by air pressure, the take-off point, not said."""
FARTHEST_ZONE = 14 * 60
"""Minutes that a zone may lie from UTC."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One moment. `at` seconds on the film's timeline; `time` UTC; degrees WGS-84, north and east positive; metres;
    `relative` above take-off; `yaw` from north, `pitch` below the horizon negative: of the gimbal; `speed` m/s over
    ground. Camera facts as numbers: `shutter` seconds, `fnum`, `focal` millimetres as the camera says them."""

    at: float | None = None
    time: datetime | None = None
    latitude: float | None = None
    longitude: float | None = None
    altitude: float | None = None
    relative: float | None = None
    speed: float | None = None
    yaw: float | None = None
    pitch: float | None = None
    roll: float | None = None
    heading: float | None = None
    iso: float | None = None
    shutter: float | None = None
    fnum: float | None = None
    ev: float | None = None
    focal: float | None = None
    temperature: float | None = None

    @property
    def placed(self) -> bool:
        """Whether it says where."""
        return self.latitude is not None and self.longitude is not None


@dataclass(frozen=True, slots=True)
class Telemetry:
    """`format`: dji-srt, dji-text, dji-djmd, gpmf-gps5, gpmf-gps9, misb-0601, gpx, exif, container. `order` tells how
    latitude and longitude were told apart: named, format, range (one of them can only be a longitude) or site (the
    other order lies by the site). `broken` blocks could not be read, `unchecked` failed their checksum; neither is
    among the samples. `device` and `home` (latitude, longitude of take-off) as the file says. `unknown` names a form
    of telemetry that is there and cannot be read."""

    format: str
    samples: tuple[Sample, ...]
    datum: str = "unknown"
    zone: str = "none"
    offset_minutes: int | None = None
    order: str = "named"
    broken: int = 0
    unchecked: int = 0
    device: str | None = None
    home: tuple[float, float] | None = None
    unknown: str | None = None

    @property
    def placed(self) -> tuple[Sample, ...]:
        """The samples that say where."""
        return tuple(one for one in self.samples if one.placed)

    @property
    def first(self) -> datetime | None:
        """The earliest moment, UTC."""
        return min((one.time for one in self.samples if one.time), default=None)

    @property
    def last(self) -> datetime | None:
        """The latest moment, UTC."""
        return max((one.time for one in self.samples if one.time), default=None)


def position(latitude: float | None, longitude: float | None) -> tuple[float, float] | tuple[None, None]:
    """A place on earth, or none: 0,0 is what a receiver without a fix says."""
    if latitude is None or longitude is None or not (math.isfinite(latitude) and math.isfinite(longitude)):
        return None, None
    if abs(latitude) > 90 or abs(longitude) > 180 or (abs(latitude) < 1e-6 and abs(longitude) < 1e-6):
        return None, None
    return latitude, longitude


def finite(value: float | None, least: float = -1e7, most: float = 1e7) -> float | None:
    """A number that can be meant, or none."""
    return value if value is not None and math.isfinite(value) and least <= value <= most else None
