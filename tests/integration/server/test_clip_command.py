"""`takan clip`: a range or a picture as a file, in the name of the case's inspector, refused with a sentence."""

import hashlib
import json
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from inspection.model.errors import Invalid, NotFound, Unavailable
from inspection.services.clips import keep_clip
from inspection.services.snapshots import fail_snapshot, keep_snapshot
from server import cli
from server.commands import clip, still
from server.services import Services
from tests.builders import Stage


@pytest.fixture
def stage() -> Stage:
    return Stage()


def given(stage: Stage) -> Services:
    parts: dict[str, Any] = {
        "office": stage.office, "objects": stage.store, "signer": stage.signer, "now": lambda: stage.now,
        "new_id": stage.new_id,
    }  # fmt: skip
    return cast(Services, SimpleNamespace(**parts))


def cut(services: Services, wish: str) -> None:
    """As the worker would, with other bytes."""
    digest = hashlib.sha256(b"a clip").hexdigest()
    facts = {"start_us": 2_000_000, "end_us": 5_000_000, "tracks": []}
    keep_clip(
        services.office, services.objects, services.signer, wish, digest, BytesIO(b"a clip"), 6, facts, services.now()
    )


def shot(services: Services, wish: str) -> None:
    with services.office.read() as work:
        found = work.snapshots.get(wish)
        first = work.receptions.track(found.track).segments[0]
    keep_snapshot(
        services.office, services.objects, services.signer, wish, b"a picture", 640, 360, found.time, first.digest,
        services.now(),
    )  # fmt: skip


def track(stage: Stage, survey: str) -> str:
    return next(one.track for one in stage.evidence(survey) if one.track and one.track.endswith(".video"))


def test_a_range_is_a_file_and_in_the_ledger(stage: Stage, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    survey = stage.concluded()
    path = tmp_path / "x.mp4"

    def made() -> tuple[Services, str, Path, dict[str, object]]:
        one = clip.make(given(stage), cut, survey.case, track(stage, survey.id), 2_000_000, 5_000_000)
        return given(stage), one.sha256 or "", path, {"clip": one.id}

    assert clip.give(made, as_json=True) == 0
    said = json.loads(capsys.readouterr().out)
    assert path.read_bytes() == b"a clip"
    assert said["sha256"] == hashlib.sha256(b"a clip").hexdigest()
    assert stage.events(survey.case)[-2:] == ["clip-derived", "clip-fetched"]


def test_a_moment_is_a_picture(stage: Stage) -> None:
    survey = stage.concluded()
    picture = still.make(given(stage), shot, survey.case, track(stage, survey.id), 3_000_000)
    assert (picture.time, picture.sha256) == (270_000, hashlib.sha256(b"a picture").hexdigest())
    assert stage.events(survey.case)[-1] == "snapshot-derived"


def test_what_cannot_be_is_refused(stage: Stage) -> None:
    survey = stage.concluded()
    with pytest.raises(Invalid, match="snapshot-in-gap"):
        still.make(given(stage), shot, survey.case, track(stage, survey.id), 14_000_000)
    with pytest.raises(Invalid, match="snapshot-outside"):
        still.make(given(stage), shot, survey.case, track(stage, survey.id), 60_000_000)
    with pytest.raises(NotFound, match="evidence-unknown"):
        still.make(given(stage), shot, survey.case, "none", 3_000_000)
    sound = track(stage, survey.id).replace("video", "audio")
    with pytest.raises(Invalid, match="snapshot-not-video"):
        still.make(given(stage), shot, survey.case, sound, 3_000_000)

    def failing(services: Services, wish: str) -> None:
        fail_snapshot(services.office, wish, "snapshot-unreadable")

    with pytest.raises(Unavailable, match="snapshot-unreadable"):
        still.make(given(stage), failing, survey.case, track(stage, survey.id), 3_000_000)
    with pytest.raises(Unavailable, match="store-away"):
        still.make(given(stage), lambda *_: "store-away", survey.case, track(stage, survey.id), 3_000_000)


def test_the_reason_is_a_sentence_with_its_code(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    def made() -> tuple[Services, str, Path, dict[str, object]]:
        raise Invalid("clip-outside", field="from")

    assert clip.give(made, as_json=False) == 1
    said = capsys.readouterr().err
    assert "(clip-outside)" in said
    assert len(said) > len("takan: (clip-outside)") + 10


def test_a_command_without_a_range_or_moment_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["clip", "TK-1", "e"]) == 2
    assert "--at" in capsys.readouterr().err


CODES = [("90", 90_000_000), ("1:30", 90_000_000), ("0:01:30.5", 90_500_000), ("2:00:00", 7_200_000_000)]


@pytest.mark.parametrize(("code", "expected"), CODES)
def test_time_codes_are_read(code: str, expected: int) -> None:
    assert clip.microseconds(code) == expected
    with pytest.raises(ValueError, match="no time code"):
        clip.microseconds(code + "x")
