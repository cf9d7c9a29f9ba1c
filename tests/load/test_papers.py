"""What a record costs: of 40 findings with pictures at most 3 s, of 2,000 at most 60 s; a clip of half a minute out of
an hour and the packaging of all of it, beside ffmpeg's own copy and a plain copy of the same bytes."""

import hashlib
import os
import resource
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from struct import pack_into, unpack_from
from types import SimpleNamespace
from typing import Any, cast

import pytest
from imageio_ffmpeg import get_ffmpeg_exe
from PIL import Image

from inspection.model.paper import Paper, PaperKind, PaperState
from inspection.services.paper_facts import facts_of, signatories
from media.files.joined import Joined, Lane, Piece, join
from server.configuration import Configuration
from server.outbound.credentials import Credentials
from server.outbound.seal_chain import make_chain, read_chain
from server.outbound.seal_judge import LibrarySealJudge
from server.roles.papers import composed
from server.services import Services
from storage.objects.local import LocalObjects
from tests.builders import Stage
from tests.integration.server.test_clips import Kept, lane_of_file
from tests.sealed import made

SECOND = 1_000_000
HOUR = 3600
CODED = {
    "video": ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-g", "50", "-b:v", "2M", "-bufsize", "2M"],
    "audio": ["-c:a", "libopus", "-b:a", "48k"],
}
SOURCES = {"video": "testsrc2=size=1280x720:rate=25", "audio": "sine=frequency=500:sample_rate=48000"}


def facts_with(count: int) -> tuple[dict[str, Any], Paper, list[Any]]:
    """A survey of so many findings, each with a picture of 1280 × 720."""
    stage = Stage()
    survey = stage.decided()
    with stage.office.read() as work:
        facts = facts_of(work, stage.signer, PaperKind.RECORD, survey.case, survey.id)
        asked = signatories(work, PaperKind.RECORD, survey.case, survey.id)
    subject = facts["subject"]
    one, shot = subject["findings"][0], subject["snapshots"][0]
    checks = [{**subject["survey"]["checklist"]["checks"][0], "id": f"c{number}"} for number in range(count)]
    subject["survey"]["checklist"]["checks"] = checks
    subject["findings"] = [{**one, "check": f"c{n}", "snapshots": [f"s{n}"]} for n in range(count)]
    subject["snapshots"] = [{**shot, "id": f"s{n}", "width": 1280, "height": 720} for n in range(count)]
    paper = Paper(
        "p", survey.case, survey.id, PaperKind.RECORD, "zh-CN", PaperState.WANTED, "i", datetime.now(UTC), "https://t"
    )
    return facts, paper, asked


@pytest.mark.parametrize(("count", "seconds"), [(40, 3.0), (2000, 60.0)])
def test_a_record_is_drawn_in_time(count: int, seconds: float, tmp_path: Path) -> None:
    """From the pictures in the store to the PDF, as the worker does it."""
    facts, paper, asked = facts_with(count)
    scene = Image.open(made(tmp_path / "x.jpg", "testsrc2=size=1280x720", "-frames:v", "1"))
    store = LocalObjects(tmp_path / "objects")
    for number, one in enumerate(facts["subject"]["snapshots"]):
        for bit in range(11):  # each is another, and stays so when it is made smaller
            scene.paste((255 * (number >> bit & 1),) * 3, (64 * bit, 300, 64 * bit + 64, 400))
        out = BytesIO()
        scene.save(out, "JPEG", quality=85)
        data = out.getvalue()
        one["sha256"] = hashlib.sha256(data).hexdigest()
        store.put(one["sha256"], BytesIO(data), len(data))
    parts = {"objects": store, "settings": Configuration(tmp_path), "sealer": None, "now": lambda: datetime.now(UTC)}
    given = cast(Services, SimpleNamespace(**parts))
    began = time.monotonic()
    pdf = composed(given, paper, facts, asked)
    took = time.monotonic() - began
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(f"{count} findings: {took:.2f} s, {len(pdf) / 1e6:.1f} MB, the child's memory {most} MB, load {load()}")
    assert pdf.count(b"/DCTDecode") == count
    assert took <= seconds
    assert most <= 1200


@dataclass(frozen=True)
class Hour:
    """An hour of picture and sound in a store, six seconds a segment, and all of it in one file."""

    folder: Path
    store: LocalObjects
    lanes: list[Lane]
    whole: Path

    def load(self, digest: str) -> bytes:
        with self.store.open(digest) as source:
            return source.read()

    def cut(self, path: Path, begin: int, end: int) -> Joined:
        with path.open("wb") as file:
            return join(self.lanes, self.load, begin * SECOND, end * SECOND, file.write)


