"""Marks on evidence, with their threads; findings may cite them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

JSON_VALUE = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "annotations",
        sa.Column("case", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("survey", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("track", sa.Text(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("mark", JSON_VALUE, nullable=False),
        sa.Column("changed", JSON_VALUE, nullable=True),
        sa.Column("replies", JSON_VALUE, nullable=False),
        sa.Column("imported", JSON_VALUE, nullable=True),
        sa.CheckConstraint("state IN ('open', 'closed', 'withdrawn')", name=op.f("ck_annotations_state")),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_annotations_digest")),
        sa.ForeignKeyConstraint(["case"], ["cases.id"], name="fk_annotations_case"),
        sa.ForeignKeyConstraint(["evidence"], ["evidence.id"], name="fk_annotations_evidence"),
        sa.ForeignKeyConstraint(["survey"], ["surveys.id"], name="fk_annotations_survey"),
        sa.ForeignKeyConstraint(["track"], ["tracks.id"], name="fk_annotations_track"),
        sa.PrimaryKeyConstraint("case", "id", name="pk_annotations"),
    )
    op.create_index("ix_annotations_case_number", "annotations", ["case", "number"], unique=True)
    op.create_index("ix_annotations_survey_revision", "annotations", ["survey", "revision"])
    op.add_column("findings", sa.Column("annotations", JSON_VALUE, nullable=True))
