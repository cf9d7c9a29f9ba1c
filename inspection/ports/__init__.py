"""What the office needs from outside. Every shelf belongs to one unit of work and speaks in values."""

from collections.abc import Callable

from inspection.ports.cases import Cases, Decisions, Exports, Items, Settings
from inspection.ports.custody import Checkpoints, Ledger, LedgerKeys, Log
from inspection.ports.evidence import Annotations, Clips, EvidenceShelf, MediaJobs, Papers, Renditions, Uploads
from inspection.ports.outside import (
    Authority,
    Copies,
    ObjectStore,
    Sealer,
    SealJudge,
    Signer,
    StampJudge,
    UploadStore,
    UploadWriter,
    Witness,
    WitnessBook,
)
from inspection.ports.package import Ahead, Alone, Crew, IndexPage, PackageReader, PackageWriter
from inspection.ports.people import Links, Passwords, People, SignIns
from inspection.ports.surveys import Findings, Participants, Receptions, Rooms, Snapshots, Surveys
from inspection.ports.work import LOG, Office, Work

NewId = Callable[[], str]  # an id that nobody has had: 1 to 32 of `[0-9a-z]`

__all__ = [
    "LOG",
    "Ahead",
    "Alone",
    "Annotations",
    "Authority",
    "Cases",
    "Checkpoints",
    "Clips",
    "Copies",
    "Crew",
    "Decisions",
    "EvidenceShelf",
    "Exports",
    "Findings",
    "IndexPage",
    "Items",
    "Ledger",
    "LedgerKeys",
    "Links",
    "Log",
    "MediaJobs",
    "NewId",
    "ObjectStore",
    "Office",
    "PackageReader",
    "PackageWriter",
    "Papers",
    "Participants",
    "Passwords",
    "People",
    "Receptions",
    "Renditions",
    "Rooms",
    "SealJudge",
    "Sealer",
    "Settings",
    "SignIns",
    "Signer",
    "Snapshots",
    "StampJudge",
    "Surveys",
    "UploadStore",
    "UploadWriter",
    "Uploads",
    "Witness",
    "WitnessBook",
    "Work",
]
