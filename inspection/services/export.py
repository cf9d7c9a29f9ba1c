"""Write a case's package: a BagIt folder (RFC 8493) that anybody can verify without this software."""

from collections.abc import Callable
from datetime import datetime

from inspection.model.decision import Export
from inspection.ports import ObjectStore, Office, PackageWriter, Signer

Progress = Callable[[int, int], None]  # bytes written, bytes in all


def export_case(
    office: Office,
    store: ObjectStore,
    signer: Signer,
    export: str,
    writer: PackageWriter,
    now: datetime,
    progress: Progress = lambda done, total: None,
) -> Export:
    """Write the package of one wish. Raises `WrongMoment("segments-pending")`, `NotFound("object-missing")`."""
    raise NotImplementedError
