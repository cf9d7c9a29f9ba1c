"""The node's HTTP door: WHIP (RFC 9725), WHEP (draft-ietf-wish-whep-03), control and health, on aiohttp."""

import asyncio
import logging
import re
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from media.client import (
    HEALTH_PATH,
    LAYER_PATH,
    MESSAGE_PATH,
    REMOVE_PATH,
    ROOM_PATH,
    SPOOLED_PATH,
    WHEP_PATH,
    WHIP_PATH,
    BadTicket,
    RoomState,
    Ticket,
    read_ticket,
)
from media.live.bodies import read_message, read_wish
from media.live.middlewares import any_origin, refusals
from media.live.problems import Refusal
from media.live.session import Session
from media.live.sessions import Sessions
from media.live.settings import Settings
from media.live.switchboard import Switchboard
from media.live.viewer import Viewer
from media.native import why as native
from media.record import Recorder

log = logging.getLogger(__name__)

_BODY: Final = 64 * 1024  # bytes
_METHODS: Final = "OPTIONS, POST, PATCH, DELETE"
_CLOSING: Final = 10.0  # seconds for which the end of a survey waits for its rows
_LAYER: Final = "urn:ietf:params:whep:ext:core:layer"  # draft-ietf-wish-whep-02, 4.6.3


