"""Distances, polygons, and the shift of Chinese maps (GCJ-02). Degrees WGS-84, metres."""

import math
from collections.abc import Sequence

Place = tuple[float, float]
"""Latitude, longitude."""
EARTH = 6_371_008.8
"""Mean radius, metres."""
_AXIS, _ECCENTRICITY = 6_378_245.0, 0.00669342162296594323  # Krasovsky 1940


def metres(one: Place, other: Place) -> float:
    """The way over the surface."""
    first, second = math.radians(one[0]), math.radians(other[0])
    half = math.sin((second - first) / 2) ** 2
    half += math.cos(first) * math.cos(second) * math.sin(math.radians(other[1] - one[1]) / 2) ** 2
    return 2 * EARTH * math.asin(min(1.0, math.sqrt(half)))


def _flat(place: Place, origin: Place) -> tuple[float, float]:
    """Metres east and north of an origin: good for a site, not for a country."""
    east = math.radians((place[1] - origin[1] + 180) % 360 - 180) * math.cos(math.radians(origin[0])) * EARTH
    return east, math.radians(place[0] - origin[0]) * EARTH


def outside(place: Place, polygon: Sequence[Place]) -> float:
    """Metres from the polygon's edge; 0 inside or on it. One corner alone is a point. Raises `ValueError` for none."""
    if not polygon:
        raise ValueError("no corners")
    corners = [_flat(one, place) for one in polygon]
    if len(corners) >= 3 and _contains(corners):
        return 0.0
    edges = zip(corners, [*corners[1:], corners[0]], strict=True)
    return min(_to_edge(one, other) for one, other in edges)


def _contains(corners: Sequence[tuple[float, float]]) -> bool:
    """Whether the origin is inside."""
    inside = False
    for (x1, y1), (x2, y2) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if (y1 > 0) != (y2 > 0) and x1 + (x2 - x1) * (0 - y1) / (y2 - y1) > 0:
            inside = not inside
    return inside


def _to_edge(one: tuple[float, float], other: tuple[float, float]) -> float:
    east, north = other[0] - one[0], other[1] - one[1]
    length = east * east + north * north
    share = 0.0 if length == 0 else min(1.0, max(0.0, -(one[0] * east + one[1] * north) / length))
    return math.hypot(one[0] + share * east, one[1] + share * north)


def in_china(place: Place) -> bool:
    """Roughly where maps are shifted."""
    return 0.8293 < place[0] < 55.8271 and 72.004 < place[1] < 137.8347


def to_gcj(place: Place) -> Place:
    """WGS-84 as Chinese maps shift it."""
    if not in_china(place):
        return place
    latitude, longitude = place
    x, y = longitude - 105.0, latitude - 35.0
    wave = (20 * math.sin(6 * x * math.pi) + 20 * math.sin(2 * x * math.pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + wave
    north += (20 * math.sin(y * math.pi) + 40 * math.sin(y / 3 * math.pi)) * 2 / 3
    north += (160 * math.sin(y / 12 * math.pi) + 320 * math.sin(y * math.pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + wave
    east += (20 * math.sin(x * math.pi) + 40 * math.sin(x / 3 * math.pi)) * 2 / 3
    east += (150 * math.sin(x / 12 * math.pi) + 300 * math.sin(x / 30 * math.pi)) * 2 / 3
    angle = math.radians(latitude)
    magic = 1 - _ECCENTRICITY * math.sin(angle) ** 2
    root = math.sqrt(magic)
    north = math.degrees(north / (_AXIS * (1 - _ECCENTRICITY) / (magic * root)))
    east = math.degrees(east / (_AXIS / root * math.cos(angle)))
    return latitude + north, longitude + east


def from_gcj(place: Place) -> Place:
    """What Chinese maps shifted, back to WGS-84, to a millimetre."""
    guess = place
    for _ in range(4):
        shifted = to_gcj(guess)
        guess = guess[0] - (shifted[0] - place[0]), guess[1] - (shifted[1] - place[1])
    return guess
