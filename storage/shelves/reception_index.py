"""What a node received, written down: media's port. Every call is a short transaction of its own and harmless when
it comes again, since the spool's journal is replayed after a crash."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from media.ports import Gap, InitSegment, Reception, Segment, Track
from storage.database import Database, is_away
from storage.shelves.rows import columns_of, insert_once, insert_or_replace
from storage.tables.reception import gaps, inits, receptions, segments, tracks

log = logging.getLogger(__name__)


class SqlReceptionIndex:
    """Raises `OSError` while the database is away; any other error of the database is a bug and comes through."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_track(self, track: Track) -> None:
        """The track's last node is kept: a survey that moved to another continues its tracks."""
        with self._recording() as connection:
            insert_or_replace(connection, tracks, columns_of(track), ["id"], only=["node"])

    def add_init(self, init: InitSegment) -> None:
        with self._recording() as connection:
            insert_once(connection, inits, columns_of(init) | {"stored": False}, ["track", "digest"])

    def add_segment(self, segment: Segment) -> None:
        with self._recording() as connection:
            insert_once(connection, segments, columns_of(segment) | {"stored": False}, ["track", "digest"])

    def mark_stored(self, digest: str) -> None:
        with self._recording() as connection:
            for table in (segments, inits):
                waits = (table.c.digest == digest, table.c.stored.is_(False))
                connection.execute(table.update().where(*waits).values(stored=True))

    def add_gap(self, gap: Gap) -> None:
        with self._recording() as connection:
            insert_once(connection, gaps, columns_of(gap), ["track", "start", "end", "reason"])

    def put_reception(self, reception: Reception) -> None:
        with self._recording() as connection:
            insert_or_replace(connection, receptions, columns_of(reception), ["track"])

    @contextmanager
    def _recording(self) -> Iterator[Connection]:
        try:
            with self._database.recording() as connection:
                yield connection
        except SQLAlchemyError as error:
            if is_away(error):
                raise OSError(f"the database is away: {error}") from error
            raise
