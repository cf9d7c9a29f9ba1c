"""Whether this instance can do its work; for supervisors, balancers and the settings page."""

import logging

from flask import Blueprint, Response, jsonify

from inspection.model.errors import Refusal
from inspection.model.ledger import microseconds
from inspection.services.ask_witnesses import ALARM
from server import documents
from server.operation import operation
from server.services import Services, services

blueprint = Blueprint("health", __name__)
log = logging.getLogger("takan.web")

WORKER_SEEN = "worker.seen"  # microseconds UTC, written by the worker into the settings
WORKER_SILENT = 30_000_000  # microseconds after which it counts as away
PROBE = "0" * 64


@blueprint.get("/health")
@operation(gives=documents.Health, open=True)
def health() -> Response:
    """Whether it can do its work: 200 while the database answers, 503 otherwise; "ok" when every part is."""
    parts = parts_of(services())
    good = all(part == "ok" for part in parts.values())
    response = jsonify(status="ok" if good else "degraded", parts=parts)
    response.status_code = 200 if parts["database"] == "ok" else 503
    return response


def parts_of(given: Services) -> dict[str, str]:
    """Each part by name: "ok", "away", or what a node says of itself."""
    return {**_kept(given), **_nodes(given)}


def _kept(given: Services) -> dict[str, str]:
    parts = {"database": "ok", "worker": "away", "objects": "ok", "log": "ok"}
    try:
        with given.office.read() as work:
            seen = int(work.settings.get(WORKER_SEEN) or 0)
            if work.settings.get(ALARM):
                parts["log"] = "contradicted"  # by a witness; `GET /api/v1/log` says by whom
        parts["worker"] = "ok" if microseconds(given.now()) - seen < WORKER_SILENT else "away"
    except (Refusal, OSError):
        parts["database"] = "away"
    try:
        given.objects.size(PROBE)
    except (Refusal, OSError):
        parts["objects"] = "away"
    return parts


def _nodes(given: Services) -> dict[str, str]:
    parts = {}
    for node in given.nodes.names():
        try:
            parts[f"node {node}"] = str(given.nodes.health(node).get("status", "away"))
        except Refusal:
            parts[f"node {node}"] = "away"
    return parts
