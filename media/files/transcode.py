"""Renditions for browsers: H.264 and AAC by the ffmpeg program, every picture of the source at its own time.

ffmpeg runs with little memory, one way in and one out, both files (`-protocol_whitelist file,pipe`, the demuxer named).
"""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import ffmpeg
import imageio_ffmpeg

from media.files.encoder import Run, run
from media.files.errors import NothingToSee, WrongDuration
from media.files.examine import FORMATS, Media, examine
from media.files.source import LocalFile
from media.files.tonemap import cube
from media.files.work import Asked, Progress, idle, never

THREADS = 2
LADDER = ((360, 26, 700), (720, 24, 3_000), (1080, 23, 6_000))
"""Short edge in pixels, constant rate factor, most kbit/s."""
KEY_SECONDS = 2
FROM_ZERO = frozenset({"mov", "matroska"})  # a player calls zero what the file calls zero
LONGER = Fraction(1, 4)
"""Seconds that a rendition may differ from its source, beside a hundredth of it."""
AAC_BITS = "128k"
BEGINNING = 4.0
"""Seconds of a film that are encoded first, so that something can be looked at."""
LONG = 20.0
"""Seconds beyond which a film gets such a beginning."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One rendition. `width` and `height` are upright; `name` is of the short edge, as in 720p."""

    name: str
    width: int
    height: int
    quality: int
    most_bits: int


def program() -> str:
    """The ffmpeg that is used: `TAKAN_FFMPEG` when set, else the one that imageio-ffmpeg carries."""
    return os.environ.get("TAKAN_FFMPEG") or str(imageio_ffmpeg.get_ffmpeg_exe())


def ladder(media: Media) -> list[Rung]:
    """The renditions worth making, lowest first; none is larger than the source. Raises `NothingToSee`."""
    if media.video is None or not all(media.video.shown):
        raise NothingToSee("no picture that can be decoded")
    width, height = media.video.shown
    short = min(width, height)
    sizes = [rung for rung in LADDER if rung[0] < short * 0.9]
    top = next((rung for rung in LADDER if rung not in sizes), LADDER[-1])
    sizes = [*sizes, (min(short, top[0]), *top[1:])] if short <= LADDER[-1][0] or not sizes else sizes
    made = []
    for edge, quality, most in sizes:
        scale = Fraction(edge, short)
        made.append(Rung(f"{edge}p", _even(width * scale), _even(height * scale), quality, most * 1000))
    return made


def _even(size: Fraction) -> int:
    return max(16, round(size / 2) * 2)


def transcode(
    path: Path,
    media: Media,
    rung: Rung,
    out: Path,
    progress: Progress = idle,
    cancelled: Asked = never,
    seconds: float | None = None,
) -> Path:
    """Write the rendition, an MP4, to `out`; with `seconds` only so much of the beginning, to look at meanwhile.

    Raises `WrongDuration` (nothing is left), `Cancelled`, `OverLimits`, `Undecodable`.
    """
    if media.video is None:
        raise NothingToSee("no picture")
    table = out.with_suffix(".cube")
    try:
        length = min(media.seconds, seconds or media.seconds)
        arguments = command(path, media, rung, out, table)
        if seconds:
            arguments = _before_output(arguments, ["-t", f"{seconds:g}"])
        run(Run(arguments, length, 120 + length * 20, out), progress, cancelled)
        _check(media, out, seconds)
    except BaseException:
        out.unlink(missing_ok=True)
        raise
    finally:
        table.unlink(missing_ok=True)
    return out


def _check(media: Media, out: Path, seconds: float | None) -> None:
    made = examine(LocalFile(out))
    source = media.video.seconds if media.video and media.video.seconds else media.seconds
    source = min(source, seconds or source)
    length = made.video.seconds if made.video and made.video.seconds else made.seconds
    if "truncated" not in media.damage and abs(length - source) > float(LONGER) + source / 100:
        raise WrongDuration(f"{length:.3f} s instead of {source:.3f} s")
    if "truncated" in media.damage and length > media.seconds + 1:
        raise WrongDuration(f"{length:.3f} s of at most {media.seconds:.3f} s")


