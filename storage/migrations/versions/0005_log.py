"""The log over all cases: tree, checkpoints, cosignatures, time stamps, and the history of the ledger's keys."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

UNLOGGED = sa.text("logged < count")
APPEND_ONLY = ("log_leaves", "log_checkpoints", "log_cosignatures", "log_stamps", "ledger_keys")


def upgrade() -> None:
    op.add_column("ledger_heads", sa.Column("logged", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.create_index(
        "ix_ledger_heads_unlogged", "ledger_heads", ["case"], sqlite_where=UNLOGGED, postgresql_where=UNLOGGED
    )
    _tree()
    _published()
    _keys()
    _triggers()


def _tree() -> None:
    op.create_table(
        "log_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_log_state_one")),
        sa.PrimaryKeyConstraint("id", name="pk_log_state"),
    )
    op.execute("INSERT INTO log_state (id, size, holder, until_us) VALUES (1, 0, '', 0)")
    op.create_table(
        "log_tiles",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "index", name="pk_log_tiles"),
    )
    op.create_table(
        "log_leaves",
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("case", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("index", name="pk_log_leaves"),
        sa.UniqueConstraint("case", "number", name="uq_log_leaves_case"),
    )


def _published() -> None:
    op.create_table(
        "log_checkpoints",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint("length(root) = 64", name=op.f("ck_log_checkpoints_root")),
        sa.PrimaryKeyConstraint("size", name="pk_log_checkpoints"),
    )
    op.create_table(
        "log_cosignatures",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("witness", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["size"], ["log_checkpoints.size"], name="fk_log_cosignatures_size"),
        sa.PrimaryKeyConstraint("size", "witness", "key_id", name="pk_log_cosignatures"),
    )
    op.create_table(
        "log_stamps",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_log_stamps_number")),
        sa.ForeignKeyConstraint(["size"], ["log_checkpoints.size"], name="fk_log_stamps_size"),
        sa.PrimaryKeyConstraint("size", "number", name="pk_log_stamps"),
    )


def _keys() -> None:
    op.create_table(
        "ledger_keys",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("lost", sa.Boolean(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("handed_over", sa.Text(), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_ledger_keys_number")),
        sa.CheckConstraint("length(previous) = 64", name=op.f("ck_ledger_keys_previous")),
        sa.CheckConstraint("length(public_key) = 64", name=op.f("ck_ledger_keys_public_key")),
        sa.PrimaryKeyConstraint("number", name="pk_ledger_keys"),
        sa.UniqueConstraint("public_key", name="uq_ledger_keys_public_key"),
    )


def _triggers() -> None:
    """What was published can be added to, and nothing else; as for the ledger itself."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table in APPEND_ONLY:
        if sqlite:
            for event in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
            continue
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION takan_append_only()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION takan_append_only()"
        )
