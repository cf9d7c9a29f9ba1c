"""fsck over real databases and real stores: whoever reaches one of them behind the application's back is named."""

from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from inspection.model.difference import Kind, Repair
from inspection.ports import Alone, ObjectStore
from inspection.services.fsck import fsck
from storage.database import Database
from storage.objects.build import build_objects
from storage.objects.bytes import key_of
from tests.builders import Stage
from tests.fixtures.s3 import S3
from tests.integration.storage.test_whole_visit import RealStage


@pytest.fixture
def stage(database: Database, tmp_path: Path) -> RealStage:
    return RealStage(database, tmp_path / "objects")


def found(stage: Stage, *repairs: Repair) -> list[tuple[Kind, str, str]]:
    differences = fsck(stage.office, stage.store, Alone(), (), frozenset(repairs))
    return [(one.kind, one.code, one.where) for one in differences]


def change(database: Database, statement: str) -> None:
    """As somebody would who has the database and knows how to turn the triggers off."""
    with database.writing() as connection:
        if connection.dialect.name == "sqlite":
            for name in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars():
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "kind", "code"),
    [
        ("UPDATE surveys SET note = 'nothing found'", Kind.ROW, "row-other"),
        ("UPDATE decisions SET reason = 'because'", Kind.ROW, "row-other"),
        ("UPDATE ledger_entries SET at_us = at_us - 1 WHERE number = 3", Kind.ENTRY, "entry-altered"),
        ("UPDATE segments SET bytes = bytes + 1", Kind.ROW, "list-other"),
        ('UPDATE log_leaves SET number = 99 WHERE "index" = 0', Kind.LOG, "order-wrong"),
    ],
)
def test_a_changed_row_is_named(stage: RealStage, database: Database, statement: str, kind: Kind, code: str) -> None:
    stage.exported()
    stage.logged()
    assert found(stage) == []
    change(database, statement)
    assert (kind, code) in {one[:2] for one in found(stage)}


def test_objects_of_a_folder_are_compared(stage: RealStage, tmp_path: Path) -> None:
    stage.exported()
    stage.logged()
    digests = [digest for digest, _ in stage.store.all()]
    replaced, gone = (tmp_path / "objects" / key_of(one) for one in digests[:2])
    replaced.chmod(0o640)
    replaced.write_bytes(bytes(replaced.stat().st_size))
    gone.unlink()
    stray = tmp_path / "objects" / "ab" / "stray"
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"x")
    told = {where.split(" ")[0]: code for _, code, where in found(stage)}
    assert told[digests[0]] == "object-replaced"
    assert told[digests[1]] == "object-missing"
    assert told["ab/stray"] == "name-unknown"


def test_objects_of_a_service_are_compared(s3: S3, bucket: str) -> None:
    keys = {"access_key": s3.access_key, "secret_key": s3.secret_key}
    store: ObjectStore = build_objects(
        {"kind": "s3", "endpoint": s3.endpoint, "bucket": bucket, "secure": False, **keys}
    )
    stage = Stage()
    stage.exported()
    stage.logged()
    for digest, data in stage.store.items():
        store.put(digest, BytesIO(data), len(data))
    kept: Any = stage.store
    stage.store = store  # type: ignore[assignment]
    assert found(stage) == []
    replaced, gone = sorted(kept)[:2]
    put = s3.client().put_object
    put(
        bucket_name=bucket,
        object_name=key_of(replaced),
        data=BytesIO(b"x" * len(kept[replaced])),
        length=len(kept[replaced]),
    )
    s3.client().remove_object(bucket_name=bucket, object_name=key_of(gone))
    unknown = sha256(b"nobody").hexdigest()
    store.put(unknown, BytesIO(b"nobody"), 6)
    told = {where.split(" ")[0]: code for _, code, where in found(stage)}
    assert told == {replaced: "object-replaced", gone: "object-missing", unknown: "object-unknown"}
