"""Who may do what with whose case: one table, asked by every service."""

from dataclasses import dataclass
from enum import StrEnum

from inspection.model.case import Case
from inspection.model.errors import Forbidden, NotFound
from inspection.model.participant import Participant
from inspection.model.people import Actor, Role
from inspection.model.survey import Survey
from inspection.model.text import known
from inspection.ports import Office, Work


class Standing(StrEnum):
    """How somebody stands to one case or survey. Nobody who has none learns that it exists."""

    LEAD = "lead"  # the inspector whose case or survey it is
    SECOND = "second"  # another inspector, invited
    VIEWER = "viewer"  # other staff, invited
    APPROVER = "approver"  # given the decision of the case
    APPLICANT = "applicant"  # came by a link to this survey


class Doing(StrEnum):
    READ_CASE = "read-case"
    NAME_APPROVER = "name-approver"
    BOOK = "book"
    DECIDE = "decide"
    EXPORT = "export"
    READ_SURVEY = "read-survey"  # and who is in its room
    OPEN = "open"
    LINK = "link"
    INVITE = "invite"
    JOIN = "join"
    CONSENT = "consent"  # and telling one's position
    STATE_CONSENT = "state-consent"
    DEVICE = "device"
    PUBLISH = "publish"
    WATCH = "watch"
    FOCUS = "focus"
    SNAPSHOT = "snapshot"
    UPLOAD = "upload"  # files to a survey
    FIND = "find"
    CONCLUDE = "conclude"
    REVIEW = "review"  # what was recorded, and what was cut from it
    ANNOTATE = "annotate"  # and read what others have marked
    CLIP = "clip"
    MAKE_PAPER = "make-paper"
    READ_PAPER = "read-paper"  # and sign it, where one's signature is asked for


