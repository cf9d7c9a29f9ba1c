"""End a survey: with an outcome, or by calling it off."""

from dataclasses import replace
from datetime import datetime

from inspection.model import case as case_model
from inspection.model.case import Case
from inspection.model.documents import ending_document
from inspection.model.errors import Conflict, Invalid, Unavailable
from inspection.model.event import Event
from inspection.model.finding import Result
from inspection.model.people import Actor
from inspection.model.survey import FORMAL, Outcome, Room, Survey, SurveyState, move, require_note
from inspection.ports import NewId, ObjectStore, Office, Signer, Work
from inspection.services.access import Doing, Place, case_of, on_survey
from inspection.services.admit import admit_tracks, keep_lists
from inspection.services.custody import enter
from inspection.services.participants import require_presence

# No-show may be said of a survey that never opened, and of one in which nobody came.
EVENTS = {Outcome.NO_SHOW: "no_show", Outcome.CANCELLED: "cancel"}


def may_conclude(office: Office, actor: Actor, survey: str, outcome: str, note: str) -> Room | None:
    """Ask first, because closing a room cannot be undone: the room to close, None when there is none.

    Raises what `conclude` would raise.
    """
    with office.read() as work:
        place = on_survey(work, actor, survey, Doing.CONCLUDE)
        _ended(work, place, outcome, note, place.survey.created_at)
        room = work.rooms.get(survey)
        return None if room is None or room.closed else room


def conclude(
    office: Office,
    store: ObjectStore,
    signer: Signer,
    actor: Actor,
    survey: str,
    outcome: str,
    note: str,
    closed: bool,
    now: datetime,
    new_id: NewId,
) -> Survey:
    """The survey, ended; where its room was `closed` (or never open) its recordings are evidence from now on.

    `closed` says that the node confirmed everything durable and written down. Without it, or while the object store is
    away, the sweep admits later. Raises `Invalid("outcome-unknown" | "note-needed" | "outcome-contradicts")`,
    `WrongMoment("survey-wrong-state" | "second-inspector-absent")`, `Conflict("survey-moved")`.
    """
    may_conclude(office, actor, survey, outcome, note)
    kept = _kept_lists(office, store, survey) if closed else None
    with office.write(case_of(office, survey)) as work:
        place = on_survey(work, actor, survey, Doing.CONCLUDE)
        ended = _ended(work, place, outcome, note, now)
        if not work.surveys.move(survey, place.survey.state.value, ended):
            raise Conflict("survey-moved")
        event = Event.SURVEY_CANCELLED if ended.state is SurveyState.CANCELLED else Event.SURVEY_CONCLUDED
        enter(work, signer, ended.case, event, actor, now, ending_document(ended))
        if ended.state is SurveyState.CONCLUDED:
            _case_moves(work, place.case)
        room = work.rooms.get(survey)
        if room is not None and closed:
            work.rooms.put(replace(room, closed=True))
        if kept is not None or room is None:
            ended = admit_tracks(work, signer, ended, kept or frozenset(), actor, now, new_id)
    return ended


def _ended(work: Work, place: Place, outcome: str, note: str, now: datetime) -> Survey:
    try:
        wanted = Outcome(outcome)
    except ValueError as error:
        raise Invalid("outcome-unknown", field="outcome") from error
    note = require_note(wanted, note)
    state = move(place.survey.state, EVENTS.get(wanted, "conclude"))
    if wanted in FORMAL:
        require_presence(work, place.survey)
    if wanted is Outcome.PASS:
        bad = (Result.FAIL, Result.RECTIFY)
        if any(finding.result in bad for finding in work.findings.of_survey(place.survey.id)):
            raise Invalid("outcome-contradicts", field="outcome")
    return replace(place.survey, state=state, outcome=wanted, note=note, ended_at=now, focus=None)


def _kept_lists(office: Office, store: ObjectStore, survey: str) -> frozenset[str] | None:
    """The lists that the store has by now; None while it is away."""
    with office.read() as work:
        tracks = work.receptions.tracks(survey)
    try:
        return keep_lists(store, tracks)
    except Unavailable:
        return None


def _case_moves(work: Work, case: Case) -> None:
    work.cases.put(replace(case, state=case_model.move(case.state, "survey_concluded")))
