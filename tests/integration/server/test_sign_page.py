"""The applicant reads the record of his visit on his phone, and signs it or says why not."""

from io import BytesIO

import pytest

from inspection.model.paper import Paper, PaperState
from inspection.services.paper_facts import subject_digest, subject_of
from inspection.services.papers import keep_paper
from server.outbound.seal_check import check_paper
from tests.integration.server.signing import plain
from tests.integration.server.world import World

__all__ = ["plain"]  # fixture


@pytest.fixture
def record(world: World, plain: bytes) -> Paper:
    """The record of the visit, which its inspector has signed."""
    survey, case = world.facts["own.survey"], world.facts["own.case"]
    inspector, given = world.browser("inspector"), world.services
    ended = inspector.ask("POST", f"/api/v1/surveys/{survey}/conclude", {"outcome": "partial", "note": "货架待整改"})
    assert ended.status_code == 200, ended.get_data(as_text=True)
    settled(world, survey)
    asked = inspector.ask("POST", f"/api/v1/cases/{case}/papers", {"kind": "record", "survey": survey}).get_json()
    with given.office.read() as work:
        wish = work.papers.get(asked["id"])
        subject = subject_digest(subject_of(work, wish.kind, wish.case, wish.survey))
    made = keep_paper(given.office, given.objects, given.signer, wish.id, subject, plain, given.now())
    signed = inspector.ask("POST", f"/api/v1/papers/{made.id}/signatures", {"sha256": made.sha256})
    assert signed.status_code == 200, signed.get_data(as_text=True)
    return now(world, made.id)


def settled(world: World, survey: str) -> None:
    """Snapshots that the world left to its worker are given up."""
    from inspection.model.evidence import RenditionState
    from inspection.services.snapshots import fail_snapshot

    with world.services.office.read() as work:
        waiting = [one.id for one in work.snapshots.of_survey(survey) if one.state is RenditionState.WANTED]
    for one in waiting:
        fail_snapshot(world.services.office, one, "snapshot-outside")


def now(world: World, paper: str) -> Paper:
    with world.services.office.read() as work:
        return work.papers.get(paper)


def sent(world: World, paper: Paper, act: str, reason: str = "", digest: str = "") -> tuple[int, str]:
    form = {"act": act, "paper": paper.id, "sha256": digest or paper.sha256 or "", "reason": reason}
    browser = world.browser("applicant")
    answer = browser.ask("POST", f"/visit/{paper.survey}/record", form=form)
    shown = answer if answer.status_code != 303 else browser.get(f"/visit/{paper.survey}/record")
    return answer.status_code, shown.get_data(as_text=True)


def test_he_reads_it_signs_it_and_the_office_seals(world: World, record: Paper) -> None:
    phone = world.browser("applicant")
    page = phone.get(f"/visit/{record.survey}/record").get_data(as_text=True)
    assert f"/api/v1/papers/{record.id}/file" in page
    assert (record.sha256 or "-") in page
    assert phone.get(f"/api/v1/papers/{record.id}/file").status_code == 200
    assert sent(world, record, "sign")[0] == 303
    sealed = now(world, record.id)
    assert sealed.state is PaperState.SEALED
    with world.services.objects.open(sealed.sha256 or "") as source:
        said = check_paper(BytesIO(source.read()).getvalue(), (), world.clock[0])
    assert [one.role for one in said.signatures][:2] == ["inspector", "applicant"]
    status, page = sent(world, sealed, "sign")
    assert status == 409
    assert "problem" in page


def test_he_says_why_not_and_that_is_recorded(world: World, record: Paper) -> None:
    assert sent(world, record, "refuse")[0] == 422
    assert now(world, record.id) == record
    assert sent(world, record, "refuse", "货架不是我的")[0] == 303
    refused = now(world, record.id)
    assert (refused.state, refused.refusals[0]["reason"]) == (PaperState.SEALED, "货架不是我的")
    page = world.browser("inspector").get(f"/cases/{record.case}").get_data(as_text=True)
    assert "货架不是我的" in page


def test_he_cannot_sign_what_he_has_not_read(world: World, record: Paper) -> None:
    status, page = sent(world, record, "sign", digest="0" * 64)
    assert status == 409
    assert now(world, record.id) == record
    assert (record.sha256 or "-") in page


def test_one_who_signs_twice_is_told_so(world: World, record: Paper) -> None:
    again = world.browser("inspector").ask(
        "POST", f"/api/v1/papers/{record.id}/signatures", {"sha256": record.sha256}
    )  # fmt: skip
    assert (again.status_code, again.get_json()["code"]) == (409, "already-signed")
