"""The ledger's key is followed by another: in the file, in the history, and in what running processes sign with."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from inspection.model.errors import Conflict
from inspection.model.key_history import vouched
from inspection.services.collect_log import collect_log
from inspection.services.rotate_key import begin_history
from inspection.services.sequence import sequence_all
from inspection.services.verify_log import origin_keys, verify_log
from server import wiring
from server.configuration import Configuration
from server.outbound.keys import BadKey, create_key, make_keys, read_public
from server.outbound.ledger_key import LedgerSigner, next_signer, switch
from server.outbound.rotate_ledger_key import rotate, settle
from tests.fakes import FakeOffice
from tests.log_office import NOW, ORIGIN, PlainJudge, add_entries

LATER = NOW + timedelta(days=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_keys(tmp_path)
    return tmp_path


@pytest.fixture
def office(folder: Path) -> FakeOffice:
    office = FakeOffice()
    begin_history(office, LedgerSigner(folder), NOW)
    return office


def public_keys(office: FakeOffice) -> list[str]:
    return [one.public_key for one in office.work.ledger_keys.history()]


def test_a_running_signer_uses_the_new_key_at_once(folder: Path, office: FakeOffice) -> None:
    signer = LedgerSigner(folder)
    first = signer.public_key()
    statement = rotate(folder, office, LATER, lost=False)
    assert statement.public_key == signer.public_key().hex() != first.hex()
    assert public_keys(office) == [first.hex(), signer.public_key().hex()]
    assert read_public(folder / "ledger.pub").public_bytes_raw() == signer.public_key()
    assert (folder / "ledger.key").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in folder.glob("ledger*")) == ["ledger.key", "ledger.pub"]
    assert len(vouched(office.work.ledger_keys.history(), first)) == 2


def test_a_package_across_a_rotation_is_judged_by_the_key_of_before(folder: Path, office: FakeOffice) -> None:
    signer = LedgerSigner(folder)
    trust = signer.public_key()
    add_entries(office, signer, 3, ("c1",))  # type: ignore[arg-type]
    rotate(folder, office, LATER, lost=False)
    add_entries(office, signer, 2, ("c1",), LATER)  # type: ignore[arg-type]
    sequence_all(office, signer, ORIGIN, "one", LATER)
    with office.read() as work:
        entries = work.ledger.entries("c1")
        files = collect_log(work, "c1", 5).files()
        head = work.ledger.head("c1")
    facts = verify_log(lambda path: files[path], [entry.hash for entry in entries], PlainJudge())
    assert (facts.faults, facts.signed_by) == ([], signer.public_key())
    assert signer.public_key().hex() in origin_keys(facts, trust)
    assert head is not None
    assert head.key == signer.fingerprint()


@pytest.mark.parametrize("moment", ["before the switch", "half a switch", "after the switch", "after the commit"])
def test_a_rotation_killed_anywhere_is_finished_later(folder: Path, office: FakeOffice, moment: str) -> None:
    first = LedgerSigner(folder).public_key()
    wanted = next_signer(folder).public_key()
    if moment == "half a switch":
        os.link(folder / "ledger.key", folder / "ledger.previous.key")
    if moment == "after the switch":
        switch(folder)
    if moment == "after the commit":
        rotate(folder, office, LATER, lost=False)
        create_key(folder / "ledger.previous.key", Ed25519PrivateKey.generate())  # not yet removed
    statement = rotate(folder, office, LATER, lost=False)
    assert statement.public_key == wanted.hex() == LedgerSigner(folder).public_key().hex()
    assert public_keys(office) == [first.hex(), wanted.hex()]
    assert not statement.lost
    assert settle(folder, office, LATER) is None


def test_a_lost_key_is_followed_by_one_that_says_so(folder: Path, office: FakeOffice) -> None:
    first = LedgerSigner(folder).public_key()
    (folder / "ledger.key").unlink()
    with pytest.raises(BadKey):
        rotate(folder, office, LATER, lost=False)
    statement = rotate(folder, office, LATER, lost=True)
    assert (statement.lost, statement.handed_over) == (True, "")
    assert vouched(office.work.ledger_keys.history(), first) == {first.hex()}


def test_a_key_that_nobody_has_told_of_signs_no_hand_over(folder: Path, office: FakeOffice) -> None:
    (folder / "ledger.key").unlink()
    create_key(folder / "ledger.key", Ed25519PrivateKey.generate())
    with pytest.raises(Conflict, match="key-other"):
        rotate(folder, office, LATER, lost=False)


def test_an_instance_does_not_start_with_a_key_that_is_not_its_own(tmp_path: Path) -> None:
    configuration = Configuration(data=tmp_path)
    wiring.prepare(configuration)
    wiring.prepare(configuration)
    keys = tmp_path / "keys"
    mine = (keys / "ledger.key").read_bytes()
    (keys / "ledger.key").unlink()
    with pytest.raises(wiring.CannotPrepare, match="rotate-key --lost"):
        wiring.prepare(configuration)
    (keys / "ledger.key").write_bytes(mine)
    wiring.prepare(configuration)
    assert rotate(keys, wiring.office(configuration), LATER, lost=False).number == 2
    wiring.prepare(configuration)
