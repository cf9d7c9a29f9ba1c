"""Headers, and one picture decoded."""

import re
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import av
from av.codec.context import CodecContext
from av.container import InputContainer
from av.video.stream import VideoStream

from media.files.errors import NothingToSee, TooLarge
from media.files.examine import PICTURES
from media.files.tasks.opened import opened, seconds, upright
from media.files.tasks.order import Order

FIRST_PACKETS = 400
"""Packets that are looked at for the first picture and for its rate."""
_TRANSFERS = {16: "pq", 18: "hlg"}
_ISO6709 = re.compile(r"([+-]\d+(?:\.\d+)?)([+-]\d+(?:\.\d+)?)([+-]\d+(?:\.\d+)?)?")
_PLACES = ("com.apple.quicktime.location.ISO6709", "location", "location-eng", "xyz")


def run(order: Order) -> dict[str, Any]:
    """The facts of `media.files.examine.Media`."""
    with opened(order) as file:
        streams = [_stream(file, n) for n in range(min(len(file.streams), order.facts["streams"]))]
        video = next((one for one in streams if one["kind"] == "video" and one["codec"] and not one["attached"]), None)
        audio = next((one for one in streams if one["kind"] == "audio" and one["codec"]), None)
        if video and (video["width"] * video["height"] > order.facts["pixels"]):
            raise TooLarge(f"{video['width']}×{video['height']}")
        damage: list[str] = []
        why_not: list[str] = []
        edits = "none"
        if video:
            edits = _look(file, video, damage)
            why_not = _video_obstacles(video, edits)
        if not (video and video["shown"][0]) and not (audio and audio["sample_rate"]):
            raise NothingToSee("no picture and no sound")
        length = _length(file, streams)
        return {
            "container": file.format.name,
            "seconds": length,
            "start": (file.start_time or 0) / av.time_base,
            "streams": streams,
            "stream_count": len(file.streams),
            "video": video["index"] if video else None,
            "audio": audio["index"] if audio else None,
            "edits": edits,
            "damage": damage,
            "why_not": why_not,
            "outside": False,
            **_tags(file),
        }


def _length(file: InputContainer, streams: list[dict[str, Any]]) -> float:
    whole = seconds(file.duration, Fraction(1, av.time_base)) or 0.0
    return max([whole, *(one["seconds"] or 0.0 for one in streams if one["kind"] in ("video", "audio"))])


def _stream(file: InputContainer, number: int) -> dict[str, Any]:
    stream = file.streams[number]
    context = stream.codec_context
    tags = {key.lower(): value for key, value in stream.metadata.items()}
    known: dict[str, Any] = {
        "index": stream.index,
        "kind": str(stream.type),
        "codec": context.codec.canonical_name if context and context.codec else "",
        "tag": _tag(context),
        "profile": context.profile if context else None,
        "time_base": str(stream.time_base or Fraction(1, 90_000)),
        "seconds": seconds(stream.duration, stream.time_base),
        "language": tags.get("language"),
        "handler": tags.get("handler_name"),
        "extradata": bool(context and context.extradata),
        "shown": (0, 0),
        "rate": None,
        "colour": (2, 2, 2, 0),
    }
    if isinstance(stream, VideoStream):
        known |= _picture(stream)
    elif stream.type == "audio" and context is not None:
        known |= {
            "sample_rate": getattr(context, "sample_rate", 0) or 0,
            "channels": getattr(context, "channels", 0) or 0,
        }
    return known


def _tag(context: CodecContext | None) -> str:
    try:
        return context.codec_tag.strip("\0 ") if context else ""
    except UnicodeDecodeError:  # some containers number their codecs
        return ""


