"""A film with words drawn into its pictures: when, where, from what. That has to encode them all anew, so a limited
ffmpeg does it; every picture keeps its own time, sound is copied.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from media.files.encoder import Run, run
from media.files.errors import Undecodable
from media.files.transcode import program
from media.files.work import Asked, Progress, idle, never

THREADS = 2
MARGIN = 60
"""The smaller edge in letters' half heights: how far from the edge, and how large, the words stand."""
SMALLEST, LARGEST = 9, 40
"""Pixels of a letter's height."""


@dataclass(frozen=True, slots=True)
class Caption:
    """What is drawn. `wall_us`: the office's wall clock at the film's beginning, microseconds as if it were UTC; `zone`
    its distance from UTC, as in "UTC+08:00"; `code_us`: the record's time code there; `lines` below the time."""

    wall_us: int
    zone: str
    code_us: int
    lines: tuple[str, ...]
    font: Path


def overlay(
    source: Path,
    out: Path,
    caption: Caption,
    size: tuple[int, int],
    skipped_us: int,
    length_us: int,
    progress: Progress = idle,
    cancelled: Asked = never,
) -> None:
    """Write to `out` the range of the film that begins `skipped_us` after its own beginning, with the caption. `size`:
    of the largest picture in it. Raises `Cancelled`, `OverLimits`, `Undecodable`."""
    seconds = length_us / 1e6
    with tempfile.TemporaryDirectory(prefix="takan-caption-") as name:
        words = Path(name) / "words.txt"
        words.write_text(drawn(caption, *size), "utf-8")
        arguments = command(source, out, caption, words, size, skipped_us, length_us)
        run(Run(arguments, seconds, 120 + seconds * 20, out), progress, cancelled)
    if not out.stat().st_size:
        raise Undecodable("nothing was written")


def command(
    source: Path, out: Path, caption: Caption, words: Path, size: tuple[int, int], skipped_us: int, length_us: int
) -> list[str]:
    """ffmpeg's arguments. Pictures of another size are fitted into the largest: an encoder has one size."""
    width, height = (max(edge + edge % 2, 16) for edge in size)
    fit = f"scale={width}:{height}:force_original_aspect_ratio=decrease,pad={width}:{height}:(ow-iw)/2:(oh-ih)/2"
    letters = letter_height(width, height)
    draw = (
        f"drawtext=fontfile={_escaped(caption.font)}:textfile={_escaped(words)}:fontsize={letters}:fontcolor=white"
        f":line_spacing={letters // 4}:box=1:boxcolor=black@0.55:boxborderw={max(letters // 3, 2)}"
        f":x={letters}:y=h-text_h-{letters}"
    )
    return [
        program(), "-hide_banner", "-nostdin", "-v", "error", "-progress", "pipe:1", "-y",
        "-protocol_whitelist", "file,pipe", "-threads", str(THREADS), "-f", "mp4", "-i", str(source),
        "-map", "0:v:0", "-map", "0:a:0?", "-ss", f"{skipped_us / 1e6:.6f}", "-t", f"{length_us / 1e6:.6f}",
        "-vf", f"{fit},setsar=1,{draw},format=yuv420p", "-fps_mode", "passthrough", "-enc_time_base", "1:90000",
        "-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-bf", "0", "-threads", str(THREADS),
        "-video_track_timescale", "90000", "-c:a", "copy", "-movflags", "+faststart", "-map_metadata", "-1",
        "-f", "mp4", str(out),
    ]  # fmt: skip


def letter_height(width: int, height: int) -> int:
    return min(max(min(width, height) * 2 // MARGIN, SMALLEST), LARGEST)


def drawn(caption: Caption, width: int, height: int) -> str:
    """The words as drawtext expands them: clock and time code go on with each picture. Long lines are broken."""
    clock = f"%{{pts:gmtime:{caption.wall_us / 1e6:.6f}:%Y-%m-%d %H\\:%M\\:%S}} {caption.zone}"
    code = f"%{{pts:hms:{caption.code_us / 1e6:.6f}}}"
    letters = max(width // letter_height(width, height) * 3 // 2, 16)
    lines = [part for line in caption.lines for part in _broken(_plain(line), letters)]
    return "\n".join([f"{clock}  {code}", *lines])


def _broken(line: str, most: int) -> list[str]:
    """In parts of so many half-wide letters; those of Chinese count twice."""
    parts, width = [""], 0
    for letter in line:
        wide = 2 if ord(letter) > 0x2E7F else 1
        if width + wide > most:
            parts.append("")
            width = 0
        parts[-1] += letter
        width += wide
    return [_literal(one) for one in parts]


def _plain(line: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in line)


def _literal(text: str) -> str:
    """As drawtext draws it: nothing in it is expanded."""
    return text.replace("\\", "\\\\").replace("%", "\\%")


def _escaped(path: Path) -> str:
    """As a filter's option, inside a chain of filters (ffmpeg-utils, quoting and escaping)."""
    once = "".join(f"\\{one}" if one in "\\':" else one for one in str(path))
    return "".join(f"\\{one}" if one in "\\'[],;" else one for one in once)
