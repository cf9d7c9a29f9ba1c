"""Marks on evidence: made, answered, closed, opened again, withdrawn; and what has changed since somebody looked."""

from typing import Any

from flask import Blueprint

from inspection.model.annotation import LABEL, ORIGINAL, TEXT, Annotation
from inspection.services.annotate import Drawn, annotate, close, reopen, reply, withdraw
from inspection.services.read_annotations import list_annotations, one_as_marks
from inspection.services.spot import Sight
from server import documents, shapes_annotations, visitors
from server.api.room import tell
from server.operation import operation
from server.schema import identifier, points, text, track_id, whole
from server.services import services

blueprint = Blueprint("api-annotations", __name__, url_prefix="/api/v1/surveys/<survey>/annotations")
REVISION = {"revision": whole()}


@blueprint.get("")
@operation(asks={"since": whole(needed=False), "evidence": identifier(needed=False)})
def listed(survey: str, asked: dict[str, Any]) -> documents.Annotations:
    """All of a survey, or those that changed after the revision `since`."""
    given, actor = services(), visitors.actor()
    since = asked["since"] or 0
    return shapes_annotations.annotations(
        list_annotations(given.office, given.signer, actor, survey, since, asked["evidence"], given.now())
    )


@blueprint.put("/<annotation>")
@operation(
    {
        "evidence": identifier(needed=False),
        "track": track_id(needed=False),
        "source": text(300, needed=False),
        "time_us": whole(needed=False),
        "page": whole(1, 100_000, needed=False),
        "shape": text(20),
        "points": points(),
        "label": text(LABEL, needed=False, empty=True),
        "text": text(TEXT, needed=False, empty=True),
    }
)
def made(survey: str, annotation: str, sent: dict[str, Any]) -> documents.Annotation:
    """Mark one picture under an id of the client's choice; the same again is the one that is there."""
    given, actor = services(), visitors.actor()
    sight = Sight(sent["evidence"], sent["track"], sent["source"] or ORIGINAL, sent["time_us"], sent["page"])
    drawn = Drawn(sent["shape"], sent["points"], sent["label"], sent["text"])
    found, _ = annotate(given.office, given.objects, given.signer, actor, survey, annotation, sight, drawn, given.now())
    return _told(found)


@blueprint.post("/<annotation>/replies")
@operation({"id": identifier(), "text": text(TEXT)})
def replied(survey: str, annotation: str, sent: dict[str, Any]) -> documents.Annotation:
    """Answer a mark, under an id of the client's choice."""
    given, actor = services(), visitors.actor()
    found, _ = reply(given.office, given.signer, actor, survey, annotation, sent["id"], sent["text"], given.now())
    return _told(found)


@blueprint.post("/<annotation>/close")
@operation(REVISION)
def closed(survey: str, annotation: str, sent: dict[str, Any]) -> documents.Annotation:
    """Close what was read up to `revision`; when it has changed since, that is a 409."""
    given, actor = services(), visitors.actor()
    return _told(close(given.office, given.signer, actor, survey, annotation, sent["revision"], given.now()))


@blueprint.post("/<annotation>/reopen")
@operation(REVISION)
def reopened(survey: str, annotation: str, sent: dict[str, Any]) -> documents.Annotation:
    """Open it again."""
    given, actor = services(), visitors.actor()
    return _told(reopen(given.office, given.signer, actor, survey, annotation, sent["revision"], given.now()))


@blueprint.post("/<annotation>/withdraw")
@operation(REVISION)
def withdrawn(survey: str, annotation: str, sent: dict[str, Any]) -> documents.Annotation:
    """Withdraw one's own; it stays to be read."""
    given, actor = services(), visitors.actor()
    return _told(withdraw(given.office, given.signer, actor, survey, annotation, sent["revision"], given.now()))


def _told(found: Annotation) -> documents.Annotation:
    """To whoever asked, and as a hint to everyone in the room."""
    tell(found.survey, "annotation", id=found.mark.id, revision=found.revision)
    marks = one_as_marks(services().office, visitors.actor(), found)
    return shapes_annotations.annotation(marks, found)
