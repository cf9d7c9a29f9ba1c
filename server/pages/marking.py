"""What the pages on which marks are made are told about who may make them."""

from typing import Any

from inspection.model.case import CaseState
from inspection.model.people import Actor
from inspection.services.access import Doing
from inspection.services.read_survey import SurveyView

DECIDED = (CaseState.APPROVED, CaseState.REFUSED)


def marking(view: SurveyView, actor: Actor) -> dict[str, Any]:
    """`me` keeps apart the unsent marks of people who share a device; after the decision marks are only read."""
    may = Doing.ANNOTATE in view.may
    return {
        "survey": view.survey.id,
        "me": actor.id,
        "reads": may,
        "may": may and view.case.state not in DECIDED,
    }
