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
    """The shelves of one transaction, each made when it is asked for: they hold nothing but its connection.
    `about`: the case that it may write to, None for any."""

    def __init__(self, connection: Connection, about: str | None = None) -> None:
        self._connection, self._about = connection, about

    @property
    def people(self) -> ports.People:
        return SqlPeople(self._connection)

    @property
    def sign_ins(self) -> ports.SignIns:
        return SqlSignIns(self._connection)

    @property
    def links(self) -> ports.Links:
        return SqlLinks(self._connection)

    @property
    def items(self) -> ports.Items:
        return SqlItems(self._connection)

    @property
    def cases(self) -> ports.Cases:
        return SqlCases(self._connection)

    @property
    def surveys(self) -> ports.Surveys:
        return SqlSurveys(self._connection)

    @property
    def participants(self) -> ports.Participants:
        return SqlParticipants(self._connection)

    @property
    def rooms(self) -> ports.Rooms:
        return SqlRooms(self._connection)

    @property
    def receptions(self) -> ports.Receptions:
        return SqlReceptions(self._connection)

    @property
    def evidence(self) -> ports.EvidenceShelf:
        return SqlEvidence(self._connection)

    @property
    def snapshots(self) -> ports.Snapshots:
        return SqlSnapshots(self._connection)

    @property
    def uploads(self) -> ports.Uploads:
        return SqlUploads(self._connection)

    @property
    def media_jobs(self) -> ports.MediaJobs:
        return SqlMediaJobs(self._connection)

    @property
    def renditions(self) -> ports.Renditions:
        return SqlRenditions(self._connection)

    @property
    def findings(self) -> ports.Findings:
        return SqlFindings(self._connection)

    @property
    def decisions(self) -> ports.Decisions:
        return SqlDecisions(self._connection)

    @property
    def exports(self) -> ports.Exports:
        return SqlExports(self._connection)

    @property
    def papers(self) -> ports.Papers:
        return SqlPapers(self._connection)

    @property
    def clips(self) -> ports.Clips:
        return SqlClips(self._connection)

    @property
    def annotations(self) -> ports.Annotations:
        return SqlAnnotations(self._connection)

    @property
    def ledger(self) -> ports.Ledger:
        return SqlLedger(self._connection, self._about)

    @property
    def log(self) -> ports.Log:
        return SqlLog(self._connection)

    @property
    def checkpoints(self) -> ports.Checkpoints:
        return SqlCheckpoints(self._connection)

    @property
    def ledger_keys(self) -> ports.LedgerKeys:
        return SqlLedgerKeys(self._connection)

    @property
    def settings(self) -> ports.Settings:
        return SqlSettings(self._connection)


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
