"""What leaves the office: papers with their signatures, and clips."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

JSON_VALUE = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    _papers()
    _clips()


def _papers() -> None:
    op.create_table(
        "papers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("case", sa.Text(), nullable=False),
        sa.Column("survey", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("wanted_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("needed", JSON_VALUE, nullable=False),
        sa.Column("signatures", JSON_VALUE, nullable=False),
        sa.Column("refusals", JSON_VALUE, nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('record', 'decision', 'certificate')", name=op.f("ck_papers_kind")),
        sa.CheckConstraint(
            "state IN ('wanted', 'ready', 'sealed', 'failed', 'superseded')", name=op.f("ck_papers_state")
        ),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_papers_sha256")),
        sa.CheckConstraint("length(subject) = 64", name=op.f("ck_papers_subject")),
        sa.ForeignKeyConstraint(["case"], ["cases.id"], name="fk_papers_case"),
        sa.ForeignKeyConstraint(["survey"], ["surveys.id"], name="fk_papers_survey"),
        sa.PrimaryKeyConstraint("id", name="pk_papers"),
    )
    op.create_index("ix_papers_case", "papers", ["case"])
    op.create_index("ix_papers_state_created_at", "papers", ["state", "created_at"])


def _clips() -> None:
    op.create_table(
        "clips",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("case", sa.Text(), nullable=False),
        sa.Column("survey", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("wanted_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("facts", JSON_VALUE, nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('clip', 'whole')", name=op.f("ck_clips_kind")),
        sa.CheckConstraint("state IN ('wanted', 'ready', 'failed')", name=op.f("ck_clips_state")),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_clips_sha256")),
        sa.ForeignKeyConstraint(["case"], ["cases.id"], name="fk_clips_case"),
        sa.ForeignKeyConstraint(["evidence"], ["evidence.id"], name="fk_clips_evidence"),
        sa.ForeignKeyConstraint(["survey"], ["surveys.id"], name="fk_clips_survey"),
        sa.PrimaryKeyConstraint("id", name="pk_clips"),
    )
    op.create_index("ix_clips_case", "clips", ["case"])
    op.create_index("ix_clips_state_created_at", "clips", ["state", "created_at"])
    op.create_index("ix_clips_survey", "clips", ["survey"])
