"""Marks on evidence, in memory."""

from collections.abc import Iterable, Sequence

from inspection.model.annotation import Annotation
from inspection.model.errors import Conflict, NotFound


class FakeAnnotations:
    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Annotation] = {}

    def get(self, case: str, id: str) -> Annotation | None:
        return self.rows.get((case, id))

    def add(self, annotation: Annotation) -> None:
        if (key := (annotation.case, annotation.mark.id)) in self.rows:
            raise Conflict("annotation-taken")
        self.rows[key] = annotation

    def move(self, annotation: Annotation, before: int) -> None:
        found = self.rows.get(key := (annotation.case, annotation.mark.id))
        if found is None:
            raise NotFound("annotation-unknown")
        if found.revision != before:
            raise Conflict("annotation-moved")
        self.rows[key] = annotation

    def of_survey(self, survey: str, since: int = 0) -> Sequence[Annotation]:
        return self._all(one for one in self.rows.values() if one.survey == survey and one.revision > since)

    def of_case(self, case: str) -> Sequence[Annotation]:
        return self._all(one for one in self.rows.values() if one.case == case)

    def last_number(self, case: str) -> int:
        return max((one.number for one in self.rows.values() if one.case == case), default=0)

    def count_on(self, evidence: str | None, track: str | None) -> int:
        return sum((one.evidence, one.track) == (evidence, track) for one in self.rows.values())

    def _all(self, found: Iterable[Annotation]) -> list[Annotation]:
        return sorted(found, key=lambda one: one.number)
