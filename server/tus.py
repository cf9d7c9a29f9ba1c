"""tus 1.0.0 as bytes: headers in, values out. See tus.io/protocols/resumable-upload."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from inspection.model.errors import Invalid, Unauthenticated
from inspection.model.people import Actor, Role
from server.problems import Checksum
from server.schema import is_identifier

VERSION = "1.0.0"
EXTENSIONS = "creation,expiration,checksum,termination"
ALGORITHMS: dict[str, Callable[[], Any]] = {"sha1": hashlib.sha1, "sha256": hashlib.sha256, "md5": hashlib.md5}
CHUNK = "application/offset+octet-stream"
MOST_METADATA = 8192  # characters
LARGEST = 1 << 50

# Headers as the OpenAPI document tells them.
Heads = dict[str, dict[str, Any]]
SPEAKS: Heads = {"Tus-Resumable": {"type": "string", "enum": [VERSION]}}
BEGINS: Heads = SPEAKS | {
    "Upload-Length": {"type": "integer", "minimum": 0, "maximum": LARGEST},
    "Upload-Metadata": {"type": "string", "maxLength": MOST_METADATA},
}
GOES_ON: Heads = SPEAKS | {"Upload-Offset": {"type": "integer", "minimum": 0, "maximum": LARGEST}}


def metadata(header: str) -> dict[str, str]:
    """`Upload-Metadata`: keys with base64 values. Raises `Invalid`."""
    if len(header) > MOST_METADATA:
        raise Invalid("field-too-long", field="Upload-Metadata", limit=MOST_METADATA)
    found: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in header.split(","))):
        name, _, value = pair.partition(" ")
        try:
            found[name] = base64.b64decode(value.strip(), validate=True).decode("utf-8")
        except ValueError as error:
            raise Invalid("field-wrong", field="Upload-Metadata") from error
    return found


def number(text: str | None, name: str) -> int:
    """A length or an offset. Raises `Invalid`."""
    if text is None or not (text.isascii() and text.isdigit() and len(text) <= 16) or int(text) > LARGEST:
        raise Invalid("field-wrong", field=name)
    return int(text)


class Sum:
    """Compares what passes with `Upload-Checksum`."""

    def __init__(self, header: str) -> None:
        name, _, wanted = header.partition(" ")
        if name not in ALGORITHMS:
            raise Invalid("field-wrong", field="Upload-Checksum")
        try:
            self._wanted = base64.b64decode(wanted.strip(), validate=True)
        except ValueError as error:
            raise Invalid("field-wrong", field="Upload-Checksum") from error
        self._hashed = ALGORITHMS[name]()

    def add(self, data: bytes) -> None:
        self._hashed.update(data)

    def judge(self) -> None:
        """Raises `Checksum("upload-checksum")`."""
        if not hmac.compare_digest(self._hashed.digest(), self._wanted):
            raise Checksum("upload-checksum")


def expires(at: datetime) -> str:
    """`Upload-Expires`, as RFC 9110 writes dates."""
    return format_datetime(at.astimezone(UTC), usegmt=True)


def token(key: bytes, survey: str, actor: Actor, until_us: int) -> str:
    """Lets a script or an encoder upload to one survey as that person, until then."""
    body = ".".join([survey, actor.id, actor.role.value, str(until_us), actor.name.encode().hex()])
    return f"{body}.{_seal(key, body)}"


def bearer(key: bytes, token: str, now_us: int) -> tuple[str, Actor]:
    """The survey and who uploads. Raises `Unauthenticated("upload-token")`."""
    body, _, seal = token.rpartition(".")
    parts = body.split(".")
    if len(parts) != 5 or not hmac.compare_digest(seal.encode(), _seal(key, body).encode()):
        raise Unauthenticated("upload-token")
    survey, id, role, until, name = parts
    if not is_identifier(survey) or now_us >= int(until):
        raise Unauthenticated("upload-token")
    by_link = role in (Role.APPLICANT.value, Role.AGENT.value)
    return survey, Actor(id, bytes.fromhex(name).decode(), Role(role), survey if by_link else None)


def _seal(key: bytes, body: str) -> str:
    return hmac.new(key, f"tus|{body}".encode(), hashlib.sha256).hexdigest()[:40]
