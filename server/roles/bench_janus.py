"""A Janus gateway (Debian's package) as the bench runs it: VideoRoom and HTTP alone, ICE-lite, recording on."""

import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from media.live.clients.janus import JanusPublisher, JanusViewer, create_room
from media.live.clients.publisher import Publisher
from media.live.clients.sources import Source
from media.live.clients.viewer import Viewer

PATIENCE = 20.0  # s for a start or an end
_PORT = 8088
_LIBRARIES = Path("/usr/lib")


@dataclass(slots=True)
class Gateway:
    """A running gateway; as a `media.live.bench.Target` each of its rooms is recorded into `folder`."""

    pid: int
    base: str
    folder: Path
    rooms: dict[str, int] = field(default_factory=dict)

    async def prepare(self, room: str) -> None:
        self.rooms[room] = number = len(self.rooms) + 1
        await create_room(self.base, number, str(self.folder))

    def publisher(self, room: str, source: Source, delay: float, spread: bool) -> Publisher:
        return JanusPublisher(self.base, self.rooms[room], {"video": source}, delay=delay, spread=spread)

    def viewer(self, room: str) -> Viewer:
        return JanusViewer(self.base, self.rooms[room], kinds=("video",), repair=False)


def missing() -> list[str]:
    """What this machine lacks for it."""
    return [] if shutil.which("janus") else ["janus (apt-get install janus)"]


def version() -> str:
    """Of Debian's package."""
    asked = ["dpkg-query", "--show", "--showformat=${Version}", "janus"]
    try:
        return subprocess.run(asked, capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return "unknown"


@contextmanager
def gateway(folder: Path, address: str, within: Sequence[str]) -> Iterator[Gateway]:
    """Run Janus on `address`. Raises `OSError` when it does not start."""
    settings, kept = folder / "settings", folder / "recordings"
    settings.mkdir(parents=True)
    kept.mkdir()
    _write(settings, address)
    log = (folder / "janus.log").open("wb")
    command = [*within, "janus", f"--configs-folder={settings}", f"--interface={address}", "--debug-level=2"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        base = f"http://{address}:{_PORT}/janus"
        _answers(process, base)
        yield Gateway(process.pid, base, kept)
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()


def _write(settings: Path, address: str) -> None:
    plugins = next(iter(sorted(_LIBRARIES.glob("*/janus/plugins"))), _LIBRARIES)
    others = ",".join(sorted(path.name for path in plugins.glob("*.so") if "videoroom" not in path.name))
    doors = ",".join(sorted(p.name for p in (plugins.parent / "transports").glob("*.so") if "http" not in p.name))
    (settings / "janus.jcfg").write_text(
        "general: { session_timeout = 0\n debug_level = 2\n }\n"
        "nat: { ice_lite = true\n }\n"
        f'plugins: {{ disable = "{others}"\n }}\ntransports: {{ disable = "{doors}"\n }}\n'
    )
    (settings / "janus.transport.http.jcfg").write_text(
        f'general: {{ json = "compact"\n http = true\n port = {_PORT}\n ip = "{address}"\n }}\n'
    )
    (settings / "janus.plugin.videoroom.jcfg").write_text("general: { }\n")


def _answers(process: "subprocess.Popen[bytes]", base: str) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(f"{base}/info", timeout=5):  # noqa: S310  a server that we have just started
                return
        except (URLError, OSError):
            time.sleep(0.05)
    raise OSError(f"janus did not start (exit status {process.poll()})")
