"""Passes WHIP (RFC 9725) and WHEP requests on to the node that the path names, so that a browser sees one origin."""

from flask import Blueprint, Response, request

from inspection.model.errors import Invalid
from server.operation import operation
from server.problems import TooLarge
from server.schema import is_identifier
from server.security import OFFER_LIMIT
from server.services import services

blueprint = Blueprint("live", __name__)

SENT = ("Authorization", "Content-Type", "If-Match", "Accept")
RETURNED = (
    "Location",
    "ETag",
    "Link",
    "Content-Type",
    "Retry-After",
    "Accept-Post",
    "Accept-Patch",
    "Allow",
    "WWW-Authenticate",
)
PLACE = "/live/<node>/<any(whip, whep):door>/<survey>/<participant>"


@blueprint.post(PLACE, provide_automatic_options=False)
@operation(sends="application/sdp", gives="application/sdp", status=201, open=True)
def offer(node: str, door: str, survey: str, participant: str) -> Response:
    """Publish (WHIP) or view (WHEP): an SDP offer for an SDP answer, with a ticket as bearer."""
    return _pass_on(node, survey, participant)


@blueprint.patch(f"{PLACE}/<session>", provide_automatic_options=False)
@operation(sends="application/trickle-ice-sdpfrag", gives="application/trickle-ice-sdpfrag", open=True)
def trickle(node: str, door: str, survey: str, participant: str, session: str) -> Response:
    """More ICE candidates, or an ICE restart (RFC 9725 § 4.3); 204 without a fragment of ours."""
    return _pass_on(node, survey, participant, session)


@blueprint.post(f"{PLACE}/<session>/layer", provide_automatic_options=False)
@operation(sends="application/json", status=204, open=True)
def layer(node: str, door: str, survey: str, participant: str, session: str) -> Response:
    """Which size a viewer wants of a picture that comes in several: `encodingId` by name, or `maxHeight` in pixels (of
    its shorter side); an empty object for any. WHEP sessions alone have it."""
    return _pass_on(node, survey, participant, session)


@blueprint.delete(f"{PLACE}/<session>", provide_automatic_options=False)
@operation(open=True)
def leave(node: str, door: str, survey: str, participant: str, session: str) -> Response:
    """End the session."""
    return _pass_on(node, survey, participant, session)


@blueprint.route(PLACE, methods=["OPTIONS"], provide_automatic_options=False)
@blueprint.route(f"{PLACE}/<session>", methods=["OPTIONS"], provide_automatic_options=False)
def told(node: str, door: str, survey: str, participant: str, session: str | None = None) -> Response:
    return _pass_on(node, survey, participant, *([session] if session else []))


def _pass_on(node: str, *parts: str) -> Response:
    """The path is passed on as it was matched: these words and nothing a client could put between them."""
    if not all(is_identifier(part) for part in parts[:2]) or not all(_plain(part) for part in parts):
        raise Invalid("field-wrong", field="path")
    headers = {name: request.headers[name] for name in SENT if name in request.headers}
    body = request.get_data(cache=False)
    if len(body) >= OFFER_LIMIT:  # a chunked one is cut off there without a word
        raise TooLarge("too-large", limit=OFFER_LIMIT)
    answer = services().nodes.pass_on(node, request.method, request.path, headers, body)
    known = {name.lower(): value for name, value in answer.headers.items()}
    response = Response(answer.body, answer.status)
    del response.headers["Content-Type"]
    for name in RETURNED:
        if name.lower() in known:
            response.headers[name] = known[name.lower()]
    return response


def _plain(part: str) -> bool:
    return part.isascii() and part.replace("-", "").replace("_", "").isalnum()
