"""What is configured, and whether every part is well; for an administrator."""

from dataclasses import fields
from typing import Any

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

from inspection.model.log import time_source
from inspection.services.access import require_role
from inspection.services.ask_inspectors import ask_inspectors
from server import visitors
from server.api.health import parts_of
from server.configuration import SECTIONS
from server.pages.keeping import store
from server.pages.new_case import item_row
from server.schema import form, identifier, text
from server.services import services

blueprint = Blueprint("settings", __name__)
HIDDEN = (
    "secret",
    "secret_key",
    "passphrase",
    "pin",
    "access_key",
    "url",
    "jobs_url",
    "ice_servers",
)  # they may hold a password
NAMES = {"objects": "store"}


@blueprint.get("/settings")
def settings() -> str:
    given, actor = services(), visitors.actor()
    require_role(actor, "settings")
    with given.office.read() as work:
        items = work.items.list()
    return render_template(
        "settings.html",
        groups=[_group(name) for name in SECTIONS],
        health=[_health(name, value) for name, value in parts_of(given).items()],
        store=store(given),
        key={
            "fingerprint": given.signer.fingerprint(),
            "time": time_source(given.authority is not None).value,
            "witnesses": [one.key.name for one in given.witnesses],
        },
        items=[item_row(item) for item in items],
    )


@blueprint.post("/settings/items")
def ask() -> Response:
    """So many inspectors for an item."""
    sent = form({"item": identifier(), "inspectors": text(2)})
    number = int(sent["inspectors"]) if sent["inspectors"].isdecimal() else 0
    ask_inspectors(services().office, visitors.actor(), sent["item"], number)
    return visitors.back_to("/settings", "notice.saved")


def _health(name: str, value: str) -> dict[str, Any]:
    kind, _, which = name.partition(" ")
    return {"name": NAMES.get(kind, kind), "good": value == "ok", "value": f"{which} {value}".strip()}


def _group(section: str) -> dict[str, Any]:
    configuration = services().settings
    values = getattr(configuration, section)
    rows = []
    for part in fields(values):
        value = getattr(values, part.name)
        shown = ", ".join(value) if isinstance(value, tuple) else str(value)
        if part.name in HIDDEN and shown:
            shown = "•••"
        origin = configuration.sources.get(f"{section}.{part.name}", "default")
        rows.append({"name": part.name, "value": shown, "from": origin})
    return {"name": section, "rows": rows}
