"""The API's own description, for whoever writes a client."""

from flask import Blueprint, current_app

from server import documents, links, openapi
from server.operation import operation

blueprint = Blueprint("description", __name__, url_prefix="/api/v1")


@blueprint.get("/openapi.json")
@operation(open=True)
def told() -> documents.Facts:
    """This document (OpenAPI 3.1)."""
    return openapi.document(current_app, "Takan", links.base())
