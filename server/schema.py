"""Judges what comes in before anything else sees it: unknown fields, types and lengths. Raises `Invalid`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import request
from werkzeug.exceptions import BadRequest

from inspection.model.errors import Invalid

ID_LENGTH = 32
TICKS = 2**53


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a body: how it is judged, and what stands for it when it is left out."""

    judge: Callable[[str, Any], Any]
    needed: bool = True
    default: Any = None


def text(limit: int, needed: bool = True, empty: bool = False) -> Field:
    """Without control characters (line ends and tabs are fine), trimmed, at most `limit` characters."""

    def judge(name: str, value: Any) -> str:
        if not isinstance(value, str):
            raise Invalid("field-wrong", field=name)
        trimmed: str = value.replace("\r\n", "\n").strip()
        if len(trimmed) > limit:
            raise Invalid("field-too-long", field=name, limit=limit)
        if any(ord(sign) < 32 and sign not in "\n\t" for sign in trimmed) or not _encodable(trimmed):
            raise Invalid("field-wrong", field=name)
        if not trimmed and not empty:
            raise Invalid("field-needed", field=name)
        return trimmed

    return Field(judge, needed, "")


def secret() -> Field:
    """A password: as typed, nothing trimmed."""

    def judge(name: str, value: Any) -> str:
        if not isinstance(value, str) or not _encodable(value):
            raise Invalid("field-wrong", field=name)
        if not value:
            raise Invalid("field-needed", field=name)
        if len(value) > 256:
            raise Invalid("field-too-long", field=name, limit=256)
        return value

    return Field(judge)


def identifier(needed: bool = True) -> Field:
    def judge(name: str, value: Any) -> str:
        if not isinstance(value, str) or not is_identifier(value):
            raise Invalid("field-wrong", field=name)
        return value

    return Field(judge, needed, None)


def track_id() -> Field:
    """`<participant>.<audio|video>`"""

    def judge(name: str, value: Any) -> str:
        participant, _, kind = value.partition(".") if isinstance(value, str) else ("", "", "")
        if not is_identifier(participant) or kind not in ("audio", "video"):
            raise Invalid("field-wrong", field=name)
        return str(value)

    return Field(judge)


def identifiers(limit: int) -> Field:
    def judge(name: str, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or len(value) > limit:
            raise Invalid("field-wrong", field=name)
        if not all(isinstance(part, str) and is_identifier(part) for part in value):
            raise Invalid("field-wrong", field=name)
        return tuple(dict.fromkeys(value))

    return Field(judge, needed=False, default=())


def choice(options: type | tuple[str, ...], needed: bool = True, default: Any = None) -> Field:
    """One of an enumeration's values, or of some words."""

    def judge(name: str, value: Any) -> Any:
        if not isinstance(value, str):
            raise Invalid("field-wrong", field=name)
        if isinstance(options, tuple):
            if value not in options:
                raise Invalid("field-wrong", field=name)
            return value
        try:
            return options(value)
        except ValueError as error:
            raise Invalid("field-wrong", field=name) from error

    return Field(judge, needed, default)


def yes(needed: bool = True) -> Field:
    def judge(name: str, value: Any) -> bool:
        if not isinstance(value, bool):
            raise Invalid("field-wrong", field=name)
        return value

    return Field(judge, needed, False)


def whole(low: int = 0, high: int = TICKS, needed: bool = True) -> Field:
    def judge(name: str, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value < high:
            raise Invalid("field-wrong", field=name)
        return value

    return Field(judge, needed, None)


def number(low: float, high: float, needed: bool = True) -> Field:
    """A finite number from `low` to `high`, both included."""

    def judge(name: str, value: Any) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
            raise Invalid("field-wrong", field=name)
        return float(value)

    return Field(judge, needed, None)


def moment(needed: bool = True) -> Field:
    """RFC 3339 with its offset."""

    def judge(name: str, value: Any) -> datetime:
        try:
            found = datetime.fromisoformat(value)
        except (TypeError, ValueError) as error:
            raise Invalid("field-wrong", field=name) from error
        if found.tzinfo is None:
            raise Invalid("field-wrong", field=name)
        return found

    return Field(judge, needed, None)


def is_identifier(value: str) -> bool:
    return 0 < len(value) <= ID_LENGTH and all(sign in "0123456789abcdefghijklmnopqrstuvwxyz" for sign in value)


def read(shape: dict[str, Field], values: Any) -> dict[str, Any]:
    """The judged fields of an object; everything that `shape` lists is there afterwards."""
    if not isinstance(values, dict):
        raise Invalid("body-wrong")
    for name in values:
        if name not in shape:
            raise Invalid("field-unknown", field=_printable(name))
    out: dict[str, Any] = {}
    for name, field in shape.items():
        if values.get(name) is None:
            if field.needed:
                raise Invalid("field-needed", field=name)
            out[name] = field.default
        else:
            out[name] = field.judge(name, values[name])
    return out


def body(shape: dict[str, Field]) -> dict[str, Any]:
    """The request's JSON object, judged."""
    if not request.is_json:
        raise Invalid("body-wrong")
    try:
        return read(shape, request.get_json(cache=True))
    except (BadRequest, RecursionError) as error:
        raise Invalid("body-wrong") from error


def texts(count: int, limit: int) -> dict[str, str]:
    """The request's JSON object when it is flat: at most `count` texts of at most `limit` characters."""
    sent = request.get_json(silent=True) if request.is_json else None
    if not isinstance(sent, dict) or len(sent) > count:
        raise Invalid("body-wrong")
    for name, part in sent.items():
        if not isinstance(part, str) or len(part) > limit or not name.isascii() or len(name) > 40:
            raise Invalid("field-wrong", field=_printable(name))
        if not _encodable(part):
            raise Invalid("field-wrong", field=_printable(name))
    return sent


def form(shape: dict[str, Field]) -> dict[str, Any]:
    """The request's form, judged; the token that every form carries is not part of it."""
    sent = {name: value for name, value in request.form.items() if name != "csrf"}
    return read(shape, {name: value for name, value in sent.items() if value != ""} | _empties(shape, sent))


def paging(size: int = 50) -> tuple[int, int]:
    """(offset, limit) from `?page=`, counted from 1."""
    try:
        page = int(request.args.get("page", "1"))
    except ValueError:
        page = 1
    return (min(max(page, 1), 100_000) - 1) * size, size


def _empties(shape: dict[str, Field], sent: dict[str, str]) -> dict[str, str]:
    """A form sends an empty text for what was left out: only a field that may be empty sees it."""
    return {name: "" for name, value in sent.items() if value == "" and name in shape and shape[name].default == ""}


def _printable(name: Any) -> str:
    """A field's name as a client sent it, fit to be sent back."""
    return str(name)[:40].encode("utf-8", "replace").decode()


def _encodable(value: str) -> bool:
    """Lone surrogates pass through JSON but not through UTF-8, nor do NULs through PostgreSQL."""
    return "\0" not in value and not any(0xD800 <= ord(sign) <= 0xDFFF for sign in value)
