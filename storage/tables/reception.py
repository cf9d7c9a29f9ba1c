"""What the media role received. Written by the media role alone; times in ticks of the track from the room's epoch."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Named,
    Table,
    Text,
    TypedColumns,
)

from storage.tables.base import metadata, one_of, sha256


class TrackColumns(TypedColumns):
    id: Named[str] = Column(Text, primary_key=True)
    survey: Named[str] = Column(Text, ForeignKey("surveys.id"), index=True)
    participant: Named[str] = Column(Text, ForeignKey("participants.id"))
    kind: Named[str] = Column(Text)
    codec: Named[str] = Column(Text)
    timescale: Named[int] = Column(Integer)
    epoch_us: Named[int] = Column(BigInteger)
    node: Named[str] = Column(Text)


tracks = Table(
    "tracks",
    metadata,
    TrackColumns,
    one_of("kind", ["audio", "video"]),
    CheckConstraint("timescale > 0", name="timescale"),
)


class InitColumns(TypedColumns):
    """The same bytes may begin several tracks: one row for each."""

    track: Named[str] = Column(Text, ForeignKey("tracks.id"), primary_key=True)
    digest: Named[str] = Column(Text, primary_key=True, index=True)
    bytes: Named[int] = Column(BigInteger)
    codecs: Named[str] = Column(Text)
    width: Named[int] = Column(Integer)
    height: Named[int] = Column(Integer)
    stored: Named[bool] = Column(Boolean)


inits = Table("inits", metadata, InitColumns, sha256("digest"))


class SegmentColumns(TypedColumns):
    track: Named[str] = Column(Text, ForeignKey("tracks.id"), primary_key=True)
    digest: Named[str] = Column(Text, primary_key=True, index=True)
    init: Named[str] = Column(Text)
    bytes: Named[int] = Column(BigInteger)
    start: Named[int] = Column(BigInteger)
    duration: Named[int] = Column(BigInteger)
    key_frame: Named[bool] = Column(Boolean)
    stored: Named[bool] = Column(Boolean)


segments = Table(
    "segments",
    metadata,
    SegmentColumns,
    ForeignKeyConstraint(["track", "init"], ["inits.track", "inits.digest"]),
    sha256("digest"),
    Index(None, "track", "start"),
)


class GapColumns(TypedColumns):
    track: Named[str] = Column(Text, ForeignKey("tracks.id"), primary_key=True)
    start: Named[int] = Column(BigInteger, primary_key=True, autoincrement=False)
    end: Named[int] = Column(BigInteger, primary_key=True, autoincrement=False)
    reason: Named[str] = Column(Text, primary_key=True)


gaps = Table("gaps", metadata, GapColumns)


class ReceptionColumns(TypedColumns):
    track: Named[str] = Column(Text, ForeignKey("tracks.id"), primary_key=True)
    expected: Named[int] = Column(BigInteger)
    received: Named[int] = Column(BigInteger)
    recovered: Named[int] = Column(BigInteger)
    lost: Named[int] = Column(BigInteger)
    duplicates: Named[int] = Column(BigInteger)
    key_frames: Named[int] = Column(BigInteger)
    longest_key_interval: Named[int] = Column(BigInteger)
    frozen: Named[int] = Column(BigInteger)


receptions = Table("receptions", metadata, ReceptionColumns)
