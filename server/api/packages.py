"""Gives a package out as one ZIP file, made while it is sent, from any byte on: a download that broke off goes on."""

from flask import Blueprint, Response, request

from inspection.services.fetch_package import fetch_package
from server import visitors
from server.api.media import ranged, wanted
from server.operation import operation
from server.services import services

blueprint = Blueprint("packages", __name__, url_prefix="/api/v1")


@blueprint.get("/cases/<case>/exports/<export>/package")
@operation(gives="application/zip")
def package(case: str, export: str) -> Response:
    """A case's package as one ZIP file, or a range of it: a download that broke off goes on."""
    given = services()
    found, plan = fetch_package(
        given.office, given.objects, given.signer, visitors.actor(), case, export, given.now()
    )  # fmt: skip
    start, end = wanted(found.size)
    if request.headers.get("If-Range", f'"{plan}"') != f'"{plan}"':
        start, end = 0, found.size
    response = Response(found.zipped(start, end), mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{found.name}.zip"'
    ranged(response, plan, start, end, found.size)
    response.headers["Cache-Control"] = "private, no-store"  # each fetch is an entry of the ledger
    return response
