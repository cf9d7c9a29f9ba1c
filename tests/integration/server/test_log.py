"""The log over all cases as others see it: what is published, what staff may ask for, what the worker keeps going."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from inspection.model.key_history import parse_keys
from inspection.model.log import entry_leaf
from inspection.model.merkle import verify_consistency, verify_inclusion
from inspection.model.tlog import (
    LOG_KEY,
    VerifierKey,
    cosigned_at,
    is_signed,
    parse_checkpoint,
    parse_note,
    parse_proof,
)
from inspection.services.ask_witnesses import ALARM
from server import wiring
from server.configuration import BadConfiguration, Configuration, Ledger
from server.outbound.stamps import HttpAuthority, Rfc3161Judge
from server.roles import log_keeper
from server.services import Services
from tests.fixtures.authority import Authority, serving
from tests.integration.server.world import NOW, World
from tests.log_office import NearWitness

ORIGIN = "takan.example/log"


def log_key(world: World) -> VerifierKey:
    return VerifierKey(ORIGIN, LOG_KEY, world.services.signer.public_key())


def test_everybody_reads_the_checkpoint_and_the_keys(world: World) -> None:
    nobody = world.browser("nobody")
    answer = nobody.get("/log/checkpoint")
    note = parse_note(answer.data)
    assert answer.content_type.startswith("text/plain")
    assert is_signed(note, log_key(world))
    assert parse_checkpoint(note.text).origin == ORIGIN
    document = nobody.get("/log/keys").get_json()
    assert document["origin"] == ORIGIN
    assert [one.public_key for one in parse_keys(document)] == [world.services.signer.public_key().hex()]


def test_an_entry_is_proven_to_whoever_may_see_its_case(world: World) -> None:
    case = world.facts["own.case"]
    proof = parse_proof(world.browser("approver").get(f"/api/v1/cases/{case}/proofs/2").data)
    checkpoint = parse_checkpoint(parse_note(proof.checkpoint).text)
    with world.office.read() as work:
        leaf = entry_leaf(work.ledger.entries(case)[1])
    assert verify_inclusion(leaf, proof.index, checkpoint.size, proof.path, checkpoint.root)
    assert world.browser("approver").get(f"/api/v1/cases/{case}/proofs/999").status_code == 404
    assert world.browser("other approver").get(f"/api/v1/cases/{case}/proofs/2").status_code == 404


def test_the_worker_takes_new_entries_in_and_the_newer_tree_continues_the_older(world: World) -> None:
    older = parse_checkpoint(parse_note(world.browser("nobody").get("/log/checkpoint").data).text)
    case = world.facts["own.case"]
    assert world.browser("auditor").get(f"/api/v1/cases/{case}").status_code == 404  # turned away: that is an entry
    state = world.browser("inspector").get("/api/v1/log").get_json()
    assert (state["waiting"], state["size"], state["time"]) == (True, older.size, "own-clock")
    assert state["time_words"]
    world.clock[0] = NOW + timedelta(minutes=1)  # whoever had the turn before has let it run out
    log_keeper.take_in(world.services, "worker-here")
    newer = parse_checkpoint(parse_note(world.browser("nobody").get("/log/checkpoint").data).text)
    assert newer.size > older.size
    told = world.browser("inspector").get(f"/api/v1/log/consistency?old={older.size}&new={newer.size}").get_json()
    path = [bytes.fromhex(one) for one in told["path"]]
    assert verify_consistency(older.size, older.root, newer.size, newer.root, path)
    assert not world.browser("inspector").get("/api/v1/log").get_json()["waiting"]


@pytest.mark.parametrize("query", ["", "old=1", "old=a&new=2", "old=-1&new=2", "old=1&new=99999999999999999999"])
def test_sizes_that_are_none_are_refused(world: World, query: str) -> None:
    assert world.browser("inspector").get(f"/api/v1/log/consistency?{query}").status_code == 422
    assert world.browser("inspector").get("/api/v1/log/consistency?old=1&new=999999").status_code == 404


def test_witnesses_and_the_authority_are_asked(world: World) -> None:
    authority, witness = Authority(NOW, NOW + timedelta(days=900)), NearWitness([log_key(world)])
    with serving(authority) as url:
        given: Services = replace(
            world.services,
            witnesses=(witness,),
            authority=HttpAuthority(url, authority.pem, 5),
            stamp_judge=Rfc3161Judge(),
        )
        log_keeper.show(given, {})
        log_keeper.show(given, {})
    assert (witness.asked, authority.asked) == (1, 1)
    note = parse_note(world.browser("nobody").get("/log/checkpoint").data)
    assert cosigned_at(note, witness.key)
    state = world.browser("inspector").get("/api/v1/log").get_json()
    assert [one["name"] for one in state["witnesses"]] == ["witness.example/w1"]
    assert state["stamp"]["authority"] == "CN=TSA"
    assert state["alarm"] is None
    assert nothing_alarms(world)
    with world.office.write() as work:
        work.settings.put(ALARM, "w.example has seen 9 entries, the log has 5")
    assert not nothing_alarms(world)
    assert world.browser("inspector").get("/api/v1/log").get_json()["alarm"]


def nothing_alarms(world: World) -> bool:
    return bool(world.browser("nobody").get("/health").get_json()["parts"]["log"] == "ok")


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (Ledger(witnesses=("garbage http://w.example",)), "does not begin with"),
        (Ledger(witnesses=("{key} ftp://w.example",)), "must be written"),
        (Ledger(witnesses=("{key}",)), "must be written"),
        (Ledger(authority="tsa.example", authority_certificates="x"), "must be http"),
        (Ledger(authority="http://tsa.example/", authority_certificates="missing.pem"), "authority_certificates"),
    ],
)
def test_what_is_configured_wrongly_is_said_at_the_start(tmp_path: Path, settings: Ledger, says: str) -> None:
    key = NearWitness([]).key.text()
    settings = replace(settings, witnesses=tuple(one.replace("{key}", key) for one in settings.witnesses))
    configuration = Configuration(data=tmp_path, ledger=settings)
    build = wiring.witnesses if settings.witnesses else wiring.authority
    with pytest.raises(BadConfiguration, match=says):
        build(configuration)
