"""What the inspector judges: findings and snapshots; what the approver decides; the package of a case."""

from flask import Blueprint, Response, jsonify

from inspection.services.decide import decide
from inspection.services.record_finding import record_finding
from inspection.services.review import list_snapshots
from inspection.services.snapshots import want_snapshot
from inspection.services.want_export import read_export, want_export
from server import shapes, visitors
from server.api.room import tell
from server.schema import body, identifiers, text, track_id, whole
from server.services import services

blueprint = Blueprint("api-findings", __name__, url_prefix="/api/v1")


@blueprint.put("/surveys/<survey>/findings/<check>")
def found(survey: str, check: str) -> Response:
    given, actor = services(), visitors.actor()
    sent = body({"result": text(20), "note": text(4000, needed=False, empty=True), "snapshots": identifiers(50)})
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
    )
    tell(survey, "finding", check=check, result=finding.result.value)
    return jsonify(shapes.finding(finding))


@blueprint.post("/surveys/<survey>/snapshots")
def wanted(survey: str) -> tuple[Response, int]:
    """The worker cuts it; `GET …/snapshots` and the room's messages tell when it is there."""
    given, actor = services(), visitors.actor()
    sent = body({"track": track_id(), "time": whole(), "check": text(64, needed=False)})
    check = sent["check"] or None
    snapshot = want_snapshot(given.office, actor, survey, sent["track"], sent["time"], check, given.now(), given.new_id)
    given.jobs.cut_snapshot(snapshot.id)
    tell(survey, "snapshot", id=snapshot.id, track=snapshot.track, time=snapshot.time, check=check)
    return jsonify(shapes.snapshot(snapshot)), 202


@blueprint.get("/surveys/<survey>/snapshots")
def snapshots(survey: str) -> Response:
    found = list_snapshots(services().office, visitors.actor(), survey)
    return jsonify(snapshots=[shapes.snapshot(one) for one in found])


@blueprint.post("/cases/<case>/decision")
def decided(case: str) -> tuple[Response, int]:
    """`head`: the ledger's last hash on the page that was read; evidence that is newer makes it a 409."""
    given, actor = services(), visitors.actor()
    sent = body(
        {
            "outcome": text(20),
            "reason": text(4000, needed=False, empty=True),
            "head": text(64, needed=False),
        }
    )
    made = decide(
        given.office, given.signer, actor, case, sent["outcome"], sent["reason"], sent["head"] or None, given.now()
    )
    return jsonify(shapes.decision(made)), 201


@blueprint.post("/cases/<case>/exports")
def export_wanted(case: str) -> tuple[Response, int]:
    body({})
    given = services()
    export = want_export(given.office, given.signer, visitors.actor(), case, given.now(), given.new_id)
    given.jobs.write_export(export.id)
    return jsonify(shapes.export(export) | {"url": f"/api/v1/cases/{case}/exports/{export.id}"}), 202


@blueprint.get("/cases/<case>/exports/<export>")
def export_state(case: str, export: str) -> Response:
    given = services()
    found = read_export(given.office, given.signer, visitors.actor(), case, export, given.now())
    package = f"/api/v1/cases/{case}/exports/{export}/package" if found.state == "ready" else None
    return jsonify(shapes.export(found) | {"package": package})
