"""The worker's job for a paper: drawn from tables and store, and made even where a picture cannot be printed."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from inspection.model.paper import Paper, PaperState
from inspection.services.papers import want_paper
from server.configuration import Configuration
from server.outbound.seal import PadesSealer
from server.outbound.seal_chain import make_chain, read_chain
from server.roles.papers import make_paper
from server.services import Services
from tests.builders import Stage


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def given(stage: Stage, tmp_path: Path) -> Services:
    make_chain(tmp_path / "keys", "Office", datetime.now(UTC))
    parts: dict[str, Any] = {
        "office": stage.office, "objects": stage.store, "signer": stage.signer, "settings": Configuration(tmp_path),
        "sealer": PadesSealer(read_chain(tmp_path / "keys", "", "", ""), "Office"), "now": lambda: stage.now,
    }  # fmt: skip
    return cast(Services, SimpleNamespace(**parts))


def wanted(stage: Stage) -> Paper:
    survey = stage.concluded()
    return want_paper(
        stage.office, stage.signer, stage.inspector, survey.case, "record", survey.id, "en", "https://t", stage.now,
        stage.new_id,
    )  # fmt: skip


def now(stage: Stage, paper: Paper) -> Paper:
    with stage.office.read() as work:
        return work.papers.get(paper.id)


def test_it_is_made_where_a_picture_is_none(stage: Stage, given: Services) -> None:
    paper = wanted(stage)  # the stage's pictures are no JPEG
    assert make_paper(given, paper.id) is None
    made = now(stage, paper)
    assert made.state is PaperState.READY
    assert stage.store[made.sha256 or ""].startswith(b"%PDF-1.7")
    assert make_paper(given, paper.id) is None
    assert now(stage, paper) == made


def test_a_store_that_is_away_is_waited_for(stage: Stage, given: Services) -> None:
    paper = wanted(stage)
    stage.store.away = True
    assert make_paper(given, paper.id) == "store-away"
    assert now(stage, paper).state is PaperState.WANTED


def test_one_whose_survey_is_not_evidence_any_more_says_why(stage: Stage, given: Services) -> None:
    paper = wanted(stage)
    with stage.office.write() as work:
        survey = work.surveys.get(paper.survey or "")
        work.surveys.put(replace(survey, admitted=False))
    assert make_paper(given, paper.id) is None
    assert (now(stage, paper).state, now(stage, paper).reason) == (PaperState.FAILED, "evidence-pending")
