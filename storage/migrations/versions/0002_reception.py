"""What the media role received."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _tracks()
    _pieces()


def _tracks() -> None:
    op.create_table(
        "tracks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("survey", sa.Text(), nullable=False),
        sa.Column("participant", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("codec", sa.Text(), nullable=False),
        sa.Column("timescale", sa.Integer(), nullable=False),
        sa.Column("epoch_us", sa.BigInteger(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('audio', 'video')", name=op.f("ck_tracks_kind")),
        sa.CheckConstraint("timescale > 0", name=op.f("ck_tracks_timescale")),
        sa.ForeignKeyConstraint(["participant"], ["participants.id"], name="fk_tracks_participant"),
        sa.ForeignKeyConstraint(["survey"], ["surveys.id"], name="fk_tracks_survey"),
        sa.PrimaryKeyConstraint("id", name="pk_tracks"),
    )
    op.create_index("ix_tracks_survey", "tracks", ["survey"])
    op.create_table(
        "receptions",
        sa.Column("track", sa.Text(), nullable=False),
        sa.Column("expected", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("recovered", sa.BigInteger(), nullable=False),
        sa.Column("lost", sa.BigInteger(), nullable=False),
        sa.Column("duplicates", sa.BigInteger(), nullable=False),
        sa.Column("key_frames", sa.BigInteger(), nullable=False),
        sa.Column("longest_key_interval", sa.BigInteger(), nullable=False),
        sa.Column("frozen", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["track"], ["tracks.id"], name="fk_receptions_track"),
        sa.PrimaryKeyConstraint("track", name="pk_receptions"),
    )


def _pieces() -> None:
    op.create_table(
        "inits",
        sa.Column("track", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("codecs", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("stored", sa.Boolean(), nullable=False),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_inits_digest")),
        sa.ForeignKeyConstraint(["track"], ["tracks.id"], name="fk_inits_track"),
        sa.PrimaryKeyConstraint("track", "digest", name="pk_inits"),
    )
    op.create_index("ix_inits_digest", "inits", ["digest"])
    op.create_table(
        "segments",
        sa.Column("track", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("init", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("duration", sa.BigInteger(), nullable=False),
        sa.Column("key_frame", sa.Boolean(), nullable=False),
        sa.Column("stored", sa.Boolean(), nullable=False),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_segments_digest")),
        sa.ForeignKeyConstraint(["track", "init"], ["inits.track", "inits.digest"], name="fk_segments_track_init"),
        sa.ForeignKeyConstraint(["track"], ["tracks.id"], name="fk_segments_track"),
        sa.PrimaryKeyConstraint("track", "digest", name="pk_segments"),
    )
    op.create_index("ix_segments_digest", "segments", ["digest"])
    op.create_index("ix_segments_track_start", "segments", ["track", "start"])
    op.create_table(
        "gaps",
        sa.Column("track", sa.Text(), nullable=False),
        sa.Column("start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("end", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["track"], ["tracks.id"], name="fk_gaps_track"),
        sa.PrimaryKeyConstraint("track", "start", "end", "reason", name="pk_gaps"),
    )
