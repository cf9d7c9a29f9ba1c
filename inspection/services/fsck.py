"""Compare ledger, log, rows and store with each other, and name every difference."""

from collections.abc import Iterator, Sequence

from inspection.model.difference import Difference, Kind, Repair
from inspection.model.tlog import VerifierKey
from inspection.ports import Copies, Crew, ObjectStore, Office
from inspection.services.audit_log import audit_log
from inspection.services.compare_rows import compare_rows
from inspection.services.compare_store import compare_store


def fsck(
    office: Office,
    store: ObjectStore,
    crew: Crew,
    witnesses: Sequence[VerifierKey] = (),
    repairs: frozenset[Repair] = frozenset(),
    whole: bool = True,
    copies: Copies | None = None,
) -> Iterator[Difference]:
    """Only what `repairs` names is changed, and each such difference says so. `copies`: from where objects may be put
    back, besides the store's own older versions. Raises `Unavailable`."""
    yield from compare_rows(office)
    for fault in audit_log(office, witnesses):
        yield Difference(Kind.LOG, fault.where, fault.code)
    yield from compare_store(office, store, crew, repairs, whole, copies)
