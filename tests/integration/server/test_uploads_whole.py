"""Uploads to a whole instance by a foreign client (tuspy): from the first byte to what a reviewer plays."""

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import imageio_ffmpeg
import pytest
from tusclient.client import TusClient

from inspection.model.people import Actor, Role
from inspection.services.media_jobs import cancel_job, want_jobs
from media.files.examine import examine
from media.files.source import Bytes
from server import wiring
from server.commands.case import tell
from server.configuration import load
from server.services import Services
from tests.fixtures.instance import Instance, StartInstance
from tests.fixtures.processes import wait_until

HOUSE = Path(__file__).resolve().parents[3]
SRT = """1
00:00:00,000 --> 00:00:01,000
<font size="28">FrameCnt: 1, DiffTime: 33ms
2026-11-24 10:00:00.000
[iso: 100] [latitude: 30.000100] [longitude: 120.000100] [rel_alt: 10.0 abs_alt: 50.0] </font>

2
00:00:01,000 --> 00:00:02,000
<font size="28">FrameCnt: 2, DiffTime: 33ms
2026-11-24 10:00:01.000
[iso: 100] [latitude: 30.000200] [longitude: 120.000200] [rel_alt: 11.0 abs_alt: 51.0] </font>
"""


def takan(data: Path, *words: str, **environment: str) -> Any:
    command = [sys.executable, "-m", "server.cli", *words, "--data", str(data), "--json"]
    done = subprocess.run(
        command, cwd=HOUSE, capture_output=True, text=True, timeout=60, check=True, env=os.environ | environment
    )
    return json.loads(done.stdout)


def film(path: Path, *codec: str, seconds: int = 4, size: str = "320x240") -> Path:
    source = ["-f", "lavfi", "-i", f"testsrc2=s={size}:r=25:d={seconds}", "-f", "lavfi", "-i", f"sine=d={seconds}"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *source, *codec, "-c:a", "aac", str(path)]
    subprocess.run(command, check=True, timeout=60)
    return path


@dataclass(frozen=True)
class Desk:
    instance: Instance
    case: dict[str, Any]
    given: Services

    def client(self) -> TusClient:
        return TusClient(self.case["tus"]["url"], headers={"Authorization": f"Bearer {self.case['tus']['token']}"})

    def send(self, path: Path, name: str | None = None) -> str:
        sender = self.client().uploader(str(path), chunk_size=100_000, metadata={"filename": name or path.name})
        sender.upload()
        return str(sender.url).rpartition("/")[2]

    def told(self, id: str) -> dict[str, Any]:
        """As `takan case show` tells it, without a process for each look."""
        shown = tell(self.given, self.case["number"])
        found: dict[str, Any] = next(one for one in shown["evidence"] if one["id"] == id)
        return found

    def when(self, id: str, ready: Callable[[dict[str, Any]], bool], seconds: float = 60) -> dict[str, Any]:
        wait_until(f"{id} is told as wanted", lambda: ready(self.told(id)), seconds)
        return self.told(id)


def over(one: dict[str, Any]) -> bool:
    return one["state"] in ("ready", "refused")


@pytest.fixture(scope="module")
def desk(instance: Instance) -> Desk:
    return desk_at(instance)


def desk_at(instance: Instance, **environment: str) -> Desk:
    made = takan(instance.data, "case", "new", **environment)
    return Desk(instance, made, wiring.services(load(instance.data, None, environment)))


