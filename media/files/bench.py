"""What the pipeline costs on one film, beside the bare commands that do the same work one after another.

Runs as a program of its own, so that the largest of its children is the pipeline's peak of memory.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from media.files.examine import examine
from media.files.kind import sniff
from media.files.package import dumped, package, playlists, times
from media.files.pipeline import TILE_WIDTH, derive
from media.files.source import LocalFile
from media.files.stamps import packed
from media.files.transcode import BEGINNING, ladder, program, transcode


def ours(path: Path, folder: Path) -> dict[str, float]:
    """Seconds of wall clock: until the first second is playable, of the packaging or encoding, of what is derived."""
    source = LocalFile(path)
    began = time.perf_counter()
    kind = sniff(source)
    media = examine(source, kind)
    examined = time.perf_counter()
    encoded, first = 0.0, None
    if media.playable:
        made = package(source, media, folder)
        table = made.stamps
    else:
        lowest = ladder(media)[0]
        out = transcode(path, media, lowest, folder / "first.mp4", seconds=BEGINNING)
        package(LocalFile(out), examine(LocalFile(out)), folder)
        first = time.perf_counter()
        out = transcode(path, media, lowest, folder / "low.mp4")
        encoded = time.perf_counter() - examined
        made = package(LocalFile(out), examine(LocalFile(out)), folder)
        table = times(source, media)
    for name, text in playlists(made).items():
        (folder / name).write_text(text)
    (folder / "package.json").write_bytes(dumped(made))
    if table:
        (folder / "stamps.json").write_text(json.dumps(packed(table)))
    playable = time.perf_counter()
    derived = derive(source, media, folder)
    return {
        "playable": (first or playable) - began,
        "encoded": encoded,
        "derived": time.perf_counter() - playable,
        "whole": time.perf_counter() - began,
        "samples": float(derived.quality.samples if derived.quality else 0),
        "seconds": media.seconds,
        "peak_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
    }


def bare(path: Path, folder: Path, seconds: float) -> dict[str, float]:
    """Seconds of wall clock of each command. They look at key frames only, as the pipeline does."""
    keys = ("-skip_frame", "nokey", "-i", str(path), "-an", "-fps_mode", "passthrough")
    hls = (
        "-f",
        "hls",
        "-hls_time",
        "4",
        "-hls_playlist_type",
        "vod",
        "-hls_segment_type",
        "fmp4",
        "-hls_flags",
        "single_file",
    )
    tile = f"select='isnan(prev_selected_t)+gte(t-prev_selected_t\\,{seconds / 100})',scale={TILE_WIDTH}:-2,tile=10x10"
    steps: dict[str, Callable[[], None]] = {
        "package": lambda: _ffmpeg("-i", str(path), "-c", "copy", *hls, str(folder / "a.m3u8")),
        "times": lambda: _ffmpeg("-i", str(path), "-an", "-c", "copy", "-f", "framecrc", str(folder / "times.txt")),
        "poster": lambda: _ffmpeg(
            *keys, "-t", "30", "-vf", "thumbnail=15,scale=1280:-2", "-frames:v", "1", str(folder / "p.jpg")
        ),
        "storyboard": lambda: _ffmpeg(*keys, "-vf", tile, "-frames:v", "1", str(folder / "s.jpg")),
        "black_and_frozen": lambda: _ffmpeg(*keys, "-vf", "scale=640:-2,blackdetect,freezedetect", "-f", "null", "-"),
        "blurred": lambda: _blur(keys),
        "waveform": lambda: _wave(path),
    }
    spent = {}
    for name, act in steps.items():
        began = time.perf_counter()
        act()
        spent[name] = time.perf_counter() - began
    return spent | {"whole": sum(spent.values())}


def _ffmpeg(*arguments: str) -> None:
    command = [program(), "-hide_banner", "-loglevel", "error", "-nostdin", "-y", *arguments]
    subprocess.run(command, check=True, timeout=3600, stdout=subprocess.DEVNULL)


def _piped(size: int, *arguments: str) -> list[bytes]:
    command = [program(), "-hide_banner", "-loglevel", "error", "-nostdin", *arguments, "pipe:1"]
    parts = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=1 << 20) as child:
        while child.stdout and (part := child.stdout.read(size)):
            parts.append(part)
    return parts


def _blur(keys: tuple[str, ...]) -> None:
    """OpenCV's Laplacian of each key frame, 640 × 360."""
    for part in _piped(640 * 360, *keys, "-vf", "scale=640:360,format=gray", "-f", "rawvideo"):
        if len(part) == 640 * 360:
            cv2.Laplacian(np.frombuffer(part, np.uint8).reshape(360, 640), cv2.CV_32F).var()


def _wave(path: Path) -> None:
    parts = _piped(1 << 20, "-i", str(path), "-vn", "-ac", "1", "-f", "s16le")
    data = np.frombuffer(b"".join(parts)[: sum(map(len, parts)) // 2 * 2], np.int16)
    rows = data[: len(data) // 4410 * 4410].reshape(-1, 4410)
    rows.min(axis=1)
    rows.max(axis=1)


def main() -> None:
    """`bench.py ours|bare FILE [SECONDS]`: one JSON object on standard output."""
    what, path = sys.argv[1], Path(sys.argv[2])
    with tempfile.TemporaryDirectory(prefix="takan-bench-") as folder:
        figures = ours(path, Path(folder)) if what == "ours" else bare(path, Path(folder), float(sys.argv[3]))
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
