"""`./takan bench pipeline`: from an upload's last byte to its first playable second, and all that is derived."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import imageio_ffmpeg

from server import wiring
from server.commands import case
from server.configuration import load
from server.roles.demo_instance import instance
from server.roles.tus_client import send, until_playable

ROUNDS = 3
_HOUSE = Path(__file__).resolve().parents[2]
_NOISE = "noise=alls=8:allf=t"
_H264 = ("-c:v", "libx264", "-preset", "veryfast", "-g", "60", "-bf", "2", "-b:v", "8M", "-pix_fmt", "yuv420p")
_HEVC = (
    "-c:v",
    "libx265",
    "-preset",
    "ultrafast",
    "-g",
    "60",
    "-b:v",
    "8M",
    "-pix_fmt",
    "yuv420p10le",
    "-tag:v",
    "hvc1",
)
_AAC = ("-c:a", "aac", "-b:a", "128k")


def run(as_json: bool, hours: float = 0.0) -> int:
    """Measure and print; exit status 1 when a goal is missed."""
    with tempfile.TemporaryDirectory(prefix="takan-bench-") as name:
        folder = Path(name)
        found = {"ten_minutes": _ten_minutes(folder, as_json)}
        through = _through(folder, [folder / "ten.mp4", _film(folder, "long-hevc.mp4", "1920x1080", 10, 6, _HEVC)])
        found["hevc"] = _one(_film(folder, "hevc.mp4", "1920x1080", 10, 3, _HEVC))
        found["four_k"] = _one(_film(folder, "4k.mp4", "3840x2160", 6, 1, _H264))
        found["four_k_hevc"] = _one(_film(folder, "4kh.mp4", "3840x2160", 6, 1, _HEVC))
        if hours:
            found["hours"] = _one(_film(folder, "long.mp4", "1920x1080", 20, round(hours * 180), _H264))
    if as_json:
        print(json.dumps(found | {"through_the_app": through}, indent=2))
    else:
        print(
            _table(found), *(f"whole app, {name}: playable {spent:.2f} s" for name, spent in through.items()), sep="\n"
        )
    ten = found["ten_minutes"]
    met = ten["playable"] <= 3 and through["ten.mp4"] <= 3 and ten["ratio"] <= 0.8 and ten["peak_mb"] <= 400
    return int(not met or max(found["four_k"]["peak_mb"], found["four_k_hevc"]["peak_mb"]) > 800)


def _ten_minutes(folder: Path, quiet: bool) -> dict[str, Any]:
    """Rounds in turn, ours and the bare commands: the median of each."""
    film = _film(folder, "ten.mp4", "1920x1080", 20, 30, _H264)
    rounds = []
    for number in range(ROUNDS):
        mine = _one(film)
        bare = _program("bare", str(film), str(mine["seconds"]))
        rounds.append(mine | {"bare": bare["whole"], "ratio": mine["whole"] / bare["whole"], "commands": bare})
        if not quiet:
            print(f"round {number + 1}: {mine['whole']:.2f} s, bare commands {bare['whole']:.2f} s", flush=True)
    numbers = [name for name in rounds[0] if name != "commands"]
    return {name: median(one[name] for one in rounds) for name in numbers} | {"commands": rounds[-1]["commands"]}


def _through(folder: Path, films: list[Path]) -> dict[str, float]:
    """Seconds from an upload's last byte, answered, to what a reviewer can play, through a whole instance."""
    spent = {}
    with instance(folder / "data", None) as url:
        given = wiring.services(load(folder / "data", None, {}))
        for film in films:
            sent = send(case.make(given, url, (None, None, ""))["tus"], film, film.name)
            spent[film.name] = until_playable(given, sent.id) - sent.arrived
    return spent


def _one(film: Path) -> dict[str, Any]:
    return _program("ours", str(film))


def _program(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "media.files.bench", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=_HOUSE, timeout=7200)
    return dict(json.loads(done.stdout))


def _film(folder: Path, name: str, size: str, seconds: int, times: int, coded: tuple[str, ...]) -> Path:
    """A moving picture with grain, encoded once and repeated by copying."""
    once, out = folder / f"once-{name}", folder / name
    given = ("-f", "lavfi", "-i", f"testsrc2=s={size}:r=30:d={seconds}", "-f", "lavfi", "-i", f"sine=d={seconds}")
    _ffmpeg(*given, "-vf", _NOISE, *coded, *_AAC, str(once))
    _ffmpeg("-stream_loop", str(times - 1), "-i", str(once), "-c", "copy", str(out))
    once.unlink()
    return out


def _ffmpeg(*arguments: str) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error", "-nostdin", "-y", *arguments]
    subprocess.run(command, check=True, timeout=3600)


def _table(found: dict[str, dict[str, Any]]) -> str:
    lines = [
        "| film | seconds | playable after, s | derived in, s | whole, s | peak, MB |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, one in found.items():
        cells = [f"{one[key]:.1f}" for key in ("seconds", "playable", "derived", "whole", "peak_mb")]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    ten = found["ten_minutes"]
    lines.append(f"bare commands one after another: {ten['bare']:.2f} s; the pipeline takes {ten['ratio']:.2f} of it")
    lines.append(", ".join(f"{name} {spent:.2f}" for name, spent in ten["commands"].items()))
    return "\n".join(lines)
