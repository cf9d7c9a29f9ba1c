"""`kill -9` of a node while somebody films: what is lost is the fragment at hand, and he is back at once."""

import asyncio
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import imageio_ffmpeg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from media.client import WHIP_PATH, Ticket, sign_ticket
from media.live.clients.publisher import Publisher
from media.live.clients.sources import ClipVideo, Silence, Source
from media.ports import Segment
from media.record import Limits, Recorder
from storage.spool import FolderSpool
from tests.fixtures.clip import Clip
from tests.fixtures.processes import until
from tests.unit.media.recording import PATIENT, FakeIndex, FakeStore
from tests.unit.media.streams import play_audio, play_video

HOUSE = Path(__file__).resolve().parents[3]
LOST = 1.3  # s: a fragment, a turn of the recorder, and what a busy machine adds
BACK = 10.0  # s


def now_us() -> int:
    return time.time_ns() // 1000


class Filming:
    """One survey, one person who films, and one node after another on the same spool."""

    def __init__(self, folder: Path, clip: Clip) -> None:
        self.spool, self.epoch_us = folder, now_us()
        self._key = Ed25519PrivateKey.generate()
        self._picture, self._rate = annex_b(clip), clip.rate
        self.lives: list[tuple[int, int]] = []  # (filming began, killed), µs UTC
        self.away: list[float] = []  # s from a kill to the first packet of the return

    @contextmanager
    def node(self) -> Iterator[tuple["subprocess.Popen[str]", str]]:
        public = self._key.public_key().public_bytes_raw().hex()
        command = [sys.executable, "-m", "tests.integration.media.node_child", str(self.spool), public]
        with subprocess.Popen(command, cwd=HOUSE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                yield process, f"http://127.0.0.1:{int(process.stdout.readline())}"
            finally:
                process.kill()

    async def live(self, seconds: float) -> None:
        """Film for so long, then kill the node."""
        with self.node() as (process, base):
            url = base + WHIP_PATH.format(node="n1", survey="s", participant="p")
            sources: dict[str, Source] = {"video": ClipVideo(self._picture, self._rate), "audio": Silence()}
            publisher = Publisher(url, self._ticket(), sources)
            await publisher.start()
            await until("he films", lambda: publisher.figures()["video"].packets > 0, 10)
            began = now_us()
            if self.lives:
                self.away.append((began - self.lives[-1][1]) / 1e6)
            await until("the moment drawn has come", lambda: now_us() - began >= seconds * 1e6)
            process.kill()
            self.lives.append((began, now_us()))
            await publisher.vanish()

    def _ticket(self) -> str:
        return sign_ticket(
            Ticket(
                id="t1",
                node="n1",
                survey="s",
                participant="p",
                name="Applicant",
                role="applicant",
                direction="publish",
                epoch_us=self.epoch_us,
                expires_us=now_us() + 600_000_000,
            ),
            self._key,
        )

    def lost(self, rows: list[Segment], scale: int) -> list[float]:
        """Seconds before each kill of which nothing is left."""
        ends = [self.epoch_us + (one.start + one.duration) * 1_000_000 // scale for one in rows]
        return [
            (killed - max([end for end in ends if began < end <= killed + 100_000], default=began)) / 1e6
            for began, killed in self.lives
        ]


def annex_b(clip: Clip) -> bytes:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(clip.mp4), "-an", "-c", "copy"]
    return subprocess.run([*command, "-f", "h264", "-"], check=True, capture_output=True, timeout=60).stdout


async def kill_again_and_again(folder: Path, clip: Clip, times: int, seed: int) -> None:
    """Film through `times` kills at moments drawn with `seed`; then judge what the spool holds."""
    filming, dice = Filming(folder, clip), random.Random(seed)
    for _ in range(times):
        await filming.live(dice.uniform(0.3, 5.0))
    index, store = FakeIndex(), FakeStore()
    recorder = Recorder(FolderSpool(folder), index, store, now_us, lambda _: None, Limits())
    recorder.start()
    try:
        await asyncio.wait_for(asyncio.wrap_future(recorder.close_survey("s")), PATIENT)
        await until("everything is in the store", lambda: not list(folder.iterdir()))
    finally:
        recorder.close()
    for track, scale in (("p.video", 90_000), ("p.audio", 48_000)):
        rows = sorted((one for one in index.segments.values() if one.track == track), key=lambda one: one.start)
        assert all(later.start >= one.start + one.duration for one, later in pairwise(rows))
        assert max(filming.lost(rows, scale)) <= LOST, (track, filming.lost(rows, scale))
        file = b"".join([store.objects[rows[0].init], *(store.objects[row.digest] for row in rows)])
        assert len(play_video(file) if scale == 90_000 else play_audio(file)) > 0
        assert "node" in {gap.reason for gap in index.gaps if gap.track == track}
    assert max(filming.away, default=0.0) <= BACK


async def test_a_node_killed_twice_loses_a_fragment_each_time(tmp_path: Path, clip: Clip) -> None:
    await kill_again_and_again(tmp_path / "spool", clip, 2, 5)