def _picture(stream: VideoStream) -> dict[str, Any]:
    context = stream.codec_context
    colour = (context.color_primaries, context.color_trc, context.colorspace, context.color_range)
    numbers = [int(one or 0) for one in colour]
    rate = stream.average_rate or stream.guessed_rate
    bits = context.format.components[0].bits if context.format and context.format.components else 8
    return {
        "width": context.width or 0,
        "height": context.height or 0,
        "rate": str(rate) if rate and 0 < rate < 1000 else None,
        "constant": True,
        "pixels": context.pix_fmt,
        "bits": bits,
        "hdr": _TRANSFERS.get(numbers[1]),
        "colour": numbers,
        "attached": bool(stream.disposition & stream.disposition.attached_pic),
    }


def _look(file: InputContainer, video: dict[str, Any], damage: list[str]) -> str:
    """Decode the first picture, look at the first times. The kind of edit list that there is."""
    stream = file.streams[video["index"]]
    if not isinstance(stream, VideoStream):
        return "none"
    stream.codec_context.thread_count = 1
    times: list[int] = []
    skipped = 0
    picture = None
    errors = 0
    for number, packet in enumerate(file.demux(stream)):
        if number >= FIRST_PACKETS:
            break
        if packet.pts is not None and packet.size:
            if packet.is_discard:
                skipped += 1
            else:
                times.append(packet.pts)
        if picture is None:
            try:
                picture = next(iter(packet.decode()), None)
            except av.error.FFmpegError:
                errors += 1
    if errors:
        damage.append("frames-undecodable")
    _shown(video, picture, stream.sample_aspect_ratio)
    steps = [later - sooner for sooner, later in zip(sorted(times), sorted(times)[1:], strict=False)]
    video["constant"] = bool(steps) and max(steps) - min(steps) <= max(1, round(0.002 / Fraction(video["time_base"])))
    if steps and min(steps) <= 0:
        damage.append("times-unusual")
    if skipped or (times and min(times) < 0):
        return "odd"
    return "offset" if times and min(times) > 0 and file.format.name.startswith("mov") else "none"


def _shown(video: dict[str, Any], picture: Any, aspect: Fraction | None) -> None:
    if picture is None:
        return
    turned = upright(picture.rotation)
    ratio = aspect if aspect and Fraction(1, 4) < aspect < 4 else Fraction(1)
    video["rotation"] = turned
    video["pixels"] = picture.format.name
    video["bits"] = picture.format.components[0].bits
    width, height = round(picture.width * ratio), picture.height
    video["shown"] = (height, width) if turned in (90, 270) else (width, height)


def _video_obstacles(video: dict[str, Any], edits: str) -> list[str]:
    why = []
    if not video["shown"][0]:
        why.append("damaged")
    if video["codec"] not in PICTURES:
        why.append("codec")
    if video["bits"] > 8 or (video["codec"] == "h264" and video["pixels"] not in ("yuv420p", "yuvj420p")):
        why.append("bits")
    if video["hdr"]:
        why.append("hdr")
    if edits == "odd":
        why.append("edit-list")
    return why


def _tags(file: InputContainer) -> dict[str, Any]:
    tags = {key.lower(): value for key, value in file.metadata.items()}
    created = tags.get("com.apple.quicktime.creationdate") or tags.get("creation_time")
    return {
        "created": _moment(created),
        "location": _place(next((tags[one.lower()] for one in _PLACES if one.lower() in tags), "")),
        "make": tags.get("com.apple.quicktime.make") or tags.get("make"),
        "model": tags.get("com.apple.quicktime.model") or tags.get("model"),
        "software": tags.get("com.apple.quicktime.software") or tags.get("encoder"),
    }


def _moment(text: str | None) -> str | None:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.isoformat() if moment.year >= 1990 else None  # cameras without a clock say 1904 or 1970


def _place(text: str) -> tuple[float, float, float | None] | None:
    found = _ISO6709.match(text.strip())
    if not found:
        return None
    latitude, longitude, altitude = (float(one) if one else None for one in found.groups())
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return (latitude, longitude, altitude) if (latitude, longitude) != (0.0, 0.0) else None
