"""Tracks of fragmented MP4 into one ordinary MP4, index first, by the ffmpeg program, without encoding."""

from collections.abc import Sequence
from pathlib import Path

from media.files.encoder import Run, run
from media.files.transcode import program
from media.files.work import Asked, never


def joined(tracks: Sequence[Path], out: Path, seconds: float, cancelled: Asked = never) -> Path:
    """One file that a browser's own player opens. Raises `Cancelled`, `OverLimits`, `Undecodable`."""
    given = [
        part for track in tracks for part in ("-f", "mov", "-protocol_whitelist", "file,pipe", "-i", f"file:{track}")
    ]
    maps = [part for number in range(len(tracks)) for part in ("-map", str(number))]
    command = [program(), "-hide_banner", "-nostdin", "-y", "-progress", "pipe:1", *given, *maps, "-c", "copy"]
    size = sum(track.stat().st_size for track in tracks)
    try:
        ending = ["-movflags", "+faststart", "-f", "mp4", f"file:{out}"]
        run(Run([*command, *ending], seconds, 120 + size / 5e6, out), cancelled=cancelled)
    except BaseException:
        out.unlink(missing_ok=True)
        raise
    return out
