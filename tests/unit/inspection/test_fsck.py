"""Store, rows and ledger are compared, and whoever changed one of them behind the application's back is found."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from inspection.model.difference import Difference, Kind, Repair
from inspection.model.errors import Unavailable
from inspection.model.finding import Result
from inspection.ports import Alone
from inspection.services.fsck import fsck
from tests.builders import Stage


def looked(stage: Stage, *repairs: Repair, whole: bool = True) -> list[Difference]:
    return list(fsck(stage.office, stage.store, Alone(), (), frozenset(repairs), whole))


def codes(found: list[Difference]) -> list[tuple[Kind, str]]:
    return [(one.kind, one.code) for one in found]


def settled() -> Stage:
    """A decided and exported case, and one whose survey is running."""
    stage = Stage()
    stage.exported(stage.decided())
    stage.filmed()
    stage.logged()
    return stage


def test_an_office_in_order_has_no_difference() -> None:
    assert looked(settled()) == []


def each(rows: dict[Any, Any], **change: Any) -> None:
    rows.update({key: replace(row, **change) for key, row in rows.items()})


TAMPERING: list[tuple[Callable[[Any], Any], Kind, str, str]] = [
    (lambda work: each(work.findings.rows, result=Result.PASS), Kind.ROW, "row-other", "finding storage"),
    (lambda work: work.findings.rows.popitem(), Kind.ROW, "row-missing", "finding"),
    (lambda work: each(work.decisions.rows, reason="x"), Kind.ROW, "row-other", "decision"),
    (lambda work: each(work.cases.rows, applicant="x"), Kind.ROW, "row-other", "case"),
    (lambda work: each(work.surveys.rows, note="x"), Kind.ROW, "row-other", "ending"),
    (lambda work: setattr(work.participants, "places", ()), Kind.ROW, "row-other", "positions"),
    (lambda work: each(work.evidence.rows, facts={}), Kind.ROW, "row-other", "evidence"),
    (lambda work: work.evidence.rows.popitem(), Kind.ROW, "row-missing", "evidence"),
    (lambda work: each(work.snapshots.rows, time=5), Kind.ROW, "row-other", "snapshot"),
    (lambda work: each(work.receptions.rows, gaps=()), Kind.ROW, "list-other", "track"),
    (lambda work: each(work.ledger.rows, at_us=5), Kind.ENTRY, "entry-altered", " 1"),
    (lambda work: each(work.ledger.heads, count=3), Kind.ENTRY, "head-other", ""),
    (lambda work: work.ledger.rows.popitem(), Kind.ENTRY, "head-other", ""),
]


@pytest.mark.parametrize(("tamper", "kind", "code", "where"), TAMPERING)
def test_a_row_changed_behind_the_applications_back_is_named(
    tamper: Callable[[Any], Any], kind: Kind, code: str, where: str
) -> None:
    stage = settled()
    with stage.office.write() as work:
        tamper(work)
    found = looked(stage)
    assert (kind, code) in codes(found)
    assert any(where in one.where for one in found if one.code == code)


def test_an_object_replaced_missing_or_unknown_is_named() -> None:
    stage = settled()
    kept = [digest for digest, data in stage.store.items() if data.startswith(b"moof")]
    stage.store[kept[0]] = b"x" * len(stage.store[kept[0]])
    del stage.store[kept[1]]
    stage.store[kept[2]] += b"longer"
    unknown = sha256(b"nobody").hexdigest()
    stage.store[unknown] = b"nobody"
    stage.store["readme.txt"] = b""
    found = {one.where.split(" ")[0]: one.code for one in looked(stage)}
    assert found == {
        kept[0]: "object-replaced", kept[1]: "object-missing", kept[2]: "object-replaced",
        unknown: "object-unknown", "readme.txt": "name-unknown",
    }  # fmt: skip
    quick = {one.where.split(" ")[0]: one.code for one in looked(stage, whole=False)}
    assert quick == {key: code for key, code in found.items() if key != kept[0]}


def test_bytes_that_changed_below_the_services_own_checksum_are_found() -> None:
    stage = settled()
    kept = next(digest for digest, data in stage.store.items() if data.startswith(b"moof"))
    stage.store[kept] = b"x" * len(stage.store[kept])
    stage.store.confirm = lambda digest, size: True  # type: ignore[method-assign]
    assert [(one.where.split(" ")[0], one.code) for one in looked(stage)] == [(kept, "object-replaced")]
    assert looked(stage, whole=False) == []


def test_only_what_is_asked_for_is_repaired() -> None:
    stage = settled()
    with stage.office.write() as work:
        track = list(work.receptions.rows.values())[-1]  # of the running survey
        late = replace(track.segments[0], stored=False)
        work.receptions.rows[track.id] = replace(track, segments=(late, *track.segments[1:]))
    gone = track.segments[1].digest
    del stage.store[gone]
    found = {one.code: (one.repair, one.repaired) for one in looked(stage)}
    assert found == {"row-waits": (Repair.ADOPT, False), "object-missing": (Repair.PENDING, False)}
    adopted = looked(stage, Repair.ADOPT)
    assert {one.code: one.repaired for one in adopted} == {"row-waits": True, "object-missing": False}
    assert codes(looked(stage)) == [(Kind.OBJECT, "object-missing")]
    assert [one.repaired for one in looked(stage, Repair.PENDING)] == [True]
    assert looked(stage) == []
    with stage.office.read() as work:
        states = {one.digest: one.stored for one in work.receptions.track(track.id).segments}
    assert states == {one.digest: one.digest != gone for one in track.segments}


def test_a_store_that_is_away_is_no_difference() -> None:
    stage = settled()
    stage.store.away = True
    with pytest.raises(Unavailable):
        looked(stage)