def command(path: Path, media: Media, rung: Rung, out: Path, table: Path) -> list[str]:
    """ffmpeg's arguments. Pictures keep their own times; the turn and the colours are made plain."""
    video = media.video
    assert video is not None  # noqa: S101 -- asked above
    options: dict[str, Any] = {"format": FORMATS[media.format], "protocol_whitelist": "file,pipe", "threads": THREADS}
    if "edit-list-ignored" in media.damage:
        options["ignore_editlist"] = 1
    if "truncated" in media.damage and media.format == "mov":
        options["fflags"] = "+ignidx"  # fragments one by one: the last may be cut
    if media.start > 0 and media.format in FROM_ZERO:
        options["itsoffset"] = f"{media.start:.6f}"  # else ffmpeg takes the first time for zero, and all come earlier
    given = ffmpeg.input(f"file:{path}", **options)
    picture = given[str(video.index)]
    if video.hdr:
        picture = _to_sdr(picture, video.hdr, rung, table)
    else:
        picture = picture.filter("scale", rung.width, rung.height, flags="bicubic", out_range="tv")
    picture = picture.filter("setsar", 1).filter("format", "yuv420p")
    streams = [picture]
    settings: dict[str, Any] = {
        "vcodec": "libx264",
        "preset": "veryfast",
        "crf": rung.quality,
        "maxrate": rung.most_bits,
        "bufsize": rung.most_bits * 2,
        "fps_mode": "passthrough",
        "enc_time_base:v": "demux",
        "force_key_frames": f"expr:gte(t,n_forced*{KEY_SECONDS})",
        "threads": THREADS,
        "x264-params": "rc-lookahead=20:sync-lookahead=0:open-gop=0",
        "map_metadata": -1,
        "movflags": "+faststart",
        "f": "mp4",
    }
    if media.audio:
        streams.append(given[str(media.audio.index)])
        settings |= {"acodec": "aac", "b:a": AAC_BITS, "ac": 2, "af": "aresample=async=1000"}
    arguments = ffmpeg.output(*streams, f"file:{out}", **settings).get_args()
    colour = ["-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709"] if video.hdr else []
    return [program(), "-hide_banner", "-nostdin", "-y", "-progress", "pipe:1", *_before_output(arguments, colour)]


def _before_output(arguments: Sequence[str], more: Sequence[str]) -> list[str]:
    return [*arguments[:-1], *more, arguments[-1]]


def _to_sdr(picture: Any, hdr: str, rung: Rung, table: Path) -> Any:
    """By zimg where this ffmpeg has it, else by a table of colours that is written beside the output."""
    if "zscale" in filters():
        linear = picture.filter("scale", rung.width, rung.height, flags="bicubic")
        linear = linear.filter("zscale", t="linear", npl=203).filter("format", "gbrpf32le").filter("zscale", p="bt709")
        shown = linear.filter("tonemap", "mobius", desat=2, peak=10)
        return shown.filter("zscale", t="bt709", m="bt709", r="tv")
    table.write_text(cube(hdr))
    small = picture.filter("scale", rung.width, rung.height, flags="bicubic").filter("format", "gbrp10le")
    shown = small.filter("lut3d", str(table), interp="tetrahedral")
    return shown.filter("scale", out_color_matrix="bt709", out_range="tv")


_FILTERS: dict[str, frozenset[str]] = {}


def filters() -> frozenset[str]:
    """The names of the filters that the program has."""
    name = program()
    if name not in _FILTERS:
        listed = run(Run([name, "-hide_banner", "-filters"], 1.0, 20.0, None))
        _FILTERS[name] = frozenset(line.split()[1] for line in listed.splitlines() if len(line.split()) > 2)
    return _FILTERS[name]


def available() -> bool:
    """Whether the program is there."""
    return shutil.which(program()) is not None
