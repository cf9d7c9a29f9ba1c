"""Evidence, what is derived from it, and the custody ledger, which is only ever added to."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

JSON_VALUE = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    _originals()
    _derived()
    _judgements()
    _ledger()
    _triggers()


def _originals() -> None:
    op.create_table(
        "evidence",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("case", sa.Text(), nullable=False),
        sa.Column("survey", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("facts", JSON_VALUE, nullable=False),
        sa.Column("track", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('recording', 'upload', 'still', 'panorama', 'document')", name=op.f("ck_evidence_kind")
        ),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_evidence_sha256")),
        sa.ForeignKeyConstraint(["case"], ["cases.id"], name="fk_evidence_case"),
        sa.ForeignKeyConstraint(["survey"], ["surveys.id"], name="fk_evidence_survey"),
        sa.ForeignKeyConstraint(["track"], ["tracks.id"], name="fk_evidence_track"),
        sa.PrimaryKeyConstraint("id", name="pk_evidence"),
    )
    op.create_index("ix_evidence_case", "evidence", ["case"])
    op.create_index("ix_evidence_survey", "evidence", ["survey"])


def _derived() -> None:
    op.create_table(
        "snapshots",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("survey", sa.Text(), nullable=False),
        sa.Column("track", sa.Text(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("wanted_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("check", sa.Text(), nullable=True),
        sa.Column("presented", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('wanted', 'ready', 'failed')", name=op.f("ck_snapshots_state")),
        sa.CheckConstraint("length(parent) = 64", name=op.f("ck_snapshots_parent")),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_snapshots_sha256")),
        sa.ForeignKeyConstraint(["survey"], ["surveys.id"], name="fk_snapshots_survey"),
        sa.ForeignKeyConstraint(["track"], ["tracks.id"], name="fk_snapshots_track"),
        sa.PrimaryKeyConstraint("id", name="pk_snapshots"),
    )
    op.create_index("ix_snapshots_state_created_at", "snapshots", ["state", "created_at"])
    op.create_index("ix_snapshots_survey", "snapshots", ["survey"])
    op.create_table(
        "exports",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("case", sa.Text(), nullable=False),
        sa.Column("wanted_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('wanted', 'running', 'ready', 'failed')", name=op.f("ck_exports_state")),
        sa.ForeignKeyConstraint(["case"], ["cases.id"], name="fk_exports_case"),
        sa.PrimaryKeyConstraint("id", name="pk_exports"),
    )
    op.create_index("ix_exports_case", "exports", ["case"])
    op.create_index("ix_exports_state_created_at", "exports", ["state", "created_at"])


def _judgements() -> None:
    op.create_table(
        "findings",
        sa.Column("survey", sa.Text(), nullable=False),
        sa.Column("check", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("snapshots", JSON_VALUE, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("result IN ('pass', 'fail', 'rectify', 'not-applicable')", name=op.f("ck_findings_result")),
        sa.ForeignKeyConstraint(["by"], ["people.id"], name="fk_findings_by"),
        sa.ForeignKeyConstraint(["survey"], ["surveys.id"], name="fk_findings_survey"),
        sa.PrimaryKeyConstraint("survey", "check", name="pk_findings"),
    )
    op.create_table(
        "decisions",
        sa.Column("case", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.Text(), nullable=False),
        sa.CheckConstraint("outcome IN ('approved', 'refused')", name=op.f("ck_decisions_outcome")),
        sa.CheckConstraint("length(head) = 64", name=op.f("ck_decisions_head")),
        sa.ForeignKeyConstraint(["by"], ["people.id"], name="fk_decisions_by"),
        sa.ForeignKeyConstraint(["case"], ["cases.id"], name="fk_decisions_case"),
        sa.PrimaryKeyConstraint("case", name="pk_decisions"),
    )


def _ledger() -> None:
    op.create_table(
        "ledger_entries",
        sa.Column("case", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("actor", JSON_VALUE, nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("body", JSON_VALUE, nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_ledger_entries_digest")),
        sa.CheckConstraint("length(hash) = 64", name=op.f("ck_ledger_entries_hash")),
        sa.CheckConstraint("length(previous) = 64", name=op.f("ck_ledger_entries_previous")),
        sa.CheckConstraint("number >= 1", name=op.f("ck_ledger_entries_number")),
        sa.ForeignKeyConstraint(["case"], ["cases.id"], name="fk_ledger_entries_case"),
        sa.PrimaryKeyConstraint("case", "number", name="pk_ledger_entries"),
    )
    op.create_table(
        "ledger_heads",
        sa.Column("case", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.CheckConstraint("length(hash) = 64", name=op.f("ck_ledger_heads_hash")),
        sa.ForeignKeyConstraint(["case"], ["cases.id"], name="fk_ledger_heads_case"),
        sa.PrimaryKeyConstraint("case", name="pk_ledger_heads"),
    )


APPEND_ONLY = ("ledger_entries", "evidence")


def _triggers() -> None:
    """Whoever reaches the database with this version's hands can add to these tables and nothing else."""
    if op.get_bind().dialect.name == "sqlite":
        _sqlite_triggers()
    else:
        _postgres_triggers()


def _sqlite_triggers() -> None:
    # INSERT OR REPLACE fires the second one under `PRAGMA recursive_triggers`, which our connections set.
    for table in APPEND_ONLY:
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def _postgres_triggers() -> None:
    op.execute(
        "CREATE FUNCTION takan_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION takan_append_only()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION takan_append_only()"
        )
