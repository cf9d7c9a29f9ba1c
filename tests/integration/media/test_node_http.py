"""The node's HTTP door: RFC 9725's rules, tickets, and a problem document for every refusal."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientSession

from media.client import MESSAGE_KINDS, IceServers
from media.live.clients.offers import Offering, offer
from media.live.clients.publisher import Publisher
from media.live.clients.sources import Silence, SyntheticVideo
from media.live.problems import TABLE
from media.live.settings import Limits, Settings
from tests.fixtures.processes import until
from tests.integration.media.nodes import House, a_node

MINE = Offering("abcd", "a" * 24, ":".join(["AB"] * 32), {"video": (1, 2), "audio": (3, 4)}, True)
OFFER = offer(MINE, ["video", "audio"], "sendonly", ["42e01f"])
WATCH = offer(MINE, ["video", "audio"], "recvonly", ["42e01f"])
H265_ONLY = OFFER.replace("H264/90000", "H265/90000")
SERVERS = IceServers(("stun:stun.example.org",), ("turn:turn.example.org",), "shared")
SDP = {"Content-Type": "application/sdp"}
FRAGMENT = {"Content-Type": "application/trickle-ice-sdpfrag"}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def with_node(
    folder: Path,
    story: Callable[[House, ClientSession], Awaitable[None]],
    prepare: Callable[[Settings], Settings] = lambda given: given,
) -> None:
    async def run() -> None:
        async with a_node(folder, prepare) as house, ClientSession() as http:
            await asyncio.wait_for(story(house, http), 30)

    asyncio.run(run())


async def code(answer: ClientResponse) -> tuple[int, Any]:
    """Status and code of a problem document, whose members agree."""
    assert answer.content_type == "application/problem+json", await answer.text()
    document = await answer.json(content_type=None)
    assert document["status"] == answer.status == TABLE[document["code"]][0]
    assert document["type"] == f"/problems/{document['code']}"
    assert document["title"]
    return answer.status, document["code"]


def test_an_offer_is_answered_within_a_second_as_rfc_9725_says(tmp_path: Path) -> None:
    async def story(house: House, http: ClientSession) -> None:
        began = time.monotonic()
        answer = await http.post(house.whip(), data=OFFER, headers=SDP | bearer(house.ticket()))
        assert time.monotonic() - began < 1
        assert answer.status == 201
        assert answer.content_type == "application/sdp"
        assert answer.headers["Location"].startswith("/live/n1/whip/s1/p1/")
        etag = answer.headers["ETag"]
        assert etag.startswith('"')
        assert etag != '"*"'
        stun, relay = answer.headers.getall("Link")
        assert stun == '<stun:stun.example.org>; rel="ice-server"'
        assert relay.startswith('<turn:turn.example.org>; rel="ice-server"; username="')
        assert ':p1"; credential="' in relay
        assert relay.endswith('"; credential-type="password"')
        text = await answer.text()
        assert f"127.0.0.1 {house.node.udp_port} typ host" in text
        assert "a=ice-lite" in text
        assert "video-orientation" not in text
        other = await http.post(house.whip("p5"), data=OFFER, headers=SDP | bearer(house.ticket(participant="p5")))
        assert other.headers["ETag"] != etag

    with_node(tmp_path, story, lambda given: replace(given, ice_servers=SERVERS))


def test_other_methods_have_their_rules(tmp_path: Path) -> None:
    async def story(house: House, http: ClientSession) -> None:
        options = await http.options(house.whip())
        assert (options.status, options.headers["Accept-Post"]) == (200, "application/sdp")
        for method in ("GET", "HEAD"):
            empty = await http.request(method, house.whip())
            assert (empty.status // 100, await empty.read()) == (2, b"")
        put = await http.put(house.whip(), data=b"x")
        assert await code(put) == (405, "method-refused")
        assert "POST" in put.headers["Allow"]
        assert await code(await http.get(house.base + "/elsewhere")) == (404, "not-found")

    with_node(tmp_path, story)


def test_trickle_restart_and_the_end_of_a_session(tmp_path: Path) -> None:
    async def story(house: House, http: ClientSession) -> None:
        auth = bearer(house.ticket())
        made = await http.post(house.whip(), data=OFFER, headers=SDP | auth)
        where, etag = house.base + made.headers["Location"], made.headers["ETag"]
        trickle = "a=ice-ufrag:abcd\r\na=ice-pwd:" + "a" * 24 + "\r\na=mid:0\r\na=end-of-candidates\r\n"
        restart = trickle.replace("abcd", "efgh")
        assert await code(await http.patch(where, data=trickle, headers=FRAGMENT | auth)) == (428, "condition-missing")
        wrong = FRAGMENT | auth | {"If-Match": '"other"'}
        assert await code(await http.patch(where, data=trickle, headers=wrong)) == (412, "session-changed")
        fits = FRAGMENT | auth | {"If-Match": etag}
        kept = await http.patch(where, data=trickle, headers=fits)
        assert (kept.status, "ETag" in kept.headers) == (204, False)
        assert await code(await http.patch(where, data="a=ice-ufrag:x\r\n", headers=fits)) == (422, "patch-refused")
        typed = fits | {"Content-Type": "text/plain"}
        assert await code(await http.patch(where, data=trickle, headers=typed)) == (415, "type-refused")
        renewed = await http.patch(where, data=restart, headers=FRAGMENT | auth | {"If-Match": "*"})
        assert renewed.status == 200
        assert renewed.headers["ETag"] != etag
        text = await renewed.text()
        assert "a=ice-ufrag:" in text
        assert "a=ice-pwd:" in text
        auth = bearer(house.ticket(expires_us=1))  # tickets last minutes, sessions hours
        stranger = bearer(house.ticket(participant="p9"))
        assert await code(await http.delete(where, headers=stranger)) == (403, "ticket-wrong-place")
        ended = await http.delete(where, headers=auth | {"If-Match": '"whatever"'})
        assert ended.status == 200
        assert await code(await http.delete(where, headers=auth)) == (404, "session-unknown")

    with_node(tmp_path, story)


def test_a_viewer_says_which_size_he_wants(tmp_path: Path) -> None:
    async def story(house: House, http: ClientSession) -> None:
        publisher = Publisher(house.whip(), house.ticket(), {"video": SyntheticVideo(), "audio": Silence()})
        await publisher.start()
        await until("he publishes", lambda: len(house.publishing()) == 2)
        auth = bearer(house.view_ticket())
        made = await http.post(house.whep(), data=WATCH, headers=SDP | auth)
        link = next(one for one in made.headers.getall("Link") if "urn:ietf:params:whep:ext:core:layer" in one)
        where = house.base + made.headers["Location"]
        assert link.startswith(f"<{made.headers['Location']}/layer>")
        for wish in ({}, {"encodingId": "h"}, {"maxHeight": 360}, {"mediaId": "0", "encodingId": "no-such"}):
            assert (await http.post(where + "/layer", json=wish, headers=auth)).status == 204
        wrong = ("[]", "x", '{"encodingId": 1}', '{"maxHeight": -1}', '{"maxHeight": true}', '{"maxHeight": 1e9}')
        for text in wrong:
            assert await code(await http.post(where + "/layer", data=text, headers=auth)) == (400, "message-invalid")
        assert await code(await http.post(where + "/layer", json={})) == (401, "ticket-missing")
        stranger = bearer(house.view_ticket(participant="p9"))
        assert await code(await http.post(where + "/layer", json={}, headers=stranger)) == (403, "ticket-wrong-place")
        gone = await http.post(where + "x/layer", json={}, headers=auth)
        assert await code(gone) == (404, "session-unknown")
        await publisher.stop()

    with_node(tmp_path, story)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"survey": "s2"}, (403, "ticket-wrong-place")),
        ({"participant": "p2"}, (403, "ticket-wrong-place")),
        ({"direction": "view"}, (403, "ticket-wrong-place")),
        ({"direction": "control"}, (403, "ticket-wrong-place")),
        ({"node": "n2"}, (403, "ticket-wrong-place")),
        ({"expires_us": 1}, (401, "ticket-expired")),
    ],
)
def test_a_ticket_for_something_else_is_refused(
    tmp_path: Path, changes: dict[str, Any], expected: tuple[int, str]
) -> None:
    async def story(house: House, http: ClientSession) -> None:
        answer = await http.post(house.whip(), data=OFFER, headers=SDP | bearer(house.ticket(**changes)))
        assert await code(answer) == expected
        assert house.node.sessions.all == {}

    with_node(tmp_path, story)


def test_bad_offers_are_refused_and_leave_nothing(tmp_path: Path) -> None:
    async def story(house: House, http: ClientSession) -> None:
        auth = SDP | bearer(house.ticket())

        async def posted(body: str | bytes, headers: dict[str, str] = auth) -> tuple[int, Any]:
            return await code(await http.post(house.whip(), data=body, headers=headers))

        assert await posted(OFFER, SDP) == (401, "ticket-missing")
        assert await posted(OFFER, SDP | bearer("bm90.YSB0aWNrZXQ")) == (401, "ticket-invalid")
        forged = house.ticket()[:-4] + "AAAA"
        assert await posted(OFFER, SDP | bearer(forged)) == (401, "ticket-invalid")
        assert await posted("v=0\r\nnonsense") == (400, "sdp-invalid")
        assert await posted(b"\xff\xfe\x00") == (400, "sdp-invalid")
        assert await posted(H265_ONLY) == (406, "codec-refused")
        assert await posted("x" * 70_000) == (413, "body-too-large")
        assert await posted(OFFER, auth | {"Content-Type": "application/json"}) == (415, "type-refused")
        assert house.node.sessions.all == {}

    with_node(tmp_path, story)


def test_a_viewer_before_the_publisher_is_asked_to_come_again(tmp_path: Path) -> None:
    async def story(house: House, http: ClientSession) -> None:
        early = await http.post(house.whep(), data=WATCH, headers=SDP | bearer(house.view_ticket()))
        assert await code(early) == (409, "not-publishing")
        assert early.headers["Retry-After"] == "1"
        assert house.node.sessions.rooms == {}

    with_node(tmp_path, story)


def test_limits_of_tickets_and_node_are_said(tmp_path: Path) -> None:
    async def story(house: House, http: ClientSession) -> None:
        publisher = Publisher(house.whip(), house.ticket(), {"audio": Silence()})
        await publisher.start()
        taken = await http.post(house.whip(), data=OFFER, headers=SDP | bearer(house.ticket(participant="p4")))
        assert await code(taken) == (409, "place-taken")
        one = SDP | bearer(house.view_ticket(sessions=1))
        assert (await http.post(house.whep(), data=WATCH, headers=one)).status == 201
        assert await code(await http.post(house.whep(), data=WATCH, headers=one)) == (429, "tickets-exhausted")
        other = SDP | bearer(house.view_ticket(id="t9"))
        assert await code(await http.post(house.whep(), data=WATCH, headers=other)) == (503, "node-full")
        elsewhere = SDP | bearer(house.ticket(survey="s2"))
        assert await code(await http.post(house.whip(survey="s2"), data=OFFER, headers=elsewhere)) == (503, "node-full")
        await publisher.stop()

    limits = Limits(rooms=1, sessions=2)
    with_node(tmp_path, story, lambda given: replace(given, limits=limits))


def test_control_needs_its_own_ticket_and_ends_a_survey_for_good(tmp_path: Path) -> None:
    async def story(house: House, http: ClientSession) -> None:
        room = house.base + "/control/rooms/s1"
        control = bearer(house.control_ticket())
        for token in (house.ticket(), house.view_ticket(), house.control_ticket(survey="s2")):
            assert await code(await http.get(room, headers=bearer(token))) == (403, "ticket-wrong-place")
        assert (await (await http.get(room, headers=control)).json())["participants"] == []
        publisher = Publisher(house.whip(), house.ticket(), {"video": SyntheticVideo(), "audio": Silence()})
        await publisher.start()
        await until("both kinds come in", lambda: len(house.publishing()) == 2)
        assert [one["publishing"] for one in (await house.room())["participants"]] != [[]]
        closed = await http.delete(room, headers=control)
        assert closed.status == 200
        tracks = {track["id"] for track in (await closed.json())["tracks"]}
        assert tracks == {"p1.video", "p1.audio"}
        assert set(house.shelf.tracks) == tracks
        again = await http.delete(room, headers=control)
        assert {track["id"] for track in (await again.json())["tracks"]} == tracks
        late = await http.post(house.whip(), data=OFFER, headers=SDP | bearer(house.ticket()))
        assert await code(late) == (409, "survey-ended")
        assert house.node.sessions.all == {}
        await publisher.vanish()

    with_node(tmp_path, story)


def test_messages_must_have_their_shape(tmp_path: Path) -> None:
    async def story(house: House, http: ClientSession) -> None:
        url = house.base + "/control/rooms/s1/messages"
        control = bearer(house.control_ticket())
        for body in ("", "[]", "{}", '{"kind":"shout"}', '{"kind":"focus","who":3}', '{"kind":"focus","body":[]}'):
            assert await code(await http.post(url, data=body, headers=control)) == (400, "message-invalid")
        for kind in MESSAGE_KINDS:
            assert (await http.post(url, json={"kind": kind}, headers=control)).status == 204

    with_node(tmp_path, story)


def test_spooled_bytes_and_health(tmp_path: Path) -> None:
    async def story(house: House, http: ClientSession) -> None:
        control = bearer(house.control_ticket())
        for digest in ("0" * 64, "nonsense", "..%2f..%2fetc"):
            found = await http.get(f"{house.base}/control/spool/{digest}", headers=control)
            assert await code(found) == (404, "not-found")
        health = await (await http.get(house.base + "/health")).json()
        assert health["status"] in ("ok", "disk-low")
        assert (health["rooms"], health["sessions"], health["backlog"]) == (0, 0, 0)
        assert health["disk_free"] > 0

    with_node(tmp_path, story)