_L, _S, _V, _A, _P = Standing.LEAD, Standing.SECOND, Standing.VIEWER, Standing.APPROVER, Standing.APPLICANT
ALLOWED: dict[Doing, frozenset[Standing]] = {
    Doing.READ_CASE: frozenset({_L, _S, _A}),
    Doing.NAME_APPROVER: frozenset({_L}),
    Doing.BOOK: frozenset({_L}),
    Doing.DECIDE: frozenset({_A}),
    Doing.EXPORT: frozenset({_L, _A}),
    Doing.READ_SURVEY: frozenset({_L, _S, _V, _A, _P}),
    Doing.OPEN: frozenset({_L}),
    Doing.LINK: frozenset({_L}),
    Doing.INVITE: frozenset({_L}),
    Doing.JOIN: frozenset({_L, _S, _V}),
    Doing.CONSENT: frozenset({_P}),
    Doing.STATE_CONSENT: frozenset({_L}),
    Doing.DEVICE: frozenset({_L, _S, _V, _P}),
    Doing.PUBLISH: frozenset({_L, _S, _V, _P}),
    Doing.WATCH: frozenset({_L, _S, _V, _P}),
    Doing.FOCUS: frozenset({_L, _S}),
    Doing.SNAPSHOT: frozenset({_L, _S, _P}),  # the applicant: of his own picture
    Doing.UPLOAD: frozenset({_L, _S, _P}),
    Doing.FIND: frozenset({_L, _S}),
    Doing.CONCLUDE: frozenset({_L}),
    Doing.REVIEW: frozenset({_L, _S, _A}),
    Doing.ANNOTATE: frozenset({_L, _S, _A}),
    Doing.CLIP: frozenset({_L, _S, _A}),
    Doing.MAKE_PAPER: frozenset({_L, _A}),
    Doing.READ_PAPER: frozenset({_L, _S, _A, _P}),
}
# What needs no case: by role alone.
OFFICE: dict[str, frozenset[Role]] = {
    "people": frozenset({Role.ADMINISTRATOR}),
    "settings": frozenset({Role.ADMINISTRATOR}),
    "take-in": frozenset({Role.INSPECTOR}),
    "list-cases": frozenset({Role.INSPECTOR, Role.APPROVER}),
    "name-approvers": frozenset({Role.INSPECTOR, Role.ADMINISTRATOR}),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an actor stands: the survey, its case, his own row in it, and all his standings."""

    survey: Survey
    case: Case
    mine: Participant | None
    standings: frozenset[Standing]

    def may(self, doing: Doing) -> bool:
        return bool(ALLOWED[doing] & self.standings)


def require_role(actor: Actor, what: str) -> None:
    """Raises `Forbidden` unless the actor's role alone allows `what` (a key of `OFFICE`)."""
    _awake(actor)
    if actor.survey is not None or actor.role not in OFFICE[what]:
        raise Forbidden("not-allowed")


def on_case(work: Work, actor: Actor, case: str, doing: Doing) -> Case:
    """The case. Raises `NotFound` for somebody else's, `Forbidden` where his standing does not reach."""
    _awake(actor)
    found = work.cases.get(known(case, "case-unknown"))
    standings = case_standings(work, actor, found)
    if not standings & (ALLOWED[Doing.READ_CASE]):
        raise NotFound("case-unknown")
    if not standings & ALLOWED[doing]:
        raise Forbidden("not-allowed")
    return found


def on_survey(work: Work, actor: Actor, survey: str, doing: Doing) -> Place:
    """Where the actor stands. Raises `NotFound` for somebody else's, `Forbidden` where his standing does not reach."""
    _awake(actor)
    found = work.surveys.get(known(survey, "survey-unknown"))
    place = _place(work, actor, found, work.cases.get(found.case))
    if not place.standings:
        raise NotFound("survey-unknown")
    if not place.may(doing):
        raise Forbidden("not-allowed")
    return place


def case_of(office: Office, survey: str) -> str:
    """The case that a survey belongs to, for a unit of work that is about it. Raises `NotFound("survey-unknown")`."""
    with office.read() as work:
        return work.surveys.get(known(survey, "survey-unknown")).case


def own_row(place: Place) -> Participant:
    """The actor's place among the participants. Raises `Forbidden` for one who has not joined."""
    if place.mine is None:
        raise Forbidden("not-joined")
    return place.mine


def case_standings(work: Work, actor: Actor, case: Case) -> frozenset[Standing]:
    """His standings to the whole case; one who came by a link has none."""
    if actor.survey is not None:
        return frozenset()
    own: set[Standing] = set()
    if actor.role is Role.APPROVER and case.approver == actor.id:
        own.add(Standing.APPROVER)
    if actor.role is Role.INSPECTOR:
        if case.inspector == actor.id:
            own.add(Standing.LEAD)
        for survey in work.surveys.of_case(case.id):
            own |= _place(work, actor, survey, case).standings
    return frozenset(own)


def _place(work: Work, actor: Actor, survey: Survey, case: Case) -> Place:
    rows = work.participants.of_survey(survey.id)
    if actor.survey is not None:
        row = next((row for row in rows if row.id == actor.id and row.person is None), None)
        held = row is not None and actor.survey == survey.id
        return Place(survey, case, row if held else None, frozenset({Standing.APPLICANT} if held else ()))
    own: set[Standing] = set()
    mine = next((row for row in rows if row.person == actor.id), None)
    if actor.role is Role.INSPECTOR:
        if actor.id in (survey.inspector, case.inspector):
            own.add(Standing.LEAD)
        elif mine is not None:
            own.add(Standing.SECOND)
    elif actor.role is not Role.ADMINISTRATOR and mine is not None:
        own.add(Standing.VIEWER)
    if actor.role is Role.APPROVER and case.approver == actor.id:
        own.add(Standing.APPROVER)
    return Place(survey, case, mine if own else None, frozenset(own))


def _awake(actor: Actor) -> None:
    if actor.must_change:
        raise Forbidden("password-must-change")