def test_a_film_with_its_flight_is_reviewable(desk: Desk, tmp_path: Path) -> None:
    path = film(tmp_path / "DJI_0001.mp4", "-c:v", "libx264", "-g", "25", "-pix_fmt", "yuv420p")
    sidecar = tmp_path / "DJI_0001.SRT"
    sidecar.write_text(SRT)
    id, log = desk.send(path), desk.send(sidecar)
    told = desk.when(id, lambda one: over(one) and one["telemetry"] is not None)
    assert told["kind"] == "upload"
    assert told["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (told["bytes"], told["playable"], round(told["seconds"])) == (path.stat().st_size, True, 4)
    assert told["telemetry"] == {
        "format": "dji-srt",
        "samples": 2,
        "first": "2026-11-24T02:00:00+00:00",
        "last": "2026-11-24T02:00:01+00:00",
    }
    assert {"poster.jpg", "storyboard.jpg", "storyboard.vtt", "waveform.json", "master.m3u8"} <= set(told["renditions"])
    assert desk.when(log, over)["telemetry"]["samples"] == 2
    shown = takan(desk.instance.data, "case", "show", desk.case["case"])
    assert json.loads(json.dumps(told)) in shown["evidence"]


def test_what_browsers_do_not_play_is_played_all_the_same(desk: Desk, tmp_path: Path) -> None:
    id = desk.send(film(tmp_path / "old.ts", "-c:v", "mpeg2video"))
    told = desk.when(id, over)
    assert told["playable"]
    assert "240p.mp4" in told["renditions"]


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [("empty.mp4", b"", "empty-file"), ("words.mp4", b"a text file with a film's name " * 9, "not-media")],
)
def test_what_is_no_media_is_told_with_its_reason(
    desk: Desk, tmp_path: Path, name: str, data: bytes, reason: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    told = desk.when(desk.send(path), over)
    assert (told["state"], told["reason"]) == ("refused", reason)


def test_photos_in_an_archive_are_evidence_one_by_one(desk: Desk, tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    still = ["-f", "lavfi", "-i", "testsrc2=s=320x240:d=1", "-frames:v", "1", str(photo)]
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *still], check=True, timeout=60)
    archive = tmp_path / "photos.zip"
    with zipfile.ZipFile(archive, "w") as target:
        target.write(photo, "roof/photo.jpg")
        target.writestr("roof/words.txt", "nothing to see " * 20)
    desk.when(desk.send(archive), over)

    def members() -> dict[str, dict[str, Any]]:
        shown = tell(desk.given, desk.case["number"])["evidence"]
        return {one["name"]: one for one in shown if one["name"] in ("photo.jpg", "words.txt")}

    wait_until("both members are judged", lambda: len(members()) == 2 and all(map(over, members().values())), 60)
    assert members()["photo.jpg"]["sha256"] == hashlib.sha256(photo.read_bytes()).hexdigest()
    assert "view.jpg" in members()["photo.jpg"]["renditions"]
    assert (members()["words.txt"]["state"], members()["words.txt"]["reason"]) == ("refused", "not-media")


@pytest.mark.parametrize(
    ("name", "size", "reason"), [("../../etc/x.jpg", 10, "zip-unsafe"), ("a.jpg", 80 << 20, "zip-bomb")]
)
def test_an_archive_that_means_harm_is_kept_out(desk: Desk, tmp_path: Path, name: str, size: int, reason: str) -> None:
    archive = tmp_path / "harm.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr(name, b"\0" * size)
    told = desk.when(desk.send(archive), over)
    assert (told["state"], told["reason"]) == ("refused", reason)


