"""What marks on evidence look like in JSON."""

from inspection.model.annotation import WHOLE, Annotation, Author
from inspection.model.ledger import microseconds
from inspection.services.read_annotations import Marks, may
from server import documents


def annotations(marks: Marks) -> documents.Annotations:
    return {"revision": marks.revision, "annotations": [annotation(marks, one) for one in marks.annotations]}


def annotation(marks: Marks, found: Annotation) -> documents.Annotation:
    mark, instant = found.mark, found.mark.instant
    return {
        "id": mark.id,
        "number": found.number,
        "case": found.case,
        "survey": found.survey,
        "evidence": found.evidence,
        "track": found.track,
        "parent": mark.parent,
        "source": {"name": mark.source, "sha256": mark.seen},
        "time": None if instant is None else instant.time,
        "base": None if instant is None else list(instant.base),
        "frame": None if instant is None else instant.frame,
        "time_us": None if instant is None else round(instant.seconds * WHOLE),
        "until_us": None if instant is None or instant.until is None else round(instant.end * WHOLE),
        "seek_us": None if instant is None else instant.seek_us,
        "page": mark.page,
        "shape": mark.shape.value,
        "points": [list(point) for point in mark.points],
        "label": mark.label,
        "text": mark.text,
        "by": author(mark.by),
        "at_us": microseconds(mark.at),
        "state": found.state.value,
        "state_by": None if found.changed is None else author(found.changed.by),
        "state_at_us": None if found.changed is None else microseconds(found.changed.at),
        "replies": [
            {"id": one.id, "text": one.text, "by": author(one.by), "at_us": microseconds(one.at)}
            for one in found.replies
        ],
        "revision": found.revision,
        "digest": found.digest,
        "imported": None
        if found.imported is None
        else {"by": author(found.imported.by), "at_us": microseconds(found.imported.at)},
        "mine": found.owner.id == marks.reader,
        "may": may(marks, found),
        "cited": list(marks.cited.get(mark.id, ())),
    }


def author(found: Author) -> documents.Author:
    return {"id": found.id, "name": found.name, "role": found.role}
