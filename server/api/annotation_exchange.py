"""Marks as W3C Web Annotations: a case's are taken along, and others' are taken in."""

import json
from typing import Any

from flask import Blueprint, Response, request

from inspection.model.errors import Invalid
from inspection.model.ledger import canonical
from inspection.model.web_annotation import collection
from inspection.services.import_annotations import import_annotations
from inspection.services.read_annotations import annotations_of_case
from inspection.services.read_case import read_case
from server import documents, visitors
from server.operation import operation
from server.services import services

blueprint = Blueprint("api-annotation-exchange", __name__, url_prefix="/api/v1/cases/<case>/annotations")
LINKED = "application/ld+json"  # https://www.w3.org/TR/annotation-protocol/ § 4.1
PROFILE = f'{LINKED}; profile="http://www.w3.org/ns/anno.jsonld"'


@blueprint.get("")
@operation(gives=LINKED)
def given(case: str) -> Response:
    """All marks of a case with their answers: an AnnotationCollection of the W3C's model."""
    given, actor, now = services(), visitors.actor(), services().now()
    found = annotations_of_case(given.office, given.signer, actor, case, now)
    number = read_case(given.office, given.signer, actor, case, now).case.number
    response = Response(canonical(collection(case, number, found)), content_type=PROFILE)
    response.headers["Content-Disposition"] = f'attachment; filename="{number}-annotations.jsonld"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.post("")
@operation(sends=LINKED)
def taken(case: str) -> documents.TakenAnnotations:
    """Take in a collection, a page, a list or one annotation; what is known by its id stays as it is."""
    given, actor = services(), visitors.actor()
    found = import_annotations(given.office, given.objects, given.signer, actor, case, _sent(), given.now())
    refused: list[documents.NotTaken] = [
        {"id": iri, "code": code, "field": where} for iri, code, where in found.refused
    ]
    return {"taken": found.taken, "known": found.known, "refused": refused}


def _sent() -> Any:
    try:
        return json.loads(request.get_data(cache=False))
    except (ValueError, RecursionError) as error:
        raise Invalid("annotation-unreadable", field="body") from error
