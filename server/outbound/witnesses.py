"""Speaks to witnesses by HTTP with the standard library (C2SP tlog-witness)."""

import http.client
from collections.abc import Sequence
from urllib.parse import urlsplit

from inspection.model.errors import Unavailable
from inspection.model.shape import Malformed
from inspection.model.tlog import WITNESS_KEY, VerifierKey, parse_key

ANSWER_LIMIT = 65_536  # bytes
PATH, KEYS_PATH = "/add-checkpoint", "/add-keys"


class BadWitness(Exception):
    """A witness that is not written as `<verifier key> <address>`; the message says what is wrong."""


class HttpWitness:
    """Implements `inspection.ports.Witness`."""

    def __init__(self, key: VerifierKey, url: str, seconds: float) -> None:
        self._key, self._url, self._seconds = key, url.rstrip("/"), seconds

    @property
    def key(self) -> VerifierKey:
        return self._key

    def add_checkpoint(self, submission: bytes) -> tuple[int, bytes]:
        return self._post(PATH, submission, "text/plain; charset=utf-8")

    def add_keys(self, keys: bytes) -> int:
        return self._post(KEYS_PATH, keys, "application/json")[0]

    def _post(self, path: str, body: bytes, kind: str) -> tuple[int, bytes]:
        try:
            return post(self._url + path, body, kind, self._seconds)
        except OSError as error:
            raise Unavailable("witness-away") from error


def post(url: str, body: bytes, kind: str, seconds: float) -> tuple[int, bytes]:
    """Status and body of the answer. Raises `OSError` for anything that is no whole answer of a sane size."""
    parts = urlsplit(url)
    kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
    connection = kinds[parts.scheme](parts.hostname or "", parts.port, timeout=seconds)
    try:
        connection.request("POST", parts.path or "/", body, {"Content-Type": kind, "User-Agent": "takan"})
        answer = connection.getresponse()
        data = answer.read(ANSWER_LIMIT + 1)
    except http.client.HTTPException as error:
        raise OSError(str(error)) from error
    finally:
        connection.close()
    if len(data) > ANSWER_LIMIT:
        raise OSError("the answer is too large")
    return answer.status, data


def read_witnesses(written: Sequence[str], seconds: float) -> tuple[HttpWitness, ...]:
    """The configured witnesses. Raises `BadWitness`."""
    return tuple(_witness(entry, seconds) for entry in written)


def _witness(entry: str, seconds: float) -> HttpWitness:
    text, _, url = entry.strip().partition(" ")
    try:
        key = parse_key(text)
    except Malformed as error:
        raise BadWitness(f"{entry!r} does not begin with a witness's verifier key") from error
    if key.kind != WITNESS_KEY or not is_address(url.strip()):
        raise BadWitness(f"{entry!r} must be written as a witness's verifier key, a space, http(s)://host")
    return HttpWitness(key, url.strip(), seconds)


def is_address(url: str) -> bool:
    """Whether it is http(s)://host with an optional port and path."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and url.isascii()
    except ValueError:
        return False
