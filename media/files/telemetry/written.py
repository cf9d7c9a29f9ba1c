"""Telemetry as GeoJSON (RFC 7946) and GPX 1.1."""

from typing import Any
from xml.sax.saxutils import escape, quoteattr

from media.files.telemetry.sample import Sample, Telemetry

_SHOWN = (
    "at", "altitude", "relative", "speed", "yaw", "pitch", "roll", "heading",
    "iso", "shutter", "fnum", "ev", "focal", "temperature",
)  # fmt: skip


def geojson(telemetry: Telemetry, most: int = 20_000) -> dict[str, Any]:
    """A feature collection: the flight as a line, with all that was said at each of its points in arrays.

    Longitude comes first, then latitude, then altitude above the datum that `datum` names. Beyond `most` points every
    n-th is left, and always the last.
    """
    points = thinned(telemetry.placed, most)
    line = [[one.longitude, one.latitude, *([one.altitude] if one.altitude is not None else [])] for one in points]
    facts: dict[str, Any] = {
        "format": telemetry.format,
        "datum": telemetry.datum,
        "zone": telemetry.zone,
        "offset_minutes": telemetry.offset_minutes,
        "order": telemetry.order,
        "device": telemetry.device,
        "samples": len(telemetry.samples),
        "placed": len(telemetry.placed),
        "times": [one.time.isoformat() if one.time else None for one in points],
    }
    for name in _SHOWN:
        values = [getattr(one, name) for one in points]
        if any(value is not None for value in values):
            facts[name] = values
    geometry: dict[str, Any] | None = {"type": "LineString", "coordinates": line}
    if len(line) < 2:
        geometry = {"type": "Point", "coordinates": line[0]} if line else None
    feature = {"type": "Feature", "geometry": geometry, "properties": facts}
    return {"type": "FeatureCollection", "features": [feature]}


def thinned(samples: tuple[Sample, ...], most: int) -> tuple[Sample, ...]:
    """At most `most` (and one) of them, evenly."""
    step = -(-len(samples) // max(1, most))
    if step <= 1:
        return samples
    left = samples[::step]
    return left if left[-1] is samples[-1] else (*left, samples[-1])


def gpx(telemetry: Telemetry, name: str = "") -> str:
    """One track with one segment, all placed samples."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<gpx version="1.1" creator="Takan" xmlns="http://www.topografix.com/GPX/1/1">',
        f"<trk><name>{escape(name)}</name><type>{escape(telemetry.format)}</type><trkseg>",
    ]
    for one in telemetry.placed:
        place = f"lat={quoteattr(f'{one.latitude:.8f}')} lon={quoteattr(f'{one.longitude:.8f}')}"
        inside = f"<ele>{one.altitude:.3f}</ele>" if one.altitude is not None else ""
        if one.time:
            inside += f"<time>{one.time.isoformat(timespec='milliseconds').replace('+00:00', 'Z')}</time>"
        lines.append(f"<trkpt {place}>{inside}</trkpt>")
    return "\n".join([*lines, "</trkseg></trk></gpx>", ""])
