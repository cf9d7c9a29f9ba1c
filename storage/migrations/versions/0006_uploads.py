"""Files on their way in, the work on those that are evidence, and what came of it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

JSON_VALUE = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    _uploads()
    _jobs()
    _renditions()


def _uploads() -> None:
    op.create_table(
        "uploads",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("case", sa.Text(), nullable=False),
        sa.Column("survey", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("by_role", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("said", JSON_VALUE, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("format", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('arriving', 'checking', 'admitted', 'refused', 'gone')", name=op.f("ck_uploads_state")
        ),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_uploads_sha256")),
        sa.ForeignKeyConstraint(["case"], ["cases.id"], name="fk_uploads_case"),
        sa.ForeignKeyConstraint(["survey"], ["surveys.id"], name="fk_uploads_survey"),
        sa.PrimaryKeyConstraint("id", name="pk_uploads"),
    )
    op.create_index("ix_uploads_case", "uploads", ["case"])
    op.create_index("ix_uploads_survey", "uploads", ["survey"])
    op.create_index("ix_uploads_state_expires_at", "uploads", ["state", "expires_at"])


def _jobs() -> None:
    op.create_table(
        "media_jobs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("case", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("result", JSON_VALUE, nullable=False),
        sa.CheckConstraint(
            "state IN ('wanted', 'running', 'done', 'failed', 'cancelled')", name=op.f("ck_media_jobs_state")
        ),
        sa.ForeignKeyConstraint(["case"], ["cases.id"], name="fk_media_jobs_case"),
        sa.ForeignKeyConstraint(["evidence"], ["evidence.id"], name="fk_media_jobs_evidence"),
        sa.PrimaryKeyConstraint("id", name="pk_media_jobs"),
    )
    op.create_index("ix_media_jobs_case", "media_jobs", ["case"])
    op.create_index("ix_media_jobs_evidence", "media_jobs", ["evidence"])
    op.create_index("ix_media_jobs_state_updated_at", "media_jobs", ["state", "updated_at"])


def _renditions() -> None:
    op.create_table(
        "renditions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("parent", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(parent) = 64", name=op.f("ck_renditions_parent")),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_renditions_sha256")),
        sa.ForeignKeyConstraint(["evidence"], ["evidence.id"], name="fk_renditions_evidence"),
        sa.PrimaryKeyConstraint("id", name="pk_renditions"),
        sa.UniqueConstraint("evidence", "name", name="uq_renditions_evidence_name"),
    )
