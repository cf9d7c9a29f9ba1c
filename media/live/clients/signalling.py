"""WHIP and WHEP over HTTP, the client's side: post an offer, end a session, restart ICE."""

import asyncio
from dataclasses import dataclass
from urllib.parse import urljoin

import aiohttp

from media.live.description import Description
from media.live.sdp import parse

BODY = 64 * 1024  # bytes of an answer


class Refused(Exception):
    """A refusal of the node: HTTP status and the problem document's `code`, "" without one."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.status, self.code = status, code


@dataclass(frozen=True, slots=True)
class Session:
    """An accepted offer."""

    url: str
    etag: str
    answer: Description


class Signalling:
    """One WHIP or WHEP resource. Close it: it owns an HTTP connection."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}
        self._http = aiohttp.ClientSession()
        self._session: Session | None = None

    async def offer(self, sdp: str, patience: float) -> Session:
        """Post an offer; asked to come back later, do so for up to `patience` seconds. Raises `Refused`, `OSError`."""
        loop = asyncio.get_running_loop()
        until = loop.time() + patience
        while True:
            try:
                self._session = await self._post(sdp)
                return self._session
            except Refused as refused:
                if refused.code != "not-publishing" or loop.time() >= until:
                    raise
            await asyncio.sleep(0.2)

    async def _post(self, sdp: str) -> Session:
        headers = self._headers | {"Content-Type": "application/sdp"}
        async with self._http.post(self._url, data=sdp, headers=headers, allow_redirects=False) as response:
            if response.status != 201:
                raise await _refusal(response)
            text = (await response.content.read(BODY)).decode()
            where = urljoin(self._url, response.headers["Location"])
            return Session(where, response.headers.get("ETag", ""), parse(text))

    async def restart(self, fragment: str) -> str:
        """Ask for an ICE restart by PATCH; the answering fragment. Raises `Refused`."""
        headers = self._headers | {"Content-Type": "application/trickle-ice-sdpfrag", "If-Match": "*"}
        async with self._http.patch(self._where, data=fragment, headers=headers) as response:
            if response.status != 200:
                raise await _refusal(response)
            return (await response.content.read(BODY)).decode()

    async def choose(self, wish: dict[str, object]) -> None:
        """Ask for a layer of a simulcast: `encodingId` or `maxHeight`; empty: any. Raises `Refused`."""
        async with self._http.post(self._where + "/layer", json=wish, headers=self._headers) as response:
            if response.status >= 400:
                raise await _refusal(response)

    async def end(self) -> None:
        """Delete the session. Raises `Refused` when the node does not know it any more."""
        async with self._http.delete(self._where, headers=self._headers) as response:
            if response.status >= 400:
                raise await _refusal(response)

    async def close(self) -> None:
        await self._http.close()

    @property
    def _where(self) -> str:
        if self._session is None:
            raise Refused(404, "session-unknown")
        return self._session.url


async def _refusal(response: aiohttp.ClientResponse) -> Refused:
    try:
        problem = await response.json(content_type=None)
    except (ValueError, aiohttp.ClientPayloadError):
        problem = None
    return Refused(response.status, str(problem.get("code", "")) if isinstance(problem, dict) else "")
