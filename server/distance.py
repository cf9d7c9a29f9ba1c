"""How far a device was from the site."""

from math import asin, cos, radians, sin, sqrt

from inspection.model.case import Site
from inspection.model.participant import Position

EARTH = 6_371_000.0  # metres


def away_from(site: Site, position: Position) -> int | None:
    """Metres from the site along the great circle; None where either is unknown."""
    if site.latitude is None or site.longitude is None or position.latitude is None or position.longitude is None:
        return None
    low, high = radians(site.latitude), radians(position.latitude)
    east = radians(position.longitude - site.longitude)
    half = sin((high - low) / 2) ** 2 + cos(low) * cos(high) * sin(east / 2) ** 2
    return round(2 * EARTH * asin(sqrt(half)))