def test_a_damaged_film_is_kept_with_a_reason(desk: Desk, tmp_path: Path) -> None:
    """It is media: the original stays evidence even where nothing can be shown of it, and nothing helps."""
    whole = film(tmp_path / "whole.mp4", "-c:v", "libx264", "-pix_fmt", "yuv420p", size="352x288").read_bytes()
    path = tmp_path / "cut.mp4"
    path.write_bytes(whole[: len(whole) // 2])  # its moov is at the end
    told = desk.when(desk.send(path), over)
    assert (told["state"], told["playable"], told["reason"]) == ("ready", False, "no-index")
    assert told["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_film_without_its_index_is_recovered_once_another_of_the_camera_is_there(desk: Desk, tmp_path: Path) -> None:
    """Parameter sets only in the index that was never written: the next film of the survey has them."""
    codec = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "25")
    data = film(tmp_path / "DJI_0002.MP4", *codec, size="480x360").read_bytes()
    cut = tmp_path / "DJI_0003.MP4"
    cut.write_bytes(data[: data.rfind(b"moov") - 4])
    id = desk.send(cut)
    told = desk.when(id, over)
    assert (told["playable"], told["reason"]) == (False, "no-index")
    desk.send(tmp_path / "DJI_0002.MP4")
    told = desk.when(id, lambda one: over(one) and one["playable"])
    assert {"recovered.mp4", "poster.jpg", "master.m3u8"} <= set(told["renditions"])
    assert (told["sha256"], round(told["seconds"])) == (hashlib.sha256(cut.read_bytes()).hexdigest(), 4)
    assert told["reason"] is None
    with desk.given.office.read() as work:
        job = next(one for one in work.media_jobs.of_evidence(id) if one.kind == "recover")
    assert (job.result["recovered"]["by"], job.result["player"]) == ("DJI_0002.MP4", "recovered.mp4")


def test_a_long_film_can_be_looked_at_before_all_of_it_is_converted(desk: Desk, tmp_path: Path) -> None:
    id = desk.send(film(tmp_path / "long.ts", "-c:v", "mpeg2video", seconds=30))
    told = desk.when(id, lambda one: bool(one["playable"]))
    assert "beginning.mp4" in told["renditions"]
    told = desk.when(id, over)
    with desk.given.office.read() as work:
        jobs = {one.kind: one for one in work.media_jobs.of_evidence(id)}
    assert (jobs["transcode"].result["player"], jobs["transcode"].result["beginning"]) == ("240p.mp4", None)
    assert "240p.mp4" in told["renditions"]


def test_a_stream_that_browsers_do_not_open_becomes_one_file_with_its_sound(desk: Desk, tmp_path: Path) -> None:
    path = film(tmp_path / "camera.ts", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "25")
    told = desk.when(desk.send(path), over)
    assert told["playable"]
    with desk.given.office.read() as work:
        row = next(one for one in work.renditions.of_evidence(told["id"]) if one.name == "whole.mp4")
    with desk.given.objects.open(row.sha256) as source:
        media = examine(Bytes(source.read()))
    assert media.video is not None
    assert media.audio is not None
    assert media.playable


def test_a_connection_that_dies_in_mid_chunk_loses_nothing_that_arrived(desk: Desk, tmp_path: Path) -> None:
    data = b"\xff\xd8\xff\xe0" + os.urandom(300_000)
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    sender = desk.client().uploader(str(path), chunk_size=len(data), metadata={"filename": "photo.jpg"})
    sender.set_url(sender.create_url())
    address = urlsplit(str(sender.url))
    head = (
        f"PATCH {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
        f"Authorization: Bearer {desk.case['tus']['token']}\r\nContent-Type: application/offset+octet-stream\r\n"
        f"Content-Length: {len(data)}\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port), timeout=10) as link:
        link.sendall(head.encode() + data[:200_000])
    wait_until("what arrived is held", lambda: sender.get_offset() == 200_000, 20)
    sender.offset = sender.get_offset()
    sender.upload()
    told = desk.when(str(sender.url).rpartition("/")[2], over)
    assert told["sha256"] == hashlib.sha256(data).hexdigest()


def test_a_job_is_cancelled_while_it_runs_and_tried_again(desk: Desk, tmp_path: Path) -> None:
    """Its encoder ends, nothing half-made is kept, and what else was made of the film stays."""
    path = film(tmp_path / "costly.ts", "-c:v", "mpeg2video", "-q:v", "2", seconds=19, size="1280x720")
    id = desk.send(path)

    def job(kind: str) -> dict[str, Any]:
        return next((one for one in desk.told(id)["jobs"] if one["kind"] == kind), {"state": "none", "done": 0})

    wait_until("it is being converted", lambda: job("transcode")["state"] == "running", 40)
    given, case = desk.given, desk.case["case"]
    with given.office.read() as work:
        found = work.cases.get(case)
    inspector = Actor(found.inspector, "Inspector", Role.INSPECTOR)
    cancel_job(given.office, inspector, case, f"transcode-{id}", given.now())
    told = desk.when(id, over)
    assert (job("transcode")["state"], told["playable"]) == ("cancelled", False)
    assert not any(name.endswith("p.mp4") for name in told["renditions"])
    place = desk.instance.data / "work"
    wait_until("its encoder has ended", lambda: not list(place.glob("transcode-*")), 20)
    for wish in want_jobs(given.office, id, ("transcode",), 10, given.now(), anew=True):
        given.jobs.work_on(wish)
    assert desk.when(id, lambda one: over(one) and one["playable"], 120)["reason"] is None


def test_a_worker_killed_in_mid_job_goes_on_at_that_job(start_instance: StartInstance, tmp_path: Path) -> None:
    with start_instance() as instance:
        desk = desk_at(instance)
        path = film(tmp_path / "long.ts", "-c:v", "mpeg2video", "-q:v", "4", seconds=20, size="640x480")
        id = desk.send(path)

        def running() -> bool:
            return any(job["kind"] == "transcode" and job["state"] == "running" for job in desk.told(id)["jobs"])

        wait_until("the film is being converted", running, 40)
        killed = json.loads((instance.data / "run" / "up.json").read_text())["roles"]["worker"]
        os.kill(killed, signal.SIGKILL)
        told = desk.when(id, over, 120)
        jobs = {job["kind"]: job for job in told["jobs"]}
        assert (jobs["transcode"]["state"], jobs["examine"]["attempts"]) == ("done", 1)
        assert jobs["transcode"]["attempts"] >= 2
        with urllib.request.urlopen(f"{instance.url}/health", timeout=10) as answer:
            assert answer.status == 200
