"""A package is a plan over objects of the store: exports name it, and files in the making are remembered."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("exports", sa.Column("plan", sa.Text(), nullable=True))
    op.add_column("exports", sa.Column("size", sa.BigInteger(), nullable=False, server_default="0"))
    # Packages of the version before lay in a folder of one worker; they are asked for anew.
    op.execute("UPDATE exports SET state = 'failed', reason = 'export-superseded' WHERE state = 'ready'")
    op.create_table(
        "export_files",
        sa.Column("export", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("recipe", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("crc", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(recipe) = 64", name=op.f("ck_export_files_recipe")),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_export_files_sha256")),
        sa.ForeignKeyConstraint(["export"], ["exports.id"], name="fk_export_files_export"),
        sa.PrimaryKeyConstraint("export", "path", name="pk_export_files"),
    )
