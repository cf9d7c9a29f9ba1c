"""Telemetry out of a sidecar, a film or a photo, whichever form it has."""

import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from struct import unpack_from

from media.files.errors import NoTelemetry
from media.files.examine import FORMATS, Media
from media.files.kind import of, text
from media.files.photo import Photo
from media.files.source import Source
from media.files.telemetry import djmd, gpmf, gpx, misb, srt
from media.files.telemetry.sample import Sample, Telemetry
from media.files.work import Limits, work

MOST_SIDECAR = 64 << 20
"""Bytes of a sidecar that are read."""
MOST_TRACKS = 8
"""Metadata tracks of a film that are looked into."""
Packet = tuple[int, float, float, bytes]
_HEAD = 24


def read_sidecar(
    data: bytes,
    site: tuple[float, float] | None = None,
    offset_minutes: int | None = None,
    container: datetime | None = None,
) -> Telemetry:
    """An .SRT or .GPX by its content. `site`, `offset_minutes`, `container` as in `srt.read`. Raises `NoTelemetry`, or
    what `kind.of` raises."""
    layout = of(data[:65_536], len(data)).format
    found = gpx.read(data) if layout == "gpx" else srt.read(text(data[:MOST_SIDECAR]), site, offset_minutes, container)
    if not found.placed and not any(one.time or one.iso for one in found.samples):
        raise NoTelemetry(f"{found.broken} broken blocks")
    return found


def read_video(
    source: Source,
    media: Media,
    site: tuple[float, float] | None = None,
    offset_minutes: int | None = None,
) -> Telemetry | None:
    """What the film carries: metadata tracks, else the one place of its header. None when it says nothing.

    Only files with such a track are walked. Raises a `FileRefused`.
    """
    others = [one for one in media.streams if one.kind not in ("video", "audio", "attachment") and one.tag != "dbgi"]
    wanted = [one.index for one in others][:MOST_TRACKS]
    packets = _packets(source, media, wanted) if wanted else []
    tracks = [[one for one in packets if one[0] == number] for number in wanted]
    found = [made for track in tracks if track and (made := _track(track, site, offset_minutes, media.created))]
    best = max(found, key=lambda one: len(one.placed), default=None)
    if best and (best.placed or not media.location):
        return best
    if not media.location:
        return None
    unknown = next((one.unknown for one in found if one.unknown), None)
    latitude, longitude, altitude = media.location
    sample = Sample(0.0, media.created, latitude, longitude, altitude)
    zone = "utc" if media.created else "none"
    offset = 0 if media.created else None
    return Telemetry("container", (sample,), "unknown", zone, offset, device=media.model, unknown=unknown)


def read_kept(data: bytes) -> Telemetry | None:
    """What was found between the pictures of a film that lost its index (`recover.TELEMETRY`)."""
    return _track(list(_cut(data)), None, None, None) if data else None


def _packets(source: Source, media: Media, wanted: Sequence[int]) -> list[Packet]:
    facts = {"format": FORMATS[media.format], "edits": "edit-list-ignored" not in media.damage, "streams": list(wanted)}
    facts["cut"] = "truncated" in media.damage
    patience = 60 + media.size / 20e6
    with tempfile.TemporaryDirectory() as folder:
        work("payload", facts, source, Limits(patience, int(patience), 2 << 30, 160 << 20), Path(folder))
        path = Path(folder) / "payload.bin"
        return list(_cut(path.read_bytes())) if path.exists() else []


def _cut(data: bytes) -> Iterator[Packet]:
    at = 0
    while at + _HEAD <= len(data):
        stream, begin, duration, length = unpack_from("!IddI", data, at)
        yield stream, begin, duration, data[at + _HEAD : at + _HEAD + length]
        at += _HEAD + length


def _track(
    packets: Sequence[Packet],
    site: tuple[float, float] | None,
    offset_minutes: int | None,
    container: datetime | None,
) -> Telemetry | None:
    """By the first packets' content; None when it is nothing that is known."""
    head = b"".join(one[3][:4096] for one in packets[:4])
    if packets[0][3][:4] == b"DEVC":
        return gpmf.read((at, duration, data) for _, at, duration, data in packets)
    if djmd.NAME.search(head):
        return djmd.read(((at, data) for _, at, _, data in packets), container)
    if misb.KEY in head:
        return misb.read((at, data) for _, at, _, data in packets)
    if any(mark in head.lower() for mark in (b"gps", b"latitude", b"longitude", b"iso")):
        return srt.read_track(((at, data) for _, at, _, data in packets), site, offset_minutes, container)
    return None


def read_photo(photo: Photo) -> Telemetry | None:
    """A photo's place and moment in the normal form; None when it says neither."""
    if photo.latitude is None and photo.taken is None:
        return None
    yaw, pitch, roll = photo.gimbal
    sample = Sample(
        at=0.0,
        time=photo.taken,
        latitude=photo.latitude,
        longitude=photo.longitude,
        altitude=photo.altitude,
        relative=photo.relative,
        yaw=photo.direction if yaw is None else yaw,
        pitch=pitch,
        roll=roll,
        iso=photo.iso,
        shutter=photo.shutter,
        fnum=photo.fnum,
        focal=photo.focal,
    )
    offset = 0 if photo.zone == "utc" else None
    return Telemetry("exif", (sample,), photo.datum, photo.zone, offset, device=photo.model)
