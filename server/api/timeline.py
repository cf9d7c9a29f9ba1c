"""A survey's recording on one clock: what the review page plays, while it still grows and afterwards."""

from flask import Blueprint, g

from inspection.model.evidence import ReceivedTrack
from inspection.model.finding import Finding
from inspection.model.ledger import microseconds
from inspection.model.survey import ENDED
from inspection.services.review import Timeline, read_timeline
from server import documents, shapes, visitors
from server.operation import operation
from server.services import Services, services
from server.words import pick

blueprint = Blueprint("api-timeline", __name__, url_prefix="/api/v1")


@blueprint.get("/surveys/<survey>/timeline")
@operation()
def timeline(survey: str) -> documents.Timeline:
    """The survey's recording on one clock, while it still grows and afterwards."""
    given = services()
    found = read_timeline(given.office, given.signer, visitors.actor(), survey, given.now())
    return document(given, found)


def document(given: Services, found: Timeline) -> documents.Timeline:
    """Times in ticks of each track's timescale from `epoch_us`; findings by the wall clock."""
    names = {id: row.name for id, row in found.participants.items()}
    with given.office.read() as work:
        checklist = work.items.checklist(found.survey.checklist, found.survey.checklist_version)
        people = {id: work.people.get(id).name for id in {finding.by for finding in found.findings}}
    titles = {check.id: pick(check.title, g.lang) for check in checklist.checks}
    return {
        "epoch_us": microseconds(found.room.epoch) if found.room else None,
        "clock_us": microseconds(given.now()),
        "ended": found.survey.state in ENDED,
        "tracks": [_track(track, found) for track in found.tracks],
        "snapshots": [
            {**shapes.snapshot(one), "who": names.get(one.wanted_by, one.wanted_by)} for one in found.snapshots
        ],
        "findings": [_finding(one, titles, people) for one in found.findings],
    }


def _finding(found: Finding, titles: dict[str, str], people: dict[str, str]) -> documents.TimelineFinding:
    return {**shapes.finding(found), "title": titles.get(found.check, found.check), "who": people[found.by]}


def _track(track: ReceivedTrack, found: Timeline) -> documents.Track:
    who = found.participants.get(track.participant)
    return {
        "id": track.id,
        "participant": track.participant,
        "name": who.name if who else "",
        "role": who.role.value if who else "",
        "kind": track.kind,
        "codec": track.codec,
        "timescale": track.timescale,
        "inits": [
            {"digest": one.digest, "codecs": one.codecs, "width": one.width, "height": one.height}
            for one in track.inits
        ],
        "segments": [
            {
                "digest": one.digest,
                "init": one.init,
                "start": one.start,
                "duration": one.duration,
                "bytes": one.bytes,
                "key_frame": one.key_frame,
                "state": "stored" if one.stored else "pending",
            }
            for one in track.segments
        ],
        "gaps": [{"start": gap.start, "end": gap.end, "reason": gap.reason} for gap in track.all_gaps()],
        "reception": track.reception,
    }
