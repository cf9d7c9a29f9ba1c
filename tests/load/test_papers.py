"""What a record costs: of 40 findings with pictures at most 3 s, of 2,000 at most 60 s; and a clip beside ffmpeg's own
copy of the same range."""

import resource
import statistics
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from imageio_ffmpeg import get_ffmpeg_exe

from inspection.model.paper import Paper, PaperKind, PaperState
from inspection.services.paper_facts import facts_of, signatories
from media.files.joined import Lane
from server.outbound.codes import picture
from server.outbound.sheet import Letterhead, codes_of, draw, facts_bytes
from server.outbound.typeset import typeset
from server.words import Catalogue
from tests.builders import Stage
from tests.integration.server.test_clips import Kept, cut, film

WORDS = Catalogue.read(Path(__file__).resolve().parents[2] / "web" / "translations")
HEAD = Letterhead("踏勘 Takan", "Asia/Shanghai", banner=True, seal="ab" * 32)
__all__ = ["film"]


def facts_with(count: int) -> tuple[dict[str, Any], Paper, list[Any]]:
    """A survey of so many findings, each with a picture."""
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
    subject["snapshots"] = [{**shot, "id": f"s{n}"} for n in range(count)]
    paper = Paper(
        "p", survey.case, survey.id, PaperKind.RECORD, "zh-CN", PaperState.WANTED, "i", datetime.now(UTC), "https://t"
    )
    return facts, paper, asked


@pytest.mark.parametrize(("count", "seconds"), [(40, 3.0), (2000, 60.0)])
def test_a_record_is_drawn_in_time(count: int, seconds: float, tmp_path: Path) -> None:
    facts, paper, asked = facts_with(count)
    jpeg = tmp_path / "x.jpg"
    command = [get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=640x360", "-frames:v", "1"]
    subprocess.run([*command, str(jpeg)], check=True)
    data = jpeg.read_bytes()
    files = {one["id"]: f"{one['id']}.jpg" for one in facts["subject"]["snapshots"]}
    began = time.monotonic()
    sheet = draw(paper, facts, asked, HEAD, WORDS.say("zh-CN"), datetime.now(UTC), files)
    pictures = ((name, data + bytes((n >> 8, n & 255))) for n, name in enumerate(files.values()))  # each is another
    codes = ((name, picture(text)) for name, text in codes_of(sheet).items())
    pdf = typeset(sheet, facts_bytes(facts), chain(pictures, codes))
    took = time.monotonic() - began
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(f"{count} findings: {took:.2f} s, {len(pdf) / 1e6:.1f} MB, the child's memory {most} MB")
    assert took <= seconds


def test_a_clip_costs_little_more_than_a_copy(film: tuple[Kept, list[Lane]], tmp_path: Path) -> None:
    whole = tmp_path / "whole.mp4"
    cut(film, whole, 0, 20)
    copy = [get_ffmpeg_exe(), "-v", "error", "-y", "-ss", "4", "-i", str(whole), "-t", "8", "-c", "copy"]
    ours = median(lambda: cut(film, tmp_path / "clip.mp4", 5, 11))
    theirs = median(lambda: subprocess.run([*copy, str(tmp_path / "copy.mp4")], check=True))
    print(f"clip {ours * 1000:.0f} ms, ffmpeg -c copy {theirs * 1000:.0f} ms")
    assert ours <= 1.5 * theirs


def median(act: Callable[[], object], times: int = 7) -> float:
    taken = []
    for _ in range(times):
        began = time.monotonic()
        act()
        taken.append(time.monotonic() - began)
    return statistics.median(taken)
