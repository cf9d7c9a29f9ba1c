"""One person's browser as the demo needs it: cookies, the form token, JSON. Standard library only."""

import http.client
import json
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

SECONDS = 30.0
CHUNK = 1 << 20


class Refused(Exception):
    """The instance said no; the message names method, path, status and the problem's code."""


class Visitor:
    """Signs in by a link or by a password, then asks the API."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar())).open
        self._csrf = ""

    def come_by_link(self, link: str) -> None:
        with self._open(link, timeout=SECONDS) as page:
            page.read()
        self._renew()

    def sign_in(self, name: str, one_time: str, password: str) -> None:
        """With a one-time password, which is replaced at once as the instance demands."""
        self._renew()
        self.post("sign-in", {"sign_in": name, "password": one_time})
        self._renew()
        self.post("password", {"old": one_time, "new": password})
        self._renew()
        self.post("sign-in", {"sign_in": name, "password": password})
        self._renew()

    def get(self, path: str) -> Any:
        return self._ask("GET", path, None)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self._ask("POST", path, body)

    def put(self, path: str, body: dict[str, Any]) -> Any:
        return self._ask("PUT", path, body)

    def fetch(self, path: str, into: Path) -> None:
        """A large answer into a file."""
        with self._open(urljoin(self._url, path), timeout=SECONDS) as answer, into.open("wb") as file:
            while chunk := answer.read(CHUNK):
                file.write(chunk)

    def _renew(self) -> None:
        """The token belongs to whoever is signed in: ask again after each change."""
        self._csrf = self.get("me")["csrf"]

    def _ask(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "X-CSRF-Token": self._csrf, "Accept-Language": "en"}
        where = f"{self._url}/api/v1/{path}"
        request = urllib.request.Request(where, data, headers, method=method)  # noqa: S310  (our own instance)
        try:
            with self._open(request, timeout=SECONDS) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                said = error.read(65_536).decode("utf-8", "replace")
            raise Refused(f"{method} {path}: {error.code} {said}") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Refused(f"{method} {path}: {error}") from error
