"""What the media role received, read for the office: a fixed number of queries, however long the recording."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Table, select

from inspection.model.errors import NotFound
from inspection.model.evidence import (
    BegunTrack,
    ReceivedGap,
    ReceivedInit,
    ReceivedPiece,
    ReceivedSegment,
    ReceivedTrack,
)
from storage.tables.base import EPOCH
from storage.tables.reception import gaps, inits, receptions, segments, tracks

SEGMENT = (
    segments.c.track,
    segments.c.digest,
    segments.c.init,
    segments.c.bytes,
    segments.c.start,
    segments.c.duration,
    segments.c.key_frame,
    segments.c.stored,
)
Piece = TypeVar("Piece")
PIECES: tuple[Table[Any], ...] = (segments, inits)


class SqlReceptions:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def tracks(self, survey: str) -> Sequence[ReceivedTrack]:
        query = select(tracks).where(tracks.c.survey == survey).order_by(tracks.c.id)
        return self._whole(self._connection.execute(query).all())

    def begun(self, survey: str) -> Sequence[BegunTrack]:
        query = select(tracks.c.id, tracks.c.survey, tracks.c.participant, tracks.c.kind, tracks.c.codec)
        rows = self._connection.execute(query.where(tracks.c.survey == survey).order_by(tracks.c.id))
        return [BegunTrack(*row) for row in rows]

    def track(self, id: str) -> ReceivedTrack:
        rows = self._connection.execute(select(tracks).where(tracks.c.id == id)).all()
        if not rows:
            raise NotFound("track-unknown")
        return self._whole(rows)[0]

    def piece(self, survey: str, digest: str) -> ReceivedPiece | None:
        for table in PIECES:
            query = select(table.c.track, table.c.digest, table.c.bytes, table.c.stored, inits.c.codecs)
            query = query.join(tracks, tracks.c.id == table.c.track)
            if table is segments:
                query = query.join(inits, (inits.c.track == segments.c.track) & (inits.c.digest == segments.c.init))
            query = query.where(tracks.c.survey == survey, table.c.digest == digest)
            # The same init segment may begin two tracks; when either copy was stored, the object is there.
            row = self._connection.execute(query.order_by(table.c.stored.desc(), table.c.track).limit(1)).first()
            if row is not None:
                return ReceivedPiece(*row)
        return None

    def set_stored(self, digest: str, stored: bool) -> bool:
        changed = False
        for table in PIECES:
            where = (table.c.digest == digest, table.c.stored.is_(not stored))
            statement = table.update().where(*where).values(stored=stored).returning(table.c.digest)
            changed = self._connection.execute(statement).first() is not None or changed
        return changed

    def _whole(self, rows: Sequence[Row[*tuple[Any, ...]]]) -> list[ReceivedTrack]:
        ids = [row.id for row in rows]
        kept = self._segments(ids)
        begun = self._inits(ids, kept)
        broken = self._gaps(ids)
        figures = self._figures(ids)
        return [
            ReceivedTrack(
                id=row.id,
                survey=row.survey,
                participant=row.participant,
                kind=row.kind,
                codec=row.codec,
                timescale=row.timescale,
                epoch=EPOCH + timedelta(microseconds=row.epoch_us),
                inits=tuple(begun[row.id]),
                segments=tuple(kept[row.id]),
                gaps=tuple(broken[row.id]),
                reception=figures.get(row.id, {}),
            )
            for row in rows
        ]

    def _segments(self, ids: Sequence[str]) -> defaultdict[str, list[ReceivedSegment]]:
        query = select(*SEGMENT).where(segments.c.track.in_(ids)).order_by(segments.c.track, segments.c.start)
        return _by_track((row[0], ReceivedSegment(*row[1:])) for row in self._connection.execute(query))

    def _inits(
        self, ids: Sequence[str], kept: defaultdict[str, list[ReceivedSegment]]
    ) -> defaultdict[str, list[ReceivedInit]]:
        """In the order in which the segments need them; those that none needs yet come last."""
        places: dict[tuple[str, str], int] = {}
        for track, pieces in kept.items():
            for place, piece in enumerate(pieces):
                places.setdefault((track, piece.init), place)
        rows = self._connection.execute(select(inits).where(inits.c.track.in_(ids)).order_by(inits.c.digest)).all()
        ordered = sorted(rows, key=lambda row: places.get((row.track, row.digest), len(kept[row.track])))
        return _by_track((row[0], ReceivedInit(*row[1:])) for row in ordered)

    def _gaps(self, ids: Sequence[str]) -> defaultdict[str, list[ReceivedGap]]:
        query = select(gaps).where(gaps.c.track.in_(ids)).order_by(gaps.c.track, gaps.c.start, gaps.c.end)
        return _by_track((row[0], ReceivedGap(*row[1:])) for row in self._connection.execute(query))

    def _figures(self, ids: Sequence[str]) -> dict[str, dict[str, int]]:
        rows = self._connection.execute(select(receptions).where(receptions.c.track.in_(ids))).all()
        return {row.track: {name: part for name, part in row._mapping.items() if name != "track"} for row in rows}


def _by_track(pieces: Iterable[tuple[str, Piece]]) -> defaultdict[str, list[Piece]]:
    grouped: defaultdict[str, list[Piece]] = defaultdict(list)
    for track, piece in pieces:
        grouped[track].append(piece)
    return grouped
