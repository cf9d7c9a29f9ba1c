"""What a crash or an absent node left undone is done by the next round of the sweep."""

from datetime import timedelta

from inspection.services.want_export import want_export
from server.roles.sweep import UNSTARTED, sweep
from tests.integration.server.world import World, actor_of


def ended(world: World) -> bool:
    found = world.browser("inspector").get(f"/api/v1/surveys/{world.facts['own.survey']}").get_json()
    return bool(found["admitted"])


def test_a_survey_that_ended_without_its_node_is_admitted_when_it_is_back(world: World) -> None:
    world.nodes.away = True
    path = f"/api/v1/surveys/{world.facts['own.survey']}/conclude"
    world.browser("inspector").ask("POST", path, {"outcome": "pass"})
    world.clock[0] += timedelta(seconds=10)
    sweep(world.services)
    assert not ended(world)
    world.nodes.away = False
    sweep(world.services)
    assert ended(world)
    assert world.nodes.closed == [world.facts["own.survey"]]
    sweep(world.services)
    assert world.nodes.closed == [world.facts["own.survey"]]


def test_wishes_whose_job_was_never_started_are_started(world: World) -> None:
    browser, survey = world.browser("inspector"), world.facts["own.survey"]
    body = {"track": world.facts["own.track"], "time": 100}
    wish = browser.ask("POST", f"/api/v1/surveys/{survey}/snapshots", body).get_json()["id"]
    browser.ask("POST", f"/api/v1/surveys/{survey}/conclude", {"outcome": "pass"})
    given, actor = world.services, actor_of(world.people["inspector"])
    export = want_export(given.office, given.signer, actor, world.facts["own.case"], given.now(), given.new_id)
    world.jobs.snapshots.clear()
    sweep(given)
    assert (world.jobs.snapshots, world.jobs.exports) == ([], [])
    world.clock[0] += UNSTARTED + timedelta(seconds=1)
    sweep(given)
    assert (world.jobs.snapshots, world.jobs.exports) == ([wish], [export.id])


def test_a_recording_that_has_begun_stands_in_the_ledger_while_the_survey_runs(world: World) -> None:
    sweep(world.services)
    sweep(world.services)
    with world.services.office.read() as work:
        told = [one.body["track"] for one in work.ledger.entries(world.facts["own.case"]) if "begun" in one.event]
        there = [one.id for one in work.receptions.begun(world.facts["own.survey"])]
    assert sorted(told) == sorted(there) != []
