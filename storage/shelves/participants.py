"""Who takes part, what they agreed to, and where they are."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from inspection.model.errors import NotFound
from inspection.model.participant import Consent, Participant, Position
from inspection.model.people import Role
from storage.shelves.rows import columns_of, update, value_of
from storage.tables.participants import consents, participants, positions

CONSENT = [column for column in consents.c if column.name != "row"]
POSITION = [column for column in positions.c if column.name != "row"]


class SqlParticipants:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, id: str) -> Participant:
        row = self._connection.execute(select(participants).where(participants.c.id == id)).one_or_none()
        if row is None:
            raise NotFound("participant-unknown")
        return value_of(Participant, row, role=Role)

    def add(self, participant: Participant) -> None:
        self._connection.execute(participants.insert().values(columns_of(participant)))

    def put(self, participant: Participant) -> None:
        if not update(self._connection, participants, columns_of(participant), ["id"]):
            raise NotFound("participant-unknown")

    def of_survey(self, survey: str) -> Sequence[Participant]:
        query = select(participants).where(participants.c.survey == survey)
        query = query.order_by(participants.c.created_at, participants.c.id)
        return [value_of(Participant, row, role=Role) for row in self._connection.execute(query)]

    def seen(self, id: str, at: datetime) -> None:
        self._connection.execute(participants.update().where(participants.c.id == id).values(seen_at=at))

    def add_consent(self, consent: Consent) -> None:
        self._connection.execute(consents.insert().values(columns_of(consent)))

    def consent(self, participant: str) -> Consent | None:
        query = select(*CONSENT).where(consents.c.participant == participant)
        query = query.order_by(consents.c.at.desc(), consents.c.row.desc()).limit(1)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else value_of(Consent, row)

    def add_position(self, position: Position) -> None:
        self._connection.execute(positions.insert().values(columns_of(position)))

    def positions(self, survey: str) -> Sequence[Position]:
        query = select(*POSITION).where(positions.c.survey == survey).order_by(positions.c.at, positions.c.row)
        return [value_of(Position, row) for row in self._connection.execute(query)]
