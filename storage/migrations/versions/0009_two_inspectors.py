"""How many inspectors an item asks for, and a survey of it: one, until somebody says otherwise."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("items", "surveys"):
        op.add_column(table, sa.Column("inspectors", sa.Integer(), nullable=False, server_default=sa.text("1")))
