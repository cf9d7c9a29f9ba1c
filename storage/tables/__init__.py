"""The tables, one idea a file. Moments are integer microseconds UTC. Importing this package fills the metadata."""

from storage.tables import (
    cases,
    catalogue,
    decisions,
    evidence,
    exports,
    findings,
    ledger,
    links,
    participants,
    people,
    reception,
    rooms,
    settings,
    sign_ins,
    snapshots,
    surveys,
)

__all__ = [
    "cases",
    "catalogue",
    "decisions",
    "evidence",
    "exports",
    "findings",
    "ledger",
    "links",
    "participants",
    "people",
    "reception",
    "rooms",
    "settings",
    "sign_ins",
    "snapshots",
    "surveys",
]
