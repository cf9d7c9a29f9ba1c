"""`kill -9` of the recording process: at most the fragment at hand is lost, and what is left plays."""

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from media.record import Limits, Recorder
from storage.spool import FolderSpool
from tests.unit.media.recording import PATIENT, FakeIndex, FakeStore, until
from tests.unit.media.streams import EPOCH_US, play_audio, play_video

HOUSE = Path(__file__).resolve().parents[3]
ENOUGH = 225


def record_and_kill(folder: Path) -> int:
    """Let a child record until it has taken `ENOUGH` pictures, kill it, say how many it had certainly put down."""
    command = [sys.executable, "-m", "tests.integration.media.recorder_child", str(folder)]
    with subprocess.Popen(command, cwd=HOUSE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        before = taken = 0
        for line in child.stdout:
            before, taken = taken, int(line)
            if taken >= ENOUGH:
                break
        child.kill()
    assert taken >= ENOUGH
    return before  # the lot taken last may have been in the thread's hands


def test_a_killed_node_loses_at_most_its_open_fragments(tmp_path: Path) -> None:
    put_down = record_and_kill(tmp_path / "spool")
    index, store = FakeIndex(), FakeStore()
    end_us = EPOCH_US + 60_000_000
    recorder = Recorder(FolderSpool(tmp_path / "spool"), index, store, lambda: end_us, lambda _: None, Limits())
    recorder.start()
    try:
        closed = recorder.close_survey("s").result(PATIENT)
        assert {one["id"] for one in closed} == {"p.video", "p.audio"}
        until(lambda: not list((tmp_path / "spool").iterdir()))
    finally:
        recorder.close()

    def play(track: str) -> bytes:
        rows = sorted((one for one in index.segments.values() if one.track == track), key=lambda one: one.start)
        for row in rows:
            assert sha256(store.objects[row.digest]).hexdigest() == row.digest
        return b"".join([store.objects[rows[0].init], *(store.objects[row.digest] for row in rows)])

    assert len(play_video(play("p.video"))) >= put_down - 31
    assert len(play_audio(play("p.audio"))) >= put_down * 5 // 3 - 51
    assert {(gap.track, gap.reason, gap.end) for gap in index.gaps} == {
        ("p.video", "node", 60 * 90_000),
        ("p.audio", "node", 60 * 48_000),
    }
