"""`takan survey new` on a running instance: addresses that an encoder can use as they are."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.instance import Instance

HOUSE = Path(__file__).resolve().parents[3]
OFFER = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"


def new_survey(data: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "server.cli", "survey", "new", "--data", str(data), *words]
    return subprocess.run(command, cwd=HOUSE, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def survey(instance: Instance) -> dict[str, Any]:
    done = new_survey(instance.data, "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def offered(url: str, token: str | None, data: bytes, kind: str = "application/sdp") -> tuple[int, Any, Any]:
    headers = {"Content-Type": kind} | ({"Authorization": f"Bearer {token}"} if token is not None else {})
    request = urllib.request.Request(url, data, headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, json.loads(error.read())


def test_it_prints_case_survey_and_both_addresses(survey: dict[str, Any], instance: Instance) -> None:
    assert {"case", "survey", "whip", "whep"} <= set(survey)
    for name in ("whip", "whep"):
        assert survey[name]["url"].startswith(f"{instance.url}/live/")
        assert survey[name]["token"]


def test_two_surveys_are_two_cases(survey: dict[str, Any], instance: Instance) -> None:
    other = json.loads(new_survey(instance.data, "--json").stdout)
    assert other["case"] != survey["case"]


@pytest.mark.parametrize("data", [b"", b"garbage", OFFER, b"\xff" * 100])
def test_a_garbage_offer_is_a_400(survey: dict[str, Any], data: bytes) -> None:
    status, headers, body = offered(survey["whip"]["url"], survey["whip"]["token"], data)
    assert 400 <= status < 500
    assert headers.get_content_type() == "application/problem+json"
    assert body["code"]


@pytest.mark.parametrize(
    ("token", "code"), [(None, "ticket-missing"), ("x", "ticket-invalid"), ("a.b", "ticket-invalid")]
)
def test_a_forged_ticket_is_a_401(survey: dict[str, Any], token: str | None, code: str) -> None:
    status, _, body = offered(survey["whip"]["url"], token, OFFER)
    assert (status, body["code"]) == (401, code)


def test_a_ticket_for_watching_does_not_publish(survey: dict[str, Any]) -> None:
    status, _, body = offered(survey["whip"]["url"], survey["whep"]["token"], OFFER)
    assert (status, body["code"]) == (403, "ticket-wrong-place")


def test_another_kind_of_body_is_a_415(survey: dict[str, Any]) -> None:
    assert offered(survey["whip"]["url"], survey["whip"]["token"], OFFER, "text/plain")[0] == 415


def test_without_a_running_instance_it_says_so(tmp_path: Path) -> None:
    done = new_survey(tmp_path)
    assert done.returncode == 1
    assert "start `takan up`" in done.stderr


def test_somebody_who_is_not_there_is_refused(instance: Instance) -> None:
    done = new_survey(instance.data, "--inspector", "nobody")
    assert done.returncode == 1
    assert "person-unknown" in done.stderr
