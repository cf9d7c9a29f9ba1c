"""Units of work over SQL: the office's port. Shelves speak in values; no row and no connection leaves this folder."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, SQLAlchemyError

from inspection import ports
from inspection.model.errors import Invalid, Unavailable
from storage.database import Database, is_away
from storage.shelves.annotations import SqlAnnotations
from storage.shelves.cases import SqlCases
from storage.shelves.checkpoints import SqlCheckpoints
from storage.shelves.clips import SqlClips
from storage.shelves.decisions import SqlDecisions
from storage.shelves.evidence import SqlEvidence
from storage.shelves.exports import SqlExports
from storage.shelves.findings import SqlFindings
from storage.shelves.items import SqlItems
from storage.shelves.ledger import SqlLedger
from storage.shelves.ledger_keys import SqlLedgerKeys
from storage.shelves.links import SqlLinks
from storage.shelves.log import SqlLog
from storage.shelves.papers import SqlPapers
from storage.shelves.participants import SqlParticipants
from storage.shelves.people import SqlPeople
from storage.shelves.receptions import SqlReceptions
from storage.shelves.rooms import SqlRooms
from storage.shelves.settings import SqlSettings
from storage.shelves.sign_ins import SqlSignIns
from storage.shelves.snapshots import SqlSnapshots
from storage.shelves.surveys import SqlSurveys
from storage.shelves.uploads import SqlMediaJobs, SqlRenditions, SqlUploads


class SqlWork:
    """The shelves of one transaction; `about`: the case that it may write to, None for any."""

    def __init__(self, connection: Connection, about: str | None = None) -> None:
        self.people: ports.People = SqlPeople(connection)
        self.sign_ins: ports.SignIns = SqlSignIns(connection)
        self.links: ports.Links = SqlLinks(connection)
        self.items: ports.Items = SqlItems(connection)
        self.cases: ports.Cases = SqlCases(connection)
        self.surveys: ports.Surveys = SqlSurveys(connection)
        self.participants: ports.Participants = SqlParticipants(connection)
        self.rooms: ports.Rooms = SqlRooms(connection)
        self.receptions: ports.Receptions = SqlReceptions(connection)
        self.evidence: ports.EvidenceShelf = SqlEvidence(connection)
        self.snapshots: ports.Snapshots = SqlSnapshots(connection)
        self.uploads: ports.Uploads = SqlUploads(connection)
        self.media_jobs: ports.MediaJobs = SqlMediaJobs(connection)
        self.renditions: ports.Renditions = SqlRenditions(connection)
        self.findings: ports.Findings = SqlFindings(connection)
        self.decisions: ports.Decisions = SqlDecisions(connection)
        self.exports: ports.Exports = SqlExports(connection)
        self.papers: ports.Papers = SqlPapers(connection)
        self.clips: ports.Clips = SqlClips(connection)
        self.annotations: ports.Annotations = SqlAnnotations(connection)
        self.ledger: ports.Ledger = SqlLedger(connection, about)
        self.log: ports.Log = SqlLog(connection)
        self.checkpoints: ports.Checkpoints = SqlCheckpoints(connection)
        self.ledger_keys: ports.LedgerKeys = SqlLedgerKeys(connection)
        self.settings: ports.Settings = SqlSettings(connection)


class SqlOffice:
    """Units of work on one database. Errors: `Unavailable("database-away")` while it cannot serve, or a writer did
    not get its turn; `Invalid("text-unusable")` for a value that the database cannot keep."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def write(self, about: str | None = None) -> Iterator[ports.Work]:
        with _translated(), self._database.writing(about, at_once=about == ports.LOG) as connection:
            yield SqlWork(connection, about)

    @contextmanager
    def read(self) -> Iterator[ports.Work]:
        with _translated(), self._database.reading() as connection:
            yield SqlWork(connection)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except DataError as error:
        raise Invalid("text-unusable", field="") from error
    except (OverflowError, UnicodeEncodeError) as error:  # SQLite's way of saying the same
        raise Invalid("text-unusable", field="") from error
    except SQLAlchemyError as error:
        if is_away(error):
            raise Unavailable("database-away") from error
        raise
