"""An operation of the API: what it takes and gives, said once: routes judge by it, the OpenAPI document tells it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import update_wrapper
from typing import Any, get_type_hints

from flask import Response, jsonify

from server import visitors
from server.schema import Field, Texts, body, query

Shape = Mapping[str, Field]
Taken = Shape | Texts
View = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Terms:
    """`takes`: the JSON body's fields. `asks`: the address's. `heads`: headers that a client must know of, judged by
    the view itself. `gives`: a TypedDict, or the media type of bytes, or None for an answer without a body. `sends`:
    the media type of a body that is not JSON."""

    takes: Taken | None = None
    asks: Shape = field(default_factory=dict)
    heads: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    gives: Any = None
    status: int = 200
    sends: str | None = None
    open: bool = False  # to somebody who is not signed in
    staff: bool = False  # not to one who came by a link


class Operation:
    """A view with its terms. Who must be signed in is asked first; then the body and the address are judged and handed
    on as `sent` and `asked`; a document that the view returns becomes the answer."""

    def __init__(self, view: View, terms: Terms) -> None:
        update_wrapper(self, view)
        self.view, self.terms = view, terms

    def __call__(self, **named: Any) -> Response:
        if self.terms.staff:
            visitors.staff()
        elif not self.terms.open:
            visitors.actor()
        if self.terms.takes is not None:
            named["sent"] = body(self.terms.takes)
        if self.terms.asks:
            named["asked"] = query(self.terms.asks)
        made = self.view(**named)
        if isinstance(made, Response):
            return made
        answer = jsonify(made)
        answer.status_code = self.terms.status
        return answer


def operation(
    takes: Taken | None = None,
    *,
    asks: Shape | None = None,
    heads: Mapping[str, dict[str, Any]] | None = None,
    gives: Any = None,
    status: int = 200,
    sends: str | None = None,
    open: bool = False,
    staff: bool = False,
) -> Callable[[View], Operation]:
    """Declare a view's terms. What it gives is read from its return type unless `gives` says it (a view that sets
    headers itself returns a response)."""

    def declare(view: View) -> Operation:
        told = get_type_hints(view, include_extras=True).get("return")
        given = gives or (None if told is Response else told)
        return Operation(view, Terms(takes, asks or {}, heads or {}, given, status, sends, open, staff))

    return declare
