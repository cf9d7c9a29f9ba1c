"""Hand a finished package out: who took it stands in the ledger."""

from datetime import datetime

from inspection.model.errors import NotFound
from inspection.model.event import Event
from inspection.model.people import Actor
from inspection.ports import ObjectStore, Office, Signer
from inspection.services.custody import enter
from inspection.services.guard import recently
from inspection.services.plan_package import PlannedPackage
from inspection.services.want_export import read_export


def fetch_package(
    office: Office, store: ObjectStore, signer: Signer, actor: Actor, case: str, export: str, now: datetime
) -> tuple[PlannedPackage, str]:
    """The package and its plan's digest; entered once a sitting, since a browser asks again for what broke off.

    Raises `NotFound("export-not-ready")` before it is made, and what `read_export` raises, telling the ledger.
    """
    found = read_export(office, signer, actor, case, export, now)
    if found.state != "ready" or found.plan is None:
        raise NotFound("export-not-ready")
    package = PlannedPackage(store, found.plan)
    with office.read() as work:
        told = recently(work, case, Event.PACKAGE_FETCHED, actor, export, now)
    if not told:
        with office.write(case) as work:
            if not recently(work, case, Event.PACKAGE_FETCHED, actor, export, now):
                enter(work, signer, case, Event.PACKAGE_FETCHED, actor, now, {"subject": export}, found.plan)
    return package, found.plan
