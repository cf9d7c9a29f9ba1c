"""Films, photos and telemetry for the tests of `media.files`, made by the ffmpeg that imageio-ffmpeg carries."""

import subprocess
from pathlib import Path
from struct import pack

import imageio_ffmpeg

from media.files.telemetry.misb import KEY, checksum

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")


def make(out: Path, *arguments: str) -> Path:
    """Run ffmpeg; the last argument, the output, is added."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error", "-nostdin", "-y", *arguments]
    subprocess.run([*command, str(out)], check=True, timeout=120)
    return out


def picture(seconds: float = 2.0, size: str = "320x180", rate: int = 25) -> tuple[str, ...]:
    """Arguments of a moving test picture."""
    return "-f", "lavfi", "-i", f"testsrc2=s={size}:r={rate}:d={seconds}"


def sound(seconds: float = 2.0) -> tuple[str, ...]:
    """Arguments of a tone."""
    return "-f", "lavfi", "-i", f"sine=f=440:d={seconds}"


BITS = 10
"""A numbered picture carries its number as this many squares, black or white, the lowest bit first."""


def numbered(seconds: float = 4.0, rate: int = 25, size: int = 16, bits: int = BITS) -> tuple[str, ...]:
    """Arguments of pictures that carry their number: squares of 16 pixels along the top edge."""
    boxes = ",".join(
        f"drawbox=x={n * size}:y=0:w={size}:h={size}:color=white:t=fill:enable='mod(floor(n/{2**n})\\,2)'"
        for n in range(bits)
    )
    return "-f", "lavfi", "-i", f"color=c=black:s=320x180:r={rate}:d={seconds},{boxes}"


def klv(items: dict[int, bytes], right: bool = True) -> bytes:
    """A local set of MISB ST 0601 with its checksum, right or wrong."""
    body = b"".join(bytes((tag, len(value))) + value for tag, value in items.items()) + b"\x01\x02"
    head = KEY + bytes((0x81, len(body) + 2)) + body
    total = checksum(head) if right else checksum(head) ^ 0x5555
    return head + pack("!H", total)


def gpmf(key: bytes, kind: bytes, size: int, data: bytes) -> bytes:
    """One structure of GPMF, padded."""
    count = len(data) // size if size else len(data)
    if kind == b"\0":
        size, count = 1, len(data)
    return pack("!4scBH", key, kind, size, count) + data + bytes(-len(data) % 4)


def to_angle(degrees: float, most: float) -> bytes:
    """A latitude or longitude as ST 0601 maps it to four bytes."""
    return round(degrees / most * (2**31 - 1)).to_bytes(4, "big", signed=True)


def varint(value: int) -> bytes:
    """A whole number of Protocol Buffers, negative ones in 64 bits."""
    value &= 2**64 - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


def message(**fields: int | float | str | bytes | bytearray) -> bytes:
    """A message: `f3=...` is field 3; whole numbers, doubles (floats as `bytes` of four), text, messages."""
    parts = []
    for name, value in fields.items():
        number = int(name[1:])
        if isinstance(value, int):
            parts.append(varint(number << 3) + varint(value))
        elif isinstance(value, float):
            parts.append(varint(number << 3 | 1) + pack("<d", value))
        elif isinstance(value, bytearray):
            parts.append(varint(number << 3 | 5) + bytes(value))
        else:
            data = value.encode() if isinstance(value, str) else value
            parts.append(varint(number << 3 | 2) + varint(len(data)) + data)
    return b"".join(parts)


def single(value: float) -> bytearray:
    """A number in four bytes, as `message` takes it."""
    return bytearray(pack("<f", value))
