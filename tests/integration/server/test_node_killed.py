"""`kill -9` of the media node in mid-survey: the role is started again, the applicant goes on, what was lost is a gap
that says why, and the exported package is intact."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import pytest

from server.roles import demo
from server.roles.demo_instance import instance
from server.roles.demo_media import camera, make_clip
from tests.fixtures.processes import wait_until


def media_pid(data: Path) -> int:
    return int(json.loads((data / "run" / "up.json").read_text())["roles"]["media"])


def test_a_killed_node_loses_no_more_than_the_open_fragment(tmp_path: Path) -> None:
    ffmpeg, clip, data = imageio_ffmpeg.get_ffmpeg_exe(), tmp_path / "clip.mp4", tmp_path / "data"
    make_clip(ffmpeg, clip, 20)
    with instance(data, None) as url:
        cast, case, survey = demo.begin(url, data, None)
        me = cast.applicant.get("me")["me"]["id"]

        def tracks() -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = cast.inspector.get(f"surveys/{survey}/timeline")["tracks"]
            return found

        def segments(kind: str) -> int:
            return sum(len(track["segments"]) for track in tracks() if track["kind"] == kind)

        def filmed(segments_in_all: int) -> None:
            wish = {"direction": "publish", "participant": me}
            ticket = cast.applicant.post(f"surveys/{survey}/tickets", wish)
            with camera(ffmpeg, clip, url + ticket["url"], ticket["token"]):
                wait_until("it is recorded", lambda: segments("video") >= segments_in_all, 60)
                os.kill(media_pid(data), signal.SIGKILL)

        filmed(1)
        wait_until("the node is back", lambda: cast.inspector.get(f"surveys/{survey}/room")["node_here"], 60)
        filmed(3)
        ended = cast.inspector.post(f"surveys/{survey}/conclude", {"outcome": "insufficient", "note": "cut off"})
        assert ended["state"] == "concluded"
        wait_until("the sweep admits it", lambda: cast.inspector.get(f"surveys/{survey}")["admitted"], 60)
        for track in tracks():
            assert "node" in {gap["reason"] for gap in track["gaps"]}
            covered = sum(segment["duration"] for segment in track["segments"])
            assert covered >= 8 * track["timescale"]
        demo.export_package(cast, case, tmp_path, tmp_path / "package")
    demo.judge(tmp_path / "package", data)


def test_a_demo_that_fails_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "file").write_text("x")
    assert demo.run(None, None, tmp_path / "there", True, 9) == 2
    assert demo.run(tmp_path / "data", tmp_path / "no.toml", tmp_path / "package", True, 1) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "failed" in said.err
