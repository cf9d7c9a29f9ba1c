"""What the inspector judges: findings and snapshots; what the approver decides; the package of a case."""

from typing import Any

from flask import Blueprint

from inspection.model.decision import DecisionOutcome
from inspection.model.finding import Result
from inspection.services.decide import decide
from inspection.services.record_finding import record_finding
from inspection.services.review import list_snapshots
from inspection.services.snapshots import want_snapshot
from inspection.services.stills import want_stills
from inspection.services.want_export import read_export, want_export
from server import documents, shapes, visitors
from server.api.room import tell
from server.operation import operation
from server.schema import identifiers, text, track_id, whole, word
from server.services import services

blueprint = Blueprint("api-findings", __name__, url_prefix="/api/v1")


@blueprint.put("/surveys/<survey>/findings/<check>")
@operation(
    {
        "result": word(Result),
        "note": text(4000, needed=False, empty=True),
        "snapshots": identifiers(50),
        "annotations": identifiers(50),
        "evidence": identifiers(50),
    }
)
def found(survey: str, check: str, sent: dict[str, Any]) -> documents.Finding:
    """Judge a check, citing snapshots, annotations and evidence."""
    given, actor = services(), visitors.actor()
    finding = record_finding(
        given.office,
        given.signer,
        actor,
        survey,
        check,
        sent["result"],
        sent["note"],
        sent["snapshots"],
        given.now(),
        sent["annotations"],
        sent["evidence"],
    )
    wanted = want_stills(given.office, actor, survey, finding.annotations, given.now(), given.new_id)
    for snapshot in wanted.snapshots:
        given.jobs.cut_snapshot(snapshot.id)
    for job in wanted.jobs:
        given.jobs.work_on(job)
    tell(survey, "finding", check=check, result=finding.result.value)
    return shapes.finding(finding)


@blueprint.post("/surveys/<survey>/snapshots")
@operation({"track": track_id(), "time": whole(), "check": text(64, needed=False)}, status=202)
def wanted(survey: str, sent: dict[str, Any]) -> documents.Snapshot:
    """Cut a picture at `time`: the worker does it, `GET …/snapshots` and the room's messages tell when it is there."""
    given, actor = services(), visitors.actor()
    check = sent["check"] or None
    snapshot = want_snapshot(given.office, actor, survey, sent["track"], sent["time"], check, given.now(), given.new_id)
    given.jobs.cut_snapshot(snapshot.id)
    tell(survey, "snapshot", id=snapshot.id, track=snapshot.track, time=snapshot.time, check=check)
    return shapes.snapshot(snapshot)


@blueprint.get("/surveys/<survey>/snapshots")
@operation()
def snapshots(survey: str) -> documents.Snapshots:
    """A survey's snapshots, with the state of each."""
    found = list_snapshots(services().office, visitors.actor(), survey)
    return {"snapshots": [shapes.snapshot(one) for one in found]}


@blueprint.post("/cases/<case>/decision")
@operation(
    {"outcome": word(DecisionOutcome), "reason": text(4000, needed=False, empty=True), "head": text(64, needed=False)},
    status=201,
)
def decided(case: str, sent: dict[str, Any]) -> documents.Decision:
    """Decide. `head`: the ledger's last hash on the page that was read; evidence that is newer makes it a 409."""
    given, actor = services(), visitors.actor()
    made = decide(
        given.office, given.signer, actor, case, sent["outcome"], sent["reason"], sent["head"] or None, given.now()
    )
    return shapes.decision(made)


@blueprint.post("/cases/<case>/exports")
@operation({}, status=202)
def export_wanted(case: str, sent: dict[str, Any]) -> documents.WantedExport:
    """Make the case's package; its `url` tells how far it is."""
    given = services()
    export = want_export(given.office, given.signer, visitors.actor(), case, given.now(), given.new_id)
    given.jobs.write_export(export.id)
    return {**shapes.export(export), "url": f"/api/v1/cases/{case}/exports/{export.id}"}


@blueprint.get("/cases/<case>/exports/<export>")
@operation()
def export_state(case: str, export: str) -> documents.ExportState:
    """How far a package is, and where it can be fetched."""
    given = services()
    found = read_export(given.office, given.signer, visitors.actor(), case, export, given.now())
    package = f"/api/v1/cases/{case}/exports/{export}/package" if found.state == "ready" else None
    return {**shapes.export(found), "package": package}