@pytest.fixture(scope="module")
def hour(tmp_path_factory: pytest.TempPathFactory) -> Hour:
    """One minute is encoded, and told sixty times with other times."""
    folder = tmp_path_factory.mktemp("hour")
    store = LocalObjects(folder / "objects")
    lanes = []
    for kind, source in SOURCES.items():
        flags = "empty_moov+default_base_moof" + ("+frag_keyframe" if kind == "video" else "")
        cut = ["-video_track_timescale", "90000", "-frag_duration", "2000000", "-movflags", flags]
        path = made(folder / f"{kind}.mp4", source, "-t", "60", *CODED[kind], *cut)
        lanes.append(told_again(path, store))
    done = Hour(folder, store, lanes, folder / "whole.mp4")
    done.cut(done.whole, 0, HOUR)
    return done


def told_again(path: Path, store: LocalObjects) -> Lane:
    kept = Kept()
    minute = lane_of_file(kept, path.read_bytes())
    init = minute.pieces[0].init
    store.put(init, BytesIO(kept[init]), len(kept[init]))
    pieces = []
    for number in range(HOUR // 60):
        for at in range(0, len(minute.pieces), 3):
            few = minute.pieces[at : at + 3]
            later = number * 60 * minute.timescale
            data = b"".join(shifted(kept[one.digest], later) for one in few)
            digest = hashlib.sha256(data).hexdigest()
            store.put(digest, BytesIO(data), len(data))
            length = sum(one.duration for one in few)
            pieces.append(Piece(digest, init, few[0].start + later, length, few[0].key_frame))
    return Lane(minute.timescale, pieces)


def shifted(data: bytes, ticks: int) -> bytes:
    """Fragments so much later."""
    new, at = bytearray(data), 0
    while (at := data.find(b"tfdt", at)) >= 0:
        pack_into("!Q", new, at + 8, unpack_from("!Q", data, at + 8)[0] + ticks)
        at += 16
    return bytes(new)


def test_a_clip_costs_little_more_than_a_copy(hour: Hour) -> None:
    """Half a minute from the middle; without credentials, since ffmpeg writes none."""
    theirs_path, ours_path = hour.folder / "copy.mp4", hour.folder / "clip.mp4"
    copy = [get_ffmpeg_exe(), "-v", "error", "-y", "-ss", "1800", "-i", str(hour.whole), "-t", "30", "-c", "copy"]
    ours, theirs = [], []
    for _ in range(7):
        ours.append(timed(lambda: hour.cut(ours_path, 1800, 1830)))
        theirs.append(timed(lambda: subprocess.run([*copy, str(theirs_path)], check=True)))
    mine, other = statistics.median(ours), statistics.median(theirs)
    sizes = [path.stat().st_size / 1e6 for path in (ours_path, theirs_path)]
    print(f"clip of 30 s: {mine * 1000:.0f} ms, {sizes[0]:.1f} MB")
    print(f"ffmpeg -c copy: {other * 1000:.0f} ms, {sizes[1]:.1f} MB; load {load()}")
    assert mine <= 1.5 * other
    assert mine <= 1.0
    assert abs(sizes[0] / sizes[1] - 1) < 0.2


def test_an_hour_is_packaged_beside_a_copy(hour: Hour, tmp_path: Path) -> None:
    """All tracks on one clock, beside a plain copy of the same bytes; the store makes both durable later. Then its
    credentials, which the library writes with a second copy of the file."""
    copies, joins = [], []
    made_of = None
    for _ in range(5):
        for name in ("again.mp4", "joined.mp4"):  # to give space back takes its time, too
            (hour.folder / name).unlink(missing_ok=True)
        copies.append(timed(lambda: shutil.copyfile(hour.whole, hour.folder / "again.mp4")))
        began = time.monotonic()
        made_of = hour.cut(hour.folder / "joined.mp4", 0, HOUR)
        joins.append(time.monotonic() - began)
    assert made_of is not None
    make_chain(tmp_path / "keys", "Office", datetime.now(UTC))
    writer = Credentials(read_chain(tmp_path / "keys", "", "", ""), "Office")
    tracks = [{"parent": "ab" * 32, "segments": list(used), "track": str(n)} for n, used in enumerate(made_of.used)]
    target = hour.folder / "sealed.mp4"
    sealing = timed(lambda: writer.seal(hour.whole, target, "whole", {"tracks": tracks}, datetime.now(UTC)))
    began = time.monotonic()
    with target.open("rb") as source:
        said = LibrarySealJudge().credentials(source, ".mp4")
    judging = time.monotonic() - began
    size, own = hour.whole.stat().st_size / 1e6, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    copy, joined = statistics.median(copies), statistics.median(joins)
    print(f"an hour, {size:.0f} MB: copy {copy:.2f} s, joined {joined:.2f} s ({copy / joined:.2f} of its speed)")
    print(f"credentials {sealing:.2f} s, judged {judging:.2f} s, memory {own} MB, load {load()}")
    assert said.holds
    assert copy / joined >= 0.4  # the goal is 0.5, on a quiet machine


def load() -> float:
    """Of the machine, over the last minute."""
    return round(os.getloadavg()[0], 1)


def timed(act: Callable[[], object]) -> float:
    began = time.monotonic()
    act()
    return time.monotonic() - began
