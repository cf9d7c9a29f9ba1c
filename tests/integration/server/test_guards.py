"""What protects every page and every write."""

import re
from pathlib import Path
from typing import Any

import pytest

from server.configuration import Web
from tests.integration.server.world import PASSWORD, Browser, World, make_world

READ = ("/sign-in", "/style", "/api/v1/me", "/health", "/nowhere")


@pytest.mark.parametrize("path", READ)
def test_every_answer_carries_the_headers(world: World, path: str) -> None:
    headers = world.browser("nobody").get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"  # "no-referrer" would make a form's Origin null
    assert "camera=(self)" in headers["Permissions-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in headers  # http here


def test_pages_hold_nothing_that_the_policy_forbids(world: World) -> None:
    facts = {name.removeprefix("own."): value for name, value in world.facts.items()}
    pages = {
        "inspector": ["/cases", "/cases/new", "/surveys", "/password"],
        "approver": ["/cases"],
        "applicant": [],
        "administrator": ["/people", "/settings", "/style"],
    }
    pages["inspector"] += [f"/cases/{facts['case']}", f"/surveys/{facts['survey']}/console"]
    pages["approver"] += [f"/cases/{facts['case']}", f"/surveys/{facts['survey']}/review"]
    pages["applicant"] += [f"/visit/{facts['survey']}", f"/visit/{facts['survey']}/film"]
    for who, paths in pages.items():
        for path in paths:
            response = world.browser(who).get(path)
            text = response.get_data(as_text=True)
            assert response.status_code == 200, (who, path)
            assert not re.search(r"\sstyle=|\son[a-z]+=\"|javascript:", text), (who, path)
            for tag in re.findall(r"<script[^>]*>", text):
                assert "src=" in tag or 'type="application/json"' in tag, (who, path, tag)


def test_over_https_cookies_are_bound_to_the_host(tmp_path: Path) -> None:
    world = make_world(tmp_path, Web(url="https://takan.example.org"))
    client = world.app.test_client()
    page = client.get("/sign-in", base_url="https://takan.example.org")
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000"
    found = [value for name, value in page.headers if name == "Set-Cookie"]
    assert found
    for cookie in found:
        assert cookie.startswith("__Host-takan-form=")
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}


def test_a_write_without_the_token_is_refused(world: World) -> None:
    browser = world.browser("inspector")
    survey = world.facts["own.survey"]
    browser.csrf = "0" * 64
    response = browser.ask("POST", f"/api/v1/surveys/{survey}/focus", {"check": None})
    assert response.status_code == 403
    assert response.get_json()["code"] == "form-expired"
    page = browser.ask("POST", "/cases/new", form={"item": "food"})
    assert page.status_code == 403
    assert page.mimetype == "text/html"


def test_the_token_of_another_browser_is_refused(world: World) -> None:
    mine, another = world.browser("inspector"), world.browser("inspector")
    mine.csrf = another.csrf
    assert mine.ask("POST", "/api/v1/sign-out", {}).status_code == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
    ],
)
def test_a_write_from_another_site_is_refused(world: World, headers: dict[str, str], status: int) -> None:
    response = world.browser("inspector").ask("POST", "/api/v1/sign-out", {}, headers=headers)
    assert response.status_code == status


def test_signing_in_gives_a_new_secret_and_closes_the_old(world: World) -> None:
    browser = world.browser("inspector")
    old = world.secrets["inspector"]
    response = browser.ask("POST", "/api/v1/sign-in", {"sign_in": "inspector", "password": PASSWORD})
    assert response.status_code == 200
    fresh = cookie_of(browser)
    assert fresh
    assert fresh != old
    assert Browser(world, old).get("/api/v1/me").get_json()["me"] is None


def test_too_many_wrong_passwords_make_a_pause(world: World) -> None:
    browser = world.browser("nobody")
    statuses = [
        browser.ask("POST", "/api/v1/sign-in", {"sign_in": "inspector", "password": "wrong"}).status_code
        for _ in range(12)
    ]
    assert statuses[0] == 401
    assert statuses[-1] == 429
    last = browser.ask("POST", "/api/v1/sign-in", {"sign_in": "inspector", "password": PASSWORD})
    assert last.status_code == 429
    assert int(last.headers["Retry-After"]) > 0


def test_a_wrong_password_is_told_in_the_page_and_what_was_typed_stays(world: World) -> None:
    response = world.browser("nobody").ask("POST", "/sign-in", form={"sign_in": "chen", "password": "x", "next": "/"})
    assert response.status_code == 401
    assert 'value="chen"' in response.get_data(as_text=True)


def test_a_one_time_password_must_be_replaced_first(world: World) -> None:
    admin = world.browser("administrator")
    made = admin.ask("POST", "/api/v1/people", {"name": "New", "sign_in": "new", "role": "inspector"}).get_json()
    password = made["one_time_password"]
    browser = world.browser("nobody")
    page = browser.ask("POST", "/sign-in", form={"sign_in": "new", "password": password, "next": "/cases"})
    assert page.location == "/password"
    assert browser.get("/cases").location == "/password"
    assert browser.get("/api/v1/cases").get_json()["code"] == "password-must-change"
    browser.csrf = browser.get("/api/v1/me").get_json()["csrf"]
    form = {"old": password, "password": "a long new one", "again": "a long new one"}
    changed = browser.ask("POST", "/password", form=form)
    assert changed.location == "/"
    assert browser.get("/cases").status_code == 200


def test_an_applicant_comes_by_his_link_and_sees_one_survey(world: World) -> None:
    browser = world.browser("nobody")
    response = browser.get(f"/join/{world.facts['own.link']}")
    assert response.location == f"/visit/{world.facts['own.survey']}"
    assert browser.get(response.location).status_code == 200
    assert browser.get(f"/visit/{world.facts['other.survey']}").status_code == 404


def test_a_forged_or_expired_link_is_refused(world: World) -> None:
    link = world.facts["own.link"]
    for wrong in ("x", link[:-1], link[:-1] + ("0" if link[-1] != "0" else "1"), "id1." + "0" * 40):
        assert world.browser("nobody").get(f"/join/{wrong}").status_code == 401
    world.clock[0] = world.clock[0].replace(year=2027)
    response = world.browser("nobody").get(f"/join/{link}")
    assert response.status_code == 401
    assert "text/html" in response.content_type


@pytest.mark.parametrize("where", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x"])
def test_nobody_is_sent_to_another_site(world: World, where: str) -> None:
    form = {"sign_in": "inspector", "password": PASSWORD, "next": where}
    response = world.browser("nobody").ask("POST", "/sign-in", form=form)
    assert response.location == "/"
    assert world.browser("nobody").ask("POST", "/language", form={"lang": "en", "back": where}).location == "/"


def test_the_language_is_the_cookies_then_the_browsers_then_the_offices(world: World) -> None:
    browser = world.browser("nobody")
    assert browser.get("/sign-in").headers["Content-Language"] == "zh-CN"
    assert browser.get("/sign-in", headers={"Accept-Language": "en-GB"}).headers["Content-Language"] == "en"
    assert browser.get("/sign-in", headers={"Accept-Language": "fr"}).headers["Content-Language"] == "zh-CN"
    browser.ask("POST", "/language", form={"lang": "en", "back": "/sign-in"})
    assert browser.get("/sign-in", headers={"Accept-Language": "zh"}).headers["Content-Language"] == "en"


def cookie_of(browser: Browser) -> Any:
    found = browser.client.get_cookie("takan")
    return found.value if found else None
