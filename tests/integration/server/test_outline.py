"""The outline of a site: typed on the page, sent over the API, told again, and what a flight is compared with."""

import pytest

from tests.integration.server.world import World

TYPED = "30.0, 120.0\n30.0, 120.01\r\n\n30.01；120.01\n30.01 120.0\n"
CORNERS = [[30.0, 120.0], [30.0, 120.01], [30.01, 120.01], [30.01, 120.0]]


def filled(world: World, **typed: str) -> dict[str, str]:
    with world.services.office.read() as work:
        approver = work.cases.get(world.facts["own.case"]).approver
    return {"item": "food", "applicant": "A", "address": "B", "approver": approver} | typed


def test_corners_are_typed_one_a_line(world: World) -> None:
    browser = world.browser("inspector")
    answer = browser.ask("POST", "/cases/new", form=filled(world, polygon=TYPED))
    assert answer.status_code in (302, 303)
    case = answer.headers["Location"].rpartition("/")[2].partition("?")[0]
    assert browser.ask("GET", f"/api/v1/cases/{case}").get_json()["polygon"] == CORNERS


@pytest.mark.parametrize("typed", ["30.0", "30 120\n31 121", "north, east\n1 2\n3 4", "95 10\n1 2\n3 4"])
def test_what_is_no_outline_is_told_at_its_field(world: World, typed: str) -> None:
    answer = world.browser("inspector").ask("POST", "/cases/new", form=filled(world, polygon=typed))
    assert answer.status_code == 422
    assert 'id="e-polygon"' in answer.get_data(as_text=True)
