"""What `takan fsck` found: where store, database and ledger do not say the same."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    ENTRY = "entry"  # the ledger in itself: an entry, the chain, the signed head
    LOG = "log"  # the log over all cases against the ledger
    ROW = "row"  # a row says something else than the ledger tells of it
    OBJECT = "object"  # the store against the rows
    TABLE = "table"  # the database has not the tables, columns or guards of this version


class Repair(StrEnum):
    """What may be asked for. Nothing is removed and no evidence is changed by any of them."""

    ADOPT = "adopt"  # rows that wait for an object which is in the store, whole: they are told so
    PENDING = "pending"  # rows that claim an object which is missing: they wait again, and the node may bring it
    RESTORE = "restore"  # objects that are missing or were replaced: put back from a copy that has the digest


@dataclass(frozen=True, slots=True)
class Difference:
    """`where` names the case, row or digest; `code` what is wrong; `repair` what would mend it, `repaired` whether it
    was."""

    kind: Kind
    where: str
    code: str
    repair: Repair | None = None
    repaired: bool = False
