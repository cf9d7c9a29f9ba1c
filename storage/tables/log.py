"""The log over all cases: its tree in tiles, its checkpoints, who has seen and stamped them, and the ledger's keys.

Leaves, checkpoints, cosignatures, stamps and keys are append-only by triggers (see the migration). What changes is the
last tile of each level, and the one row that tells the tree's size.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    Named,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
)

from storage.tables.base import metadata, sha256


class StateColumns(TypedColumns):
    id: Named[int] = Column(Integer, primary_key=True, autoincrement=False)
    size: Named[int] = Column(BigInteger)
    holder: Named[str] = Column(Text)
    until_us: Named[int] = Column(BigInteger)


# One row: how many leaves there are, and whose turn it is to add some.
state = Table("log_state", metadata, StateColumns, CheckConstraint("id = 1", name="one"))


class TileColumns(TypedColumns):
    level: Named[int] = Column(Integer, primary_key=True, autoincrement=False)
    index: Named[int] = Column(BigInteger, primary_key=True, autoincrement=False)
    hashes: Named[bytes] = Column(LargeBinary)


tiles = Table("log_tiles", metadata, TileColumns)


class LeafColumns(TypedColumns):
    index: Named[int] = Column(BigInteger, primary_key=True, autoincrement=False)
    case: Named[str] = Column(Text)
    number: Named[int] = Column(Integer)


# The unique pair is the promise that no entry stands in the log twice.
leaves = Table("log_leaves", metadata, LeafColumns, UniqueConstraint("case", "number", name="uq_log_leaves_case"))


class CheckpointColumns(TypedColumns):
    size: Named[int] = Column(BigInteger, primary_key=True, autoincrement=False)
    at_us: Named[int] = Column(BigInteger)
    root: Named[str] = Column(Text)
    note: Named[str] = Column(Text)


checkpoints = Table("log_checkpoints", metadata, CheckpointColumns, sha256("root"))


class CosignatureColumns(TypedColumns):
    size: Named[int] = Column(BigInteger, ForeignKey("log_checkpoints.size"), primary_key=True, autoincrement=False)
    witness: Named[str] = Column(Text, primary_key=True)
    key_id: Named[str] = Column(Text, primary_key=True)
    at_us: Named[int] = Column(BigInteger)
    line: Named[str] = Column(Text)


cosignatures = Table("log_cosignatures", metadata, CosignatureColumns)


class StampColumns(TypedColumns):
    size: Named[int] = Column(BigInteger, ForeignKey("log_checkpoints.size"), primary_key=True, autoincrement=False)
    number: Named[int] = Column(Integer, primary_key=True, autoincrement=False)
    at_us: Named[int] = Column(BigInteger)
    until_us: Named[int] = Column(BigInteger)
    authority: Named[str] = Column(Text)
    token: Named[bytes] = Column(LargeBinary)


stamps = Table("log_stamps", metadata, StampColumns, CheckConstraint("number >= 1", name="number"))


class KeyColumns(TypedColumns):
    number: Named[int] = Column(Integer, primary_key=True, autoincrement=False)
    public_key: Named[str] = Column(Text, unique=True)
    at_us: Named[int] = Column(BigInteger)
    lost: Named[bool] = Column(Boolean)
    previous: Named[str] = Column(Text)
    signature: Named[str] = Column(Text)
    handed_over: Named[str] = Column(Text)


keys = Table(
    "ledger_keys",
    metadata,
    KeyColumns,
    CheckConstraint("number >= 1", name="number"),
    sha256("public_key"),
    sha256("previous"),
)