class Door:
    """Judges tickets, translates requests, asks `Sessions`."""

    def __init__(
        self,
        settings: Settings,
        sessions: Sessions,
        recorder: Recorder,
        key: Ed25519PublicKey,
        now_us: Callable[[], int],
        board: Switchboard,
    ) -> None:
        self.port = 0
        self._settings, self._sessions, self._recorder = settings, sessions, recorder
        self._key, self._now_us, self._board = key, now_us, board
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen. Raises `OSError`."""
        app = web.Application(middlewares=[any_origin, refusals], client_max_size=_BODY)
        for path, offer in ((WHIP_PATH, self._whip), (WHEP_PATH, self._whep)):
            app.router.add_route("POST", path, offer)
            app.router.add_route("OPTIONS", path, _options)
            app.router.add_get(path, _empty, allow_head=True)
            session = path + "/{session}"
            app.router.add_route("OPTIONS", session, _options)
            app.router.add_get(session, _empty, allow_head=True)
            app.router.add_route("PATCH", session, self._patch)
            app.router.add_route("DELETE", session, self._delete)
        app.router.add_route("POST", LAYER_PATH, self._layer)
        app.router.add_route("GET", ROOM_PATH, self._room)
        app.router.add_route("DELETE", ROOM_PATH, self._close)
        app.router.add_route("POST", MESSAGE_PATH, self._message)
        app.router.add_route("DELETE", REMOVE_PATH, self._remove)
        app.router.add_route("GET", SPOOLED_PATH, self._spooled)
        app.router.add_route("GET", HEALTH_PATH, self._health)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._settings.http_host, self._settings.http_port)
        await site.start()
        self.port = int(self._runner.addresses[0][1])

    async def close(self) -> None:
        """Stop listening; requests that are being served may end."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _whip(self, request: web.Request) -> web.Response:
        ticket = self._ticket(request)
        text = await _sdp(request)
        survey, participant = request.match_info["survey"], request.match_info["participant"]
        self._check_node(request)
        return self._created(request, ticket, *self._sessions.publish(ticket, survey, participant, text))

    async def _whep(self, request: web.Request) -> web.Response:
        ticket = self._ticket(request)
        text = await _sdp(request)
        survey, participant = request.match_info["survey"], request.match_info["participant"]
        self._check_node(request)
        return self._created(request, ticket, *self._sessions.watch(ticket, survey, participant, text))

    def _created(self, request: web.Request, ticket: Ticket, session: Session, answer: str) -> web.Response:
        response = web.Response(status=201, body=answer.encode())
        response.headers["Content-Type"] = "application/sdp"
        response.headers["Location"] = f"{request.path}/{session.id}"
        response.headers["ETag"] = session.etag
        response.headers["Accept-Patch"] = "application/trickle-ice-sdpfrag"
        for server in self._settings.ice_servers.told(ticket.participant, self._now_us()):
            response.headers.add("Link", _link(server))
        if session.direction == "view":
            response.headers.add("Link", f'<{request.path}/{session.id}/layer>; rel="{_LAYER}"')
        return response

    async def _patch(self, request: web.Request) -> web.Response:
        session = self._session(request)
        if request.content_type != "application/trickle-ice-sdpfrag":
            raise Refusal("type-refused")
        condition = request.headers.get("If-Match")
        if condition is None:
            raise Refusal("condition-missing")
        if condition not in ("*", session.etag):
            raise Refusal("session-changed")
        fragment = self._sessions.patch(session, await _text(request))
        if fragment is None:
            return web.Response(status=204)
        response = web.Response(status=200, body=fragment.encode())
        response.headers["Content-Type"] = "application/trickle-ice-sdpfrag"
        response.headers["ETag"] = session.etag
        return response

    async def _layer(self, request: web.Request) -> web.Response:
        """Which layer of a simulcast the viewer wants: by its name, or none higher than he shows; nothing: any."""
        session = self._session(request)
        if not isinstance(session.handler, Viewer):
            raise Refusal("not-found")
        session.handler.wish(read_wish(await _text(request)))
        return web.Response(status=204)

    async def _delete(self, request: web.Request) -> web.Response:
        self._session(request).peer.end("left")
        return web.Response(status=200)

    async def _room(self, request: web.Request) -> web.Response:
        survey = self._controls(request)
        room = self._sessions.rooms.get(survey)
        empty: RoomState = {"survey": survey, "participants": [], "recording": False, "recorded_us": 0}
        return web.json_response(room.state() if room is not None else empty)

    async def _close(self, request: web.Request) -> web.Response:
        survey = self._controls(request)
        self._sessions.close_room(survey)
        ended = request.query.get("ended_us", "")
        ended_us = int(ended) if ended.isascii() and ended.isdigit() and len(ended) < 20 else None
        done: Future[Any] = self._recorder.close_survey(survey, ended_us)
        try:
            tracks = await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(done)), _CLOSING)
        except (TimeoutError, OSError) as error:
            log.warning("a survey is not written down yet", exc_info=error, extra={"survey": survey})
            raise Refusal("unfinished") from error
        return web.json_response({"tracks": tracks})

    async def _message(self, request: web.Request) -> web.Response:
        survey = self._controls(request)
        message = read_message(await _text(request))
        room = self._sessions.rooms.get(survey)
        if room is not None:
            room.tell(message)
        return web.Response(status=204)

    async def _remove(self, request: web.Request) -> web.Response:
        self._sessions.remove(self._controls(request), request.match_info["participant"])
        return web.Response(status=204)

    async def _spooled(self, request: web.Request) -> web.Response:
        self._control_ticket(request)
        digest = request.match_info["digest"]
        found = None
        if re.fullmatch(r"[0-9a-f]{64}", digest):
            found = await asyncio.to_thread(self._recorder.spooled, digest)
        if found is None:
            raise Refusal("not-found")
        return web.Response(body=found, content_type="application/octet-stream")

    async def _health(self, request: web.Request) -> web.Response:
        waiting, waiting_bytes = self._recorder.backlog()
        return web.json_response(
            {
                "status": self._status(),
                "node": self._settings.name,
                "rooms": len(self._sessions.rooms),
                "sessions": len(self._sessions.all),
                "disk_free": self._recorder.free(),
                "backlog": waiting,
                "backlog_bytes": waiting_bytes,
                "troubles": self._recorder.troubles(),
                "dropped": dict(self._board.counts),
                "sent": sum(port.sent for port in self._board.ports),
                "native": native,
                "send_errors": sum(port.send_errors for port in self._board.ports),
            }
        )

    def _status(self) -> str:
        if not self._recorder.alive:
            return "recorder-dead"
        return "ok" if self._recorder.accepting() else "disk-low"

    def _ticket(self, request: web.Request, *, expires: bool = True) -> Ticket:
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not text:
            raise Refusal("ticket-missing")
        try:
            return read_ticket(text.strip(), self._key, self._now_us() if expires else 0)
        except BadTicket as error:
            raise Refusal(error.code) from error

    def _check_node(self, request: web.Request) -> None:
        if request.match_info["node"] != self._settings.name:
            raise Refusal("not-found")

    def _session(self, request: web.Request) -> Session:
        self._check_node(request)
        direction = "publish" if "/whip/" in request.path else "view"
        found = request.match_info
        ticket = self._ticket(request, expires=False)  # it was judged when the offer came
        return self._sessions.find(found["session"], found["survey"], found["participant"], direction, ticket)

    def _control_ticket(self, request: web.Request) -> Ticket:
        ticket = self._ticket(request)
        if ticket.direction != "control" or ticket.node != self._settings.name:
            raise Refusal("ticket-wrong-place")
        return ticket

    def _controls(self, request: web.Request) -> str:
        survey = request.match_info["survey"]
        if self._control_ticket(request).survey != survey:
            raise Refusal("ticket-wrong-place")
        return survey


async def _options(request: web.Request) -> web.Response:
    """Without authentication (RFC 9725, 4.5); what may be posted."""
    headers = {"Accept-Post": "application/sdp", "Allow": _METHODS, "Access-Control-Allow-Methods": _METHODS}
    headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, If-Match"
    return web.Response(status=200, headers=headers)


async def _empty(request: web.Request) -> web.Response:
    """GET and HEAD are kept for later versions of WHIP: nothing to see."""
    return web.Response(status=204)


async def _sdp(request: web.Request) -> str:
    if request.content_type != "application/sdp":
        raise Refusal("type-refused")
    return await _text(request)


async def _text(request: web.Request) -> str:
    body = await request.read()
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise Refusal("sdp-invalid") from error


def _link(server: dict[str, str]) -> str:
    """RFC 9725, 4.6."""
    told = f'<{server["urls"]}>; rel="ice-server"'
    if "username" in server:
        told += f'; username="{server["username"]}"; credential="{server["credential"]}"; credential-type="password"'
    return told
