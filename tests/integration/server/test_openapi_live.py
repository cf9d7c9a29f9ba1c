"""WHIP and WHEP through the web role, on a real node: with a ticket, another's and none, answers are as described."""

from pathlib import Path
from typing import Any

import imageio_ffmpeg
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from server.roles import demo
from server.roles.demo_instance import instance
from server.roles.demo_media import camera, make_clip
from tests.fixtures.processes import wait_until

for kind in ("application/sdp", "application/trickle-ice-sdpfrag"):
    schemathesis.serializer.alias(kind, "text/plain")
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
TRIES = 25
OFFERS = ("", "v=0\r\n", "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n")


def test_whip_and_whep_answer_as_described(tmp_path: Path) -> None:
    ffmpeg, clip = imageio_ffmpeg.get_ffmpeg_exe(), tmp_path / "clip.mp4"
    make_clip(ffmpeg, clip, 5)
    with instance(tmp_path / "data", None) as url:
        cast, _, survey = demo.begin(url, tmp_path / "data", None)
        me = cast.applicant.get("me")["me"]["id"]
        ticket = cast.applicant.post(f"surveys/{survey}/tickets", {"direction": "publish", "participant": me})
        own = {"node": ticket["url"].split("/")[2], "survey": survey, "participant": me}
        schema: Any = schemathesis.openapi.from_url(f"{url}/api/v1/openapi.json").include(path_regex="^/live/")
        for operation in (result.ok() for result in schema.get_all_operations()):
            ask(operation, own, ticket["token"])
            ask(operation, {}, ticket["token"])
        with camera(ffmpeg, clip, url + ticket["url"], ticket["token"]):  # after all that it still takes a picture
            wait_until("he publishes", lambda: cast.inspector.get(f"surveys/{survey}/room")["recording"], 60)


def ask(operation: Any, own: dict[str, str], token: str) -> None:
    bearers = st.sampled_from([None, "Bearer ", f"Bearer {token}", f"Bearer {token[:-4]}AAAA", "Basic eDp5"])

    @settings(
        max_examples=TRIES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy(), bearer=bearers, offer=st.none() | st.sampled_from(OFFERS))
    def tried(case: Any, bearer: str | None, offer: str | None) -> None:
        case.path_parameters |= {name: value for name, value in own.items() if name in case.path_parameters}
        if offer is not None and operation.method.upper() != "DELETE":
            case.body = offer
        answer = case.call(headers={"Authorization": bearer} if bearer else {})
        case.validate_response(answer, checks=CHECKS)

    tried()
