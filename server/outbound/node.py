"""Speaks to media nodes by HTTP with the standard library. One connection a request: nodes are near and few."""

import http.client
import json
from collections.abc import Callable, Mapping
from typing import Any, cast
from urllib.parse import quote, urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from inspection.model.errors import NotFound, Unavailable
from media.client import (
    HEALTH_PATH,
    MESSAGE_PATH,
    REMOVE_PATH,
    ROOM_PATH,
    SPOOLED_PATH,
    ClosedTrack,
    RoomMessage,
    RoomState,
    Ticket,
    sign_ticket,
)
from server.services import Answer

ANSWER_LIMIT = 64 * 1024 * 1024  # bytes; a segment is the largest thing that a node hands out
CONTROL_US = 60_000_000  # how long a control ticket lives


class HttpNodes:
    """Implements `server.services.Nodes`."""

    def __init__(
        self,
        addresses: Mapping[str, str],
        key: Ed25519PrivateKey,
        now_us: Callable[[], int],
        new_id: Callable[[], str],
        seconds: float,
    ) -> None:
        self._addresses, self._key, self._now_us, self._new_id = addresses, key, now_us, new_id
        self._seconds = seconds

    def names(self) -> tuple[str, ...]:
        return tuple(self._addresses)

    def room(self, node: str, survey: str) -> RoomState:
        return cast(RoomState, self._control(node, survey, "GET", ROOM_PATH.format(survey=survey)))

    def tell(self, node: str, survey: str, message: RoomMessage) -> None:
        self._control(node, survey, "POST", MESSAGE_PATH.format(survey=survey), json.dumps(message).encode())

    def close_room(self, node: str, survey: str, ended_us: int | None = None) -> list[ClosedTrack]:
        path = ROOM_PATH.format(survey=survey)
        answer = self._control(node, survey, "DELETE", path if ended_us is None else f"{path}?ended_us={ended_us}")
        return cast(list[ClosedTrack], answer.get("tracks", []))

    def remove(self, node: str, survey: str, participant: str) -> None:
        self._control(node, survey, "DELETE", REMOVE_PATH.format(survey=survey, participant=participant))

    def spooled(self, node: str, survey: str, digest: str) -> bytes | None:
        path = SPOOLED_PATH.format(digest=digest)
        answer = self._ask(node, "GET", path, self._bearer(node, survey), b"")
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise Unavailable("node-away")
        return answer.body

    def health(self, node: str) -> dict[str, object]:
        answer = self._ask(node, "GET", HEALTH_PATH, {}, b"")
        if answer.status != 200:
            raise Unavailable("node-away")
        return _json(answer.body)

    def pass_on(self, node: str, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if node not in self._addresses:
            raise NotFound("node-unknown")
        return self._ask(node, method, quote(path, safe="/"), headers, body)

    def _control(self, node: str, survey: str, method: str, path: str, body: bytes = b"") -> dict[str, Any]:
        headers = {**self._bearer(node, survey), "Content-Type": "application/json"}
        answer = self._ask(node, method, path, headers, body)
        if answer.status >= 400:
            raise Unavailable("node-away", status=answer.status)
        return _json(answer.body) if answer.body else {}

    def _bearer(self, node: str, survey: str) -> dict[str, str]:
        ticket = Ticket(
            id=self._new_id(),
            node=node,
            survey=survey,
            participant="web",
            name="web",
            role="service",
            direction="control",
            epoch_us=0,
            expires_us=self._now_us() + CONTROL_US,
        )
        return {"Authorization": f"Bearer {sign_ticket(ticket, self._key)}"}

    def _ask(self, node: str, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        address = self._addresses.get(node)
        if address is None:
            raise Unavailable("node-away")
        where = urlsplit(address)
        connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=self._seconds)
        try:
            connection.request(method, path, body or None, dict(headers))
            response = connection.getresponse()
            data = response.read(ANSWER_LIMIT)
            return Answer(response.status, dict(response.getheaders()), data)
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable("node-away") from error
        finally:
            connection.close()


def _json(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except ValueError as error:
        raise Unavailable("node-away") from error
    return value if isinstance(value, dict) else {}
