"""Opening the order's file with libav: the demuxer is named, nothing else can be opened."""

from collections.abc import Iterator
from fractions import Fraction
from typing import IO, Any, cast

import av
import av.audio.codeccontext
import av.subtitles.codeccontext
import av.subtitles.stream  # these are else imported when a file is opened, and then nothing can be opened any more
import av.video.codeccontext
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream

from media.files.boxes import intact
from media.files.errors import Undecodable
from media.files.tasks.order import Order

BUFFER = 1 << 20
"""Bytes that one call into Python reads."""
BAD_PACKETS = 200
"""Broken packets in a row after which reading ends."""


def opened(order: Order, **options: str) -> InputContainer:
    """The order's file. Raises libav's errors."""
    av.logging.set_level(None)
    options |= {"protocol_whitelist": "none", "fflags": "+genpts"}  # old containers tell decoding times only
    if order.facts["format"] == "mov" and not order.facts.get("edits", True):
        options |= {"ignore_editlist": "1"}
    if order.facts["format"] == "mov" and order.facts.get("cut"):
        order.file.size = intact(order)  # a fragment's description that is cut ends the reading of all before it
    remote = order.facts["remote"]
    file = av.open(
        cast(IO[bytes], order.file),
        "r",
        format=order.facts["format"],
        options=options,
        buffer_size=BUFFER if not remote else 1 << 16,
    )
    if not isinstance(file, InputContainer):
        raise Undecodable("nothing to read")
    return file


def seconds(ticks: int | None, base: Fraction | None) -> float | None:
    """Ticks as seconds."""
    return None if ticks is None or base is None else float(ticks * base)


def upright(rotation: int) -> int:
    """Degrees clockwise that a player turns a picture, of what libav calls its rotation (counter-clockwise)."""
    return round(-rotation / 90) * 90 % 360


def is_real(packet: "Packet[Any]") -> bool:
    """Not the empty one at the end."""
    return packet.size > 0 and packet.pts is not None


def packets(file: InputContainer, *streams: Stream) -> "Iterator[Packet[Any]]":
    """The packets of these streams; broken ones are passed over, a bounded number of times."""
    walk = file.demux(*streams)
    bad = 0
    while bad < BAD_PACKETS:
        try:
            packet = next(walk)
        except StopIteration:
            return
        except av.error.EOFError:
            return
        except av.error.InvalidDataError:
            bad += 1
            continue
        if is_real(packet):
            yield packet


def origin(file: InputContainer) -> Fraction:
    """Seconds in the container's own time that a player calls zero: zero itself for files, the first time of streams
    that begin anywhere (MPEG-TS and the like)."""
    anywhere = not file.format.name.startswith(("mov", "matroska"))
    return Fraction(file.start_time or 0, av.time_base) if anywhere else Fraction(0)
