"""The same clients towards a Janus gateway (1.x, VideoRoom plugin), for comparison: its own signalling over HTTP.

await create_room(base, room, folder)                                    # recorded into `folder`
publisher = JanusPublisher(base, room, {"video": SyntheticVideo()})      # base: "http://host:8088/janus"
viewer = JanusViewer(base, room)                                         # watches the room's first publisher
"""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import aiohttp

from media.live.clients.publisher import Publisher
from media.live.clients.signalling import Refused, Session
from media.live.clients.sources import Source
from media.live.clients.viewer import Viewer
from media.live.description import Description, Media
from media.live.sdp import parse

PATIENCE = 10.0  # s for an event
PLUGIN = "janus.plugin.videoroom"


class Handle:
    """A session of the gateway with one handle of the plugin."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._http = aiohttp.ClientSession()
        self._session = self._handle = ""

    async def open(self) -> None:
        """Raises `Refused`, `aiohttp.ClientError`."""
        created = await self._post(self._base, {"janus": "create"})
        self._session = f"{self._base}/{created['data']['id']}"
        attached = await self._post(self._session, {"janus": "attach", "plugin": PLUGIN})
        self._handle = f"{self._session}/{attached['data']['id']}"

    async def say(self, body: dict[str, Any], jsep: dict[str, str] | None = None) -> dict[str, Any]:
        """A message to the plugin; its answer, at once or as an event. Raises `Refused`, `TimeoutError`."""
        transaction = secrets.token_hex(6)
        message = {"janus": "message", "body": body} | ({"jsep": jsep} if jsep else {})
        answer = await self._post(self._handle, message, transaction)
        async with asyncio.timeout(PATIENCE):
            while answer.get("janus") == "ack" or answer.get("transaction") != transaction:
                async with self._http.get(self._session) as response:
                    answer = await response.json()
        data = answer.get("plugindata", {}).get("data", {})
        if "error" in data:
            raise Refused(int(data.get("error_code", 0)), str(data["error"]))
        return answer

    async def _post(self, url: str, message: dict[str, Any], transaction: str = "") -> dict[str, Any]:
        sent = message | {"transaction": transaction or secrets.token_hex(6)}
        async with self._http.post(url, json=sent) as response:
            answer: dict[str, Any] = await response.json()
        if answer.get("janus") == "error":
            raise Refused(int(answer["error"]["code"]), str(answer["error"]["reason"]))
        return answer

    async def destroy(self) -> None:
        """End the session and all that hangs on it."""
        if self._session:
            await self._post(self._session, {"janus": "destroy"})

    async def close(self) -> None:
        await self._http.close()


async def create_room(base: str, room: int, folder: str) -> None:
    """A recorded room for one publisher. Raises `Refused`, `aiohttp.ClientError`."""
    handle = Handle(base)
    try:
        await handle.open()
        wanted = {"request": "create", "room": room, "publishers": 1, "videocodec": "h264", "audiocodec": "opus"}
        await handle.say(wanted | {"record": True, "rec_dir": folder, "bitrate": 0, "fir_freq": 0})
        await handle.destroy()
    finally:
        await handle.close()


class _Signalling:
    """What publishing and subscribing have in common."""

    def __init__(self, base: str, room: int) -> None:
        self._room, self._base = room, base
        self._handle = Handle(base)

    async def restart(self, fragment: str) -> str:
        raise Refused(405, "not-spoken")

    async def choose(self, wish: dict[str, object]) -> None:
        raise Refused(405, "not-spoken")

    async def end(self) -> None:
        await self._handle.destroy()

    async def close(self) -> None:
        await self._handle.close()


class _Publishing(_Signalling):
    """Our offer, the gateway's answer."""

    async def offer(self, sdp: str, patience: float) -> Session:
        await self._handle.open()
        await self._handle.say({"request": "join", "ptype": "publisher", "room": self._room})
        event = await self._handle.say({"request": "publish"}, {"type": "offer", "sdp": sdp})
        return Session(self._base, "", parse(event["jsep"]["sdp"]))


class _Subscribing(_Signalling):
    """The gateway offers: our own offer tells credentials and fingerprint for the answer."""

    async def offer(self, sdp: str, patience: float) -> Session:
        await self._handle.open()
        loop = asyncio.get_running_loop()
        until = loop.time() + patience
        while not (feed := await self._feed()):
            if loop.time() >= until:
                raise Refused(409, "not-publishing")
            await asyncio.sleep(0.1)
        join = {"request": "join", "ptype": "subscriber", "room": self._room, "streams": [{"feed": feed}]}
        event = await self._handle.say(join)
        theirs = parse(event["jsep"]["sdp"])
        answer = {"type": "answer", "sdp": _answer(parse(sdp), theirs)}
        await self._handle.say({"request": "start"}, answer)
        # The gateway begins the handshake: it drops what comes before it is ready, and a second goes by.
        return Session(self._base, "", replace(theirs, transport=replace(theirs.transport, setup="active")))

    async def _feed(self) -> int:
        """The room's first publisher, 0 without one."""
        answer = await self._handle.say({"request": "listparticipants", "room": self._room})
        people = answer["plugindata"]["data"].get("participants", [])
        return next((int(one["id"]) for one in people if one.get("publisher")), 0)


class JanusPublisher(Publisher):
    """`Publisher` into a room of the gateway."""

    def __init__(self, base: str, room: int, sources: Mapping[str, Source], **options: Any) -> None:
        self._room = room
        super().__init__(base, "", sources, **options)

    def _signaller(self, url: str, token: str) -> _Publishing:
        return _Publishing(url, self._room)


class JanusViewer(Viewer):
    """`Viewer` of a room of the gateway."""

    def __init__(self, base: str, room: int, **options: Any) -> None:
        self._room = room
        super().__init__(base, "", **options)

    def _signaller(self, url: str, token: str) -> _Subscribing:
        return _Subscribing(url, self._room)


def _answer(mine: Description, theirs: Description) -> str:
    """All that is offered is taken; the gateway begins the handshake."""
    lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0"]
    lines.append("a=group:BUNDLE " + " ".join(media.mid for media in theirs.medias))
    for media in theirs.medias:
        lines += _section(media, mine)
    return "\r\n".join(lines) + "\r\n"


def _section(media: Media, mine: Description) -> list[str]:
    lines = [
        f"m={media.kind} 9 {media.protocol} {' '.join(str(codec.payload_type) for codec in media.codecs)}",
        *("c=IN IP4 0.0.0.0", f"a=mid:{media.mid}", "a=recvonly", "a=rtcp-mux"),
        *(f"a=ice-ufrag:{mine.transport.ufrag}", f"a=ice-pwd:{mine.transport.password}"),
        *(f"a=fingerprint:{kind} {value}" for kind, value in mine.transport.fingerprints),
        "a=setup:passive",
    ]
    for codec in media.codecs:
        channels = f"/{codec.channels}" if codec.channels > 1 else ""
        lines.append(f"a=rtpmap:{codec.payload_type} {codec.name}/{codec.clock_rate}{channels}")
        if codec.parameters:
            told = ";".join(f"{key}={value}" if value else key for key, value in codec.parameters.items())
            lines.append(f"a=fmtp:{codec.payload_type} {told}")
        lines += [f"a=rtcp-fb:{codec.payload_type} {told}" for told in codec.feedback]
    return lines
