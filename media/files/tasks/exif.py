"""What a photo says about itself: EXIF by Pillow, XMP by its text."""

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from PIL import ExifTags, Image

from media.files.telemetry.sample import finite, position

_XMP = re.compile(r"drone-dji:([A-Za-z0-9]{1,40})\s*(?:=\s*\"([^\"]{0,200})\"|>([^<]{0,200})<)")
_DATE = re.compile(r"(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d):(\d\d)")
_ZONE = re.compile(r"([+-])(\d\d):?(\d\d)")
MOST_XMP = 4 << 20


def facts(image: Image.Image) -> dict[str, Any]:
    """The facts of `media.files.photo.Photo` that are not about pixels."""
    exif = image.getexif()
    inner = exif.get_ifd(ExifTags.IFD.Exif)
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    xmp = _xmp(image)
    found: dict[str, Any] = {
        "make": _text(exif.get(ExifTags.Base.Make)),
        "model": _text(exif.get(ExifTags.Base.Model)),
        "software": _text(exif.get(ExifTags.Base.Software)),
        "lens": _text(inner.get(ExifTags.Base.LensModel)),
        "iso": _number(inner.get(ExifTags.Base.ISOSpeedRatings)),
        "shutter": _number(inner.get(ExifTags.Base.ExposureTime)),
        "fnum": _number(inner.get(ExifTags.Base.FNumber)),
        "focal": _number(inner.get(ExifTags.Base.FocalLength)),
        "direction": finite(_number(gps.get(ExifTags.GPS.GPSImgDirection)), 0, 360),
        "xmp": xmp,
    }
    return found | _when(exif, inner, gps) | _where(gps, xmp)


def _xmp(image: Image.Image) -> dict[str, str]:
    raw = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    text = raw if isinstance(raw, str) else bytes(raw[:MOST_XMP]).decode("utf-8", "replace")
    return {name: first or second for name, first, second in _XMP.findall(text)[:200]}


def _text(value: Any) -> str | None:
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    return text.strip("\0 ")[:120] or None if isinstance(text, str) else None


def _number(value: Any) -> float | None:
    if isinstance(value, tuple | list):
        value = value[0] if value else None
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _when(exif: Any, inner: dict[int, Any], gps: dict[int, Any]) -> dict[str, Any]:
    said = _text(inner.get(ExifTags.Base.DateTimeOriginal)) or _text(exif.get(ExifTags.Base.DateTime)) or ""
    local = _moment(said)
    zone = _ZONE.fullmatch(_text(inner.get(ExifTags.Base.OffsetTimeOriginal)) or "")
    satellite = _satellite_time(gps)
    if local and zone:
        minutes = int(zone[1] + "1") * (int(zone[2]) * 60 + int(zone[3]))
        if abs(minutes) <= 14 * 60:
            taken = (local - timedelta(minutes=minutes)).replace(tzinfo=UTC)
            return {"local": local.isoformat(), "taken": taken.isoformat(), "zone": "stated"}
    taken_text = satellite.isoformat() if satellite else None
    return {
        "local": local.isoformat() if local else None,
        "taken": taken_text,
        "zone": "utc" if satellite else "none",
    }


def _moment(text: str) -> datetime | None:
    found = _DATE.match(text)
    try:
        return datetime(*(int(one) for one in found.groups())) if found else None  # type: ignore[arg-type] # noqa: DTZ001
    except ValueError:
        return None


def _satellite_time(gps: dict[int, Any]) -> datetime | None:
    date = _text(gps.get(ExifTags.GPS.GPSDateStamp)) or ""
    clock = gps.get(ExifTags.GPS.GPSTimeStamp)
    parts = [_number(one) for one in clock] if isinstance(clock, tuple | list) and len(clock) == 3 else []
    day = _moment(f"{date} 00:00:00")
    if day is None or any(one is None or not 0 <= one < 61 for one in parts) or not parts:
        return None
    hours, minutes, seconds = (one or 0.0 for one in parts)
    return day.replace(tzinfo=UTC) + timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _degrees(value: Any, reference: Any) -> float | None:
    if not isinstance(value, tuple | list) or not 1 <= len(value) <= 3:
        return None
    parts = [_number(one) for one in value]
    if any(one is None for one in parts):
        return None
    degrees = sum((one or 0.0) / 60.0**n for n, one in enumerate(parts))
    return -degrees if (_text(reference) or "").upper()[:1] in ("S", "W") else degrees


def _where(gps: dict[int, Any], xmp: dict[str, str]) -> dict[str, Any]:
    latitude = _degrees(gps.get(ExifTags.GPS.GPSLatitude), gps.get(ExifTags.GPS.GPSLatitudeRef))
    longitude = _degrees(gps.get(ExifTags.GPS.GPSLongitude), gps.get(ExifTags.GPS.GPSLongitudeRef))
    named = xmp.get("GpsLongitude") or xmp.get("GpsLongtitude")
    if latitude is None or longitude is None:
        latitude, longitude = _number(xmp.get("GpsLatitude")), _number(named)
    latitude, longitude = position(latitude, longitude)
    altitude = _number(gps.get(ExifTags.GPS.GPSAltitude))
    below = gps.get(ExifTags.GPS.GPSAltitudeRef) in (1, b"\x01")
    altitude = -altitude if altitude is not None and below else altitude
    absolute = _number(xmp.get("AbsoluteAltitude"))
    datum = "egm96" if altitude is not None or absolute is not None else "unknown"
    if "RtkFlag" in xmp and xmp["RtkFlag"].strip() not in ("", "0"):
        datum = "wgs84"
    angles = [_number(xmp.get(f"Gimbal{name}Degree")) for name in ("Yaw", "Pitch", "Roll")]
    return {
        "latitude": latitude,
        "longitude": longitude,
        "altitude": finite(absolute if absolute is not None else altitude, -1000, 100_000),
        "relative": finite(_number(xmp.get("RelativeAltitude")), -10_000, 100_000),
        "datum": datum,
        "gimbal": [finite(one, -360, 360) for one in angles],
    }
