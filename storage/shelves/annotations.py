"""Marks on evidence, with their threads."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select

from inspection.model.annotation import Annotation, AnnotationState, mark_document
from inspection.model.annotation_read import changed_from, mark_from, reply_from
from inspection.model.errors import Conflict, NotFound
from storage.shelves.rows import insert_once, update
from storage.tables.annotations import annotations

KEY = ["case", "id"]


class SqlAnnotations:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, case: str, id: str) -> Annotation | None:
        query = select(annotations).where(annotations.c.case == case, annotations.c.id == id)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _value(row)

    def add(self, annotation: Annotation) -> None:
        if not insert_once(self._connection, annotations, _columns(annotation), KEY):
            raise Conflict("annotation-taken")

    def move(self, annotation: Annotation, before: int) -> None:
        columns = {name: part for name, part in _columns(annotation).items() if name not in ("mark", "digest")}
        if not update(self._connection, annotations, columns, KEY, annotations.c.revision == before):
            if self.get(annotation.case, annotation.mark.id) is None:
                raise NotFound("annotation-unknown")
            raise Conflict("annotation-moved")

    def of_survey(self, survey: str, since: int = 0) -> Sequence[Annotation]:
        query = select(annotations).where(annotations.c.survey == survey, annotations.c.revision > since)
        return [_value(row) for row in self._connection.execute(query.order_by(annotations.c.number))]

    def of_case(self, case: str) -> Sequence[Annotation]:
        query = select(annotations).where(annotations.c.case == case).order_by(annotations.c.number)
        return [_value(row) for row in self._connection.execute(query)]

    def last_number(self, case: str) -> int:
        query = select(func.max(annotations.c.number)).where(annotations.c.case == case)
        return self._connection.execute(query).scalar() or 0

    def count_on(self, evidence: str | None, track: str | None) -> int:
        on = annotations.c.track == track if evidence is None else annotations.c.evidence == evidence
        return self._connection.execute(select(func.count()).select_from(annotations).where(on)).scalar() or 0


def _columns(found: Annotation) -> dict[str, Any]:
    return {
        "case": found.case,
        "id": found.mark.id,
        "survey": found.survey,
        "evidence": found.evidence,
        "track": found.track,
        "number": found.number,
        "revision": found.revision,
        "state": found.state.value,
        "digest": found.digest,
        "mark": mark_document(found.mark),
        "changed": None if found.changed is None else found.changed.document(),
        "replies": [reply.document() for reply in found.replies],
        "imported": None if found.imported is None else found.imported.document(),
    }


def _value(row: Row[*tuple[Any, ...]]) -> Annotation:
    facts = dict(row._mapping)
    changed, imported = facts["changed"], facts["imported"]
    return Annotation(
        mark_from(facts["mark"]),
        facts["digest"],
        facts["case"],
        facts["survey"],
        facts["evidence"],
        facts["track"],
        facts["number"],
        facts["revision"],
        AnnotationState(facts["state"]),
        None if changed is None else changed_from(changed),
        tuple(reply_from(one) for one in facts["replies"]),
        None if imported is None else changed_from(imported),
    )
