"""A finding that cites a mark: the record prints the very still with the mark over it, and the still stays as it is."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pypdfium2
import pytest
from numpy.typing import NDArray

from inspection.model.annotation import Annotation
from inspection.model.errors import WrongMoment
from inspection.model.paper import PaperKind, PaperState
from inspection.model.survey import Survey
from inspection.services.annotate import Drawn, annotate, close
from inspection.services.paper_facts import subject_of
from inspection.services.papers import want_paper
from inspection.services.record_finding import record_finding
from inspection.services.snapshots import keep_snapshot
from inspection.services.spot import Sight
from inspection.services.stills import want_stills
from server.outbound.sheet_marks import label_of, lines_of
from server.roles.papers import make_paper
from server.services import Services
from tests.builders import Stage
from tests.integration.server.test_paper_job import given, now, stage

__all__ = ["given", "stage"]  # fixtures
SHAPES: dict[str, Any] = {
    "box": ((250_000, 250_000), (750_000, 750_000)),
    "arrow": ((100_000, 900_000), (500_000, 500_000)),
    "freehand": ((100_000, 100_000), (300_000, 200_000), (500_000, 100_000), (900_000, 800_000)),
    "text": ((500_000, 500_000),),
}


def grey() -> bytes:
    done, data = cv2.imencode(".jpg", np.full((360, 640, 3), 128, np.uint8))
    assert done
    return bytes(data)


def cited(stage: Stage, shapes: dict[str, Any]) -> tuple[Survey, list[Annotation]]:
    """A survey that has ended, with a finding that rests on a mark of each shape; their stills are cut."""
    survey, track = stage.filmed()
    segment = track.segments[0]
    made = []
    for number, (shape, points) in enumerate(shapes.items()):
        sight = Sight(None, track.id, time_us=(segment.start * 1_000_000) // track.timescale + 40_000 * (number + 1))
        drawn = Drawn(shape, points, "甲", "裂缝，宽约 2 mm")
        id = f"mark000{number}"
        given = (stage.office, stage.store, stage.signer, stage.inspector, survey.id, id, sight, drawn, stage.now)
        made.append(annotate(*given)[0])
    ids = tuple(one.mark.id for one in made)
    record_finding(stage.office, stage.signer, stage.inspector, survey.id, "washing", "fail", "N", (), stage.now, ids)
    wanted = want_stills(stage.office, stage.inspector, survey.id, ids, stage.now, stage.new_id)
    assert [one.time for one in wanted.snapshots] == [one.mark.instant.time for one in made if one.mark.instant]
    stage.ended(survey)
    with pytest.raises(WrongMoment, match="snapshots-pending"):
        paper(stage, survey)
    for one in wanted.snapshots:
        keep_snapshot(
            stage.office, stage.store, stage.signer, one.id, grey(), 640, 360, one.time, segment.digest, stage.now
        )
    again = want_stills(stage.office, stage.inspector, survey.id, ids, stage.now, stage.new_id)
    assert (again.snapshots, again.jobs) == ([], [])
    return survey, made


def paper(stage: Stage, survey: Survey) -> Any:
    return want_paper(
        stage.office, stage.signer, stage.inspector, survey.case, "record", survey.id, "zh-CN", "https://t", stage.now,
        stage.new_id,
    )  # fmt: skip


def drawn(stage: Stage, given: Services, survey: Survey) -> bytes:
    wish = paper(stage, survey)
    assert make_paper(given, wish.id) is None
    made = now(stage, wish)
    assert made.state is PaperState.READY, made.reason
    return stage.store[made.sha256 or ""]


def pages(data: bytes) -> list[NDArray[np.uint8]]:
    return [page.render(scale=3).to_numpy()[:, :, :3] for page in pypdfium2.PdfDocument(data)]


def reds(image: NDArray[np.uint8]) -> int:
    blue, green, red = (image[:, :, n].astype(int) for n in range(3))
    return int(((red > 150) & (green < 70) & (blue < 90)).sum())


def test_the_record_prints_the_marks_over_their_stills(stage: Stage, given: Services, tmp_path: Path) -> None:
    survey, made = cited(stage, SHAPES)
    data = drawn(stage, given, survey)
    (tmp_path / "record.pdf").write_bytes(data)
    shown = pages(data)
    for number, page in enumerate(shown):
        cv2.imwrite(str(tmp_path / f"page-{number}.png"), page)
    text = "".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(data))
    for one in made:
        assert f"№ {one.number} 甲" in text
    assert "裂缝，宽约 2 mm" in text
    assert sum(map(reds, shown)) > 3000  # the lines of the marks; nothing else in a record is of that red
    with stage.office.read() as work:
        stills = {one.sha256 for one in work.snapshots.of_survey(survey.id)}
    assert stage.store[next(iter(stills)) or ""] == grey()  # as it was cut


def test_what_is_said_of_a_mark_afterwards_does_not_outdate_the_record(stage: Stage) -> None:
    survey, made = cited(stage, {"box": SHAPES["box"]})
    with stage.office.read() as work:
        before = subject_of(work, PaperKind.RECORD, survey.case, survey.id)
    given = (stage.office, stage.signer, stage.approver, survey.id, made[0].mark.id)
    close(*given, made[0].revision, stage.now)
    with stage.office.read() as work:
        assert subject_of(work, PaperKind.RECORD, survey.case, survey.id) == before


def test_lines_lie_where_the_mark_does() -> None:
    mark = {"shape": "box", "points": [[250_000, 500_000], [750_000, 1_000_000]], "label": "A"}
    assert lines_of(mark, 60, 30) == [[15, 15, 45, 15], [45, 15, 45, 30], [45, 30, 15, 30], [15, 30, 15, 15]]
    assert label_of({"mark": mark, "number": 3}, 60, 30) == {"text": "№ 3 A", "x": 15, "y": 11}
    arrow = lines_of(mark | {"shape": "arrow", "points": [[0, 0], [1_000_000, 0]]}, 60, 30)
    assert arrow[0] == [0, 0, 60, 0]
    assert [line[:2] for line in arrow[1:]] == [[60, 0], [60, 0]]
    assert sorted(line[3] for line in arrow[1:]) == [-1.5, 1.5]
