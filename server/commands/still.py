"""`takan clip --at`: one moment of a recording as a picture, cut here and now; derived, in the ledger, under the lead
inspector."""

from pathlib import Path

from inspection.model.errors import Invalid, NotFound
from inspection.model.evidence import Snapshot
from inspection.services.snapshots import want_snapshot
from server import wiring
from server.commands.clip import SECOND, Cut, carry_out, found_in, give, microseconds, require_ready
from server.configuration import Configuration
from server.services import Services


def run(
    configuration: Configuration, cut: Cut, case: str, evidence: str, at: str, out: Path | None, as_json: bool
) -> int:
    """Exit status 0 with the file, 1 with a reason; `cut` is the worker's own job."""

    def made() -> tuple[Services, str, Path, dict[str, object]]:
        given = wiring.services(configuration)
        picture = make(given, cut, case, evidence, microseconds(at))
        facts: dict[str, object] = {"parent": picture.parent, "presented": picture.presented, "snapshot": picture.id}
        return given, picture.sha256 or "", out or Path(f"takan-snapshot-{picture.id}.jpg"), facts

    return give(made, as_json)


def make(given: Services, cut: Cut, case: str, evidence: str, at_us: int) -> Snapshot:
    """The picture, ready. Raises `Refusal`."""
    found, actor = found_in(given, case)
    with given.office.read() as work:
        recording = next((one for one in work.evidence.of_case(found) if evidence in (one.id, one.track)), None)
        if recording is None:
            raise NotFound("evidence-unknown")
        if recording.track is None:
            raise Invalid("snapshot-not-video", field="evidence")
        timescale = work.receptions.track(recording.track).timescale
    wish = want_snapshot(
        given.office, actor, recording.survey, recording.track, at_us * timescale // SECOND, None, given.now(),
        given.new_id,
    )  # fmt: skip
    carry_out(cut(given, wish.id))
    with given.office.read() as work:
        picture = work.snapshots.get(wish.id)
    require_ready(picture)
    return picture
