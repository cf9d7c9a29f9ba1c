"""The demo's camera and its viewer: ffmpeg's own WHIP muxer sends a real clip, our client watches by WHEP."""

import asyncio
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from media.live.clients.receiver import Viewed
from media.live.clients.viewer import Viewer

QUIET = ("-hide_banner", "-loglevel", "error", "-nostdin", "-y")
PACKETS = 150  # of each kind that count as having watched


class CameraFailed(Exception):
    """ffmpeg did not do its part; the message is what it said."""


def make_clip(ffmpeg: str, path: Path, seconds: int) -> None:
    """H.264 (constrained baseline, a key frame a second) and Opus, as a phone would send."""
    picture = f"testsrc2=size=640x360:rate=25:duration={seconds}"
    sound = f"sine=frequency=440:sample_rate=48000:duration={seconds}"
    video = ["-c:v", "libx264", "-profile:v", "baseline", "-preset", "veryfast", "-tune", "zerolatency"]
    video += ["-pix_fmt", "yuv420p", "-b:v", "1M", "-g", "25", "-sc_threshold", "0"]
    audio = ["-c:a", "libopus", "-b:a", "48k", "-ac", "2"]
    _run(ffmpeg, ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound, *video, *audio, str(path)])


@contextmanager
def camera(ffmpeg: str, clip: Path, url: str, token: str) -> Iterator[subprocess.Popen[str]]:
    """Sends the clip once, in its own time; ended by its id when it still runs afterwards."""
    command = [ffmpeg, *QUIET, "-re", "-i", str(clip), "-c", "copy", "-f", "whip", "-authorization", token, url]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def finished(process: subprocess.Popen[str], seconds: float) -> None:
    """Wait until the clip has been sent. Raises `CameraFailed`."""
    try:
        _, said = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired as error:
        raise CameraFailed("it did not end with its clip") from error
    if process.returncode:
        raise CameraFailed(said.strip()[-500:])


def watch(url: str, token: str, seconds: float) -> dict[str, Viewed]:
    """Both kinds, by WHEP, for `PACKETS` packets each. Raises `TimeoutError`, `Refused`."""
    return asyncio.run(_watch(url, token, seconds))


async def _watch(url: str, token: str, seconds: float) -> dict[str, Viewed]:
    viewer = Viewer(url, token)
    await viewer.start(patience=10)
    try:
        async with asyncio.timeout(seconds):
            await viewer.until(lambda seen: all(seen[kind].packets >= PACKETS for kind in ("video", "audio")))
    finally:
        seen = await viewer.stop()
    return seen


def _run(ffmpeg: str, arguments: list[str]) -> None:
    done = subprocess.run([ffmpeg, *QUIET, *arguments], capture_output=True, text=True, timeout=180, check=False)
    if done.returncode:
        raise CameraFailed(done.stderr.strip()[-500:])


def annex_b_clip(ffmpeg: str, rate: int, seconds: int, bit_rate: str = "2500k") -> bytes:
    """H.264 alone as a byte stream, 1280×720, a key frame every 2 s: a moving picture with noise, as a camera's.

    Raises `CameraFailed`.
    """
    picture = f"testsrc2=size=1280x720:rate={rate}:duration={seconds},noise=alls=8:allf=t"
    video = ["-c:v", "libx264", "-profile:v", "baseline", "-preset", "veryfast", "-tune", "zerolatency"]
    video += ["-pix_fmt", "yuv420p", "-b:v", bit_rate, "-maxrate", bit_rate, "-bufsize", bit_rate]
    with tempfile.TemporaryDirectory(prefix="takan-clip-") as folder:
        path = Path(folder) / "clip.h264"
        _run(
            ffmpeg,
            ["-f", "lavfi", "-i", picture, *video, "-g", str(2 * rate), "-sc_threshold", "0", str(path)],
        )
        return path.read_bytes()
