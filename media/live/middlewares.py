"""What surrounds every request of the node: problem documents for refusals, and pages of any origin."""

import json
from collections.abc import Awaitable, Callable

from aiohttp import web

from media.live.problems import Refusal, problem

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def any_origin(request: web.Request, handler: Handler) -> web.StreamResponse:
    """WHIP and WHEP are for pages of any origin (RFC 9725, 4.5): what authorises is the ticket, never a cookie."""
    response = await handler(request)
    if request.path.startswith("/live/"):
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Expose-Headers"] = "Location, ETag, Link, Accept-Patch, Retry-After"
    return response


@web.middleware
async def refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every refusal becomes a problem document."""
    try:
        return await handler(request)
    except Refusal as refusal:
        return _document(refusal.code)
    except web.HTTPRequestEntityTooLarge:
        return _document("body-too-large")
    except web.HTTPNotFound:
        return _document("not-found")
    except web.HTTPMethodNotAllowed as error:
        return _document("method-refused", {"Allow": ", ".join(sorted(error.allowed_methods))})


def _document(code: str, headers: dict[str, str] | None = None) -> web.Response:
    document = problem(code)
    response = web.Response(status=int(str(document["status"])), body=json.dumps(document).encode(), headers=headers)
    response.headers["Content-Type"] = "application/problem+json"
    if code == "not-publishing":
        response.headers["Retry-After"] = "1"
    if response.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="takan"'
    return response
