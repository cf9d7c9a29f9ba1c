"""Tell the ledger that recordings have begun, while the survey still runs: what began and never came in is missed.

The media role writes rows only about what it received; the worker looks at them now and then.
"""

from collections.abc import Sequence
from datetime import datetime

from inspection.model.event import Event
from inspection.model.evidence import BegunTrack
from inspection.model.people import SYSTEM, Actor
from inspection.model.survey import Survey
from inspection.ports import Office, Signer, Work
from inspection.services.custody import enter


def note_begun(office: Office, signer: Signer, survey: str, now: datetime) -> int:
    """Enter each track of a survey that the ledger has not heard of; how many. Again is harmless."""
    with office.read() as work:
        found = work.surveys.get(survey)
        if not unheard(work, found):
            return 0
    with office.write(found.case) as work:
        return enter_begun(work, signer, found, unheard(work, found), SYSTEM, now)


def unheard(work: Work, survey: Survey) -> list[BegunTrack]:
    """The tracks of which no entry says that they have begun."""
    begun = work.receptions.begun(survey.id)
    told = {
        entry.body.get("track") for entry in work.ledger.entries(survey.case) if entry.event == Event.RECORDING_BEGUN
    } if begun else set()  # fmt: skip
    return [track for track in begun if track.id not in told]


def enter_begun(
    work: Work, signer: Signer, survey: Survey, tracks: Sequence[BegunTrack], actor: Actor, now: datetime
) -> int:
    """The entry's time is when it was noticed; when the recording begins, to the tick, its list says."""
    for track in tracks:
        body = {
            "codec": track.codec,
            "kind": track.kind,
            "participant": track.participant,
            "survey": survey.id,
            "track": track.id,
        }
        enter(work, signer, survey.case, Event.RECORDING_BEGUN, actor, now, body)
    return len(tracks)
