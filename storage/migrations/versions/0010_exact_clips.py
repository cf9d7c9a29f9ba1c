"""Clips that are exact to the picture, and clips with words drawn into them."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("exact", "overlay"):
        op.add_column("clips", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
