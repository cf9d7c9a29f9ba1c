"""A refusal shown in the page that caused it, so that what was typed is not lost."""

from flask import g

from inspection.model.errors import Refusal
from server.problems import sentence, status_of


def shown(error: Refusal) -> tuple[dict[str, object], int]:
    """({code, title} in the reader's language, the answer's status)."""
    status = status_of(error)
    return {"code": error.code, "title": sentence(error.code, status, error.facts, g.say)}, status


def by_field(error: Refusal) -> dict[str, str]:
    """{field: sentence} where the refusal is about one field of a form."""
    field = error.facts.get("field")
    return {str(field): str(shown(error)[0]["title"])} if field else {}
