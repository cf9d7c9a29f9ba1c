"""Judges what comes in before anything else sees it: unknown fields, types and lengths. Raises `Invalid`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from flask import request
from werkzeug.exceptions import BadRequest

from inspection.model.annotation import MOST_POINTS, WHOLE
from inspection.model.errors import Invalid

ID_LENGTH = 32
TICKS = 2**53
IDENTIFIER = {"type": "string", "pattern": "^[0-9a-z]{1,32}$"}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a body: how it is judged, and what stands for it when it is left out."""

    judge: Callable[[str, Any], Any]
    needed: bool = True
    default: Any = None
    told: dict[str, Any] = field(default_factory=dict)  # the same as JSON Schema, for the OpenAPI document


def text(limit: int, needed: bool = True, empty: bool = False) -> Field:
    """Without control characters (line ends and tabs are fine), trimmed, at most `limit` characters."""

    def judge(name: str, value: Any) -> str:
        if not isinstance(value, str):
            raise Invalid("field-wrong", field=name)
        plain: str = value.replace("\r\n", "\n")
        if len(plain) > limit:
            raise Invalid("field-too-long", field=name, limit=limit)
        trimmed = plain.strip()
        if any(ord(sign) < 32 and sign not in "\n\t" for sign in trimmed) or not _encodable(trimmed):
            raise Invalid("field-wrong", field=name)
        if not trimmed and not empty:
            raise Invalid("field-needed", field=name)
        return trimmed

    return Field(judge, needed, "", {"type": "string", "minLength": 0 if empty else 1, "maxLength": limit})


def word(options: type[Enum] | tuple[str, ...], needed: bool = True) -> Field:
    """One of the domain's words. Which there are is told here and judged by the service, whose refusal names it."""
    plain = text(64, needed)
    return Field(plain.judge, needed, "", {"type": "string", "enum": _words(options)})


def _words(options: type[Enum] | tuple[str, ...]) -> list[str]:
    return list(options) if isinstance(options, tuple) else [one.value for one in options]


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

    return Field(judge, told={"type": "string", "minLength": 1, "maxLength": 256, "format": "password"})


def identifier(needed: bool = True) -> Field:
    def judge(name: str, value: Any) -> str:
        if not isinstance(value, str) or not is_identifier(value):
            raise Invalid("field-wrong", field=name)
        return value

    return Field(judge, needed, None, IDENTIFIER)


def track_id(needed: bool = True) -> Field:
    """`<participant>.<audio|video>`"""

    def judge(name: str, value: Any) -> str:
        participant, _, kind = value.partition(".") if isinstance(value, str) else ("", "", "")
        if not is_identifier(participant) or kind not in ("audio", "video"):
            raise Invalid("field-wrong", field=name)
        return str(value)

    return Field(judge, needed, None, {"type": "string", "pattern": r"^[0-9a-z]{1,32}\.(audio|video)$"})


def points() -> Field:
    """Places in a picture: pairs of millionths of its width and height."""
    part = {"type": "integer", "minimum": 0, "maximum": WHOLE}
    pair = {"type": "array", "minItems": 2, "maxItems": 2, "items": part}

    def judge(name: str, value: Any) -> tuple[tuple[int, int], ...]:
        if not isinstance(value, list) or len(value) > MOST_POINTS:
            raise Invalid("field-wrong", field=name)
        if not all(isinstance(point, list) and len(point) == 2 and all(map(_in_picture, point)) for point in value):
            raise Invalid("field-wrong", field=name)
        return tuple((x, y) for x, y in value)

    return Field(judge, told={"type": "array", "maxItems": MOST_POINTS, "items": pair})


def corners(limit: int, needed: bool = False) -> Field:
    """Places on earth, in order: pairs of latitude and longitude, degrees."""
    latitude = {"type": "number", "minimum": -90, "maximum": 90}
    longitude = {"type": "number", "minimum": -180, "maximum": 180}
    pair = {"type": "array", "minItems": 2, "maxItems": 2, "prefixItems": [latitude, longitude]}

    def judge(name: str, value: Any) -> tuple[tuple[float, float], ...]:
        if not isinstance(value, list) or len(value) > limit:
            raise Invalid("field-wrong", field=name)
        if not all(isinstance(place, list) and len(place) == 2 and _on_earth(*place) for place in value):
            raise Invalid("field-wrong", field=name)
        return tuple((float(north), float(east)) for north, east in value)

    return Field(judge, needed, (), {"type": "array", "maxItems": limit, "items": pair})


def _on_earth(north: Any, east: Any) -> bool:
    if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in (north, east)):
        return False
    return bool(abs(north) <= 90 and abs(east) <= 180)


def _in_picture(part: Any) -> bool:
    return isinstance(part, int) and not isinstance(part, bool) and 0 <= part <= WHOLE


def identifiers(limit: int) -> Field:
    def judge(name: str, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or len(value) > limit:
            raise Invalid("field-wrong", field=name)
        if not all(isinstance(part, str) and is_identifier(part) for part in value):
            raise Invalid("field-wrong", field=name)
        return tuple(dict.fromkeys(value))

    return Field(judge, False, (), {"type": "array", "maxItems": limit, "items": IDENTIFIER})


def choice(options: type[Enum] | tuple[str, ...], needed: bool = True, default: Any = None) -> Field:
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

    return Field(judge, needed, default, {"type": "string", "enum": _words(options)})


def yes(needed: bool = True) -> Field:
    def judge(name: str, value: Any) -> bool:
        if not isinstance(value, bool):
            raise Invalid("field-wrong", field=name)
        return value

    return Field(judge, needed, False, {"type": "boolean"})


def whole(low: int = 0, high: int = TICKS, needed: bool = True) -> Field:
    def judge(name: str, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value < high:
            raise Invalid("field-wrong", field=name)
        return value

    return Field(judge, needed, None, {"type": "integer", "minimum": low, "exclusiveMaximum": high})


def number(low: float, high: float, needed: bool = True) -> Field:
    """A finite number from `low` to `high`, both included."""

    def judge(name: str, value: Any) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
            raise Invalid("field-wrong", field=name)
        return float(value)

    return Field(judge, needed, None, {"type": "number", "minimum": low, "maximum": high})


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

    return Field(judge, needed, None, {"type": "string", "format": "date-time"})


def is_identifier(value: str) -> bool:
    return 0 < len(value) <= ID_LENGTH and all(sign in "0123456789abcdefghijklmnopqrstuvwxyz" for sign in value)


def read(shape: Mapping[str, Field], values: Any) -> dict[str, Any]:
    """The judged fields of an object; everything that `shape` lists is there afterwards."""
    if not isinstance(values, dict):
        raise Invalid("body-wrong")
    for name in values:
        if name not in shape:
            raise Invalid("field-unknown", field=_printable(name))
    out: dict[str, Any] = {}
    for name, one in shape.items():
        if values.get(name) is None:
            if one.needed:
                raise Invalid("field-needed", field=name)
            out[name] = one.default
        else:
            out[name] = one.judge(name, values[name])
    return out


def body(shape: "Mapping[str, Field] | Texts") -> dict[str, Any]:
    """The request's JSON object, judged."""
    if not request.is_json:
        raise Invalid("body-wrong")
    try:
        sent = request.get_json(cache=True)
        return shape.judge(sent) if isinstance(shape, Texts) else read(shape, sent)
    except (BadRequest, RecursionError) as error:
        raise Invalid("body-wrong") from error


def query(shape: Mapping[str, Field]) -> dict[str, Any]:
    """The address's fields, judged; others are left alone (RFC 3986 leaves them to whoever made the address)."""
    return read(shape, {name: _from_query(shape[name], value) for name, value in request.args.items() if name in shape})


def _from_query(one: Field, value: str) -> Any:
    """An address has only texts; what should be a whole number and is none stays a text, which its judge refuses."""
    digits = one.told.get("type") == "integer" and value.isascii() and value.isdigit() and len(value) < 20
    return int(value) if digits else value


@dataclass(frozen=True, slots=True)
class Texts:
    """A body that is a flat object: at most `count` texts of at most `limit` characters, under ASCII names of at most
    40."""

    count: int
    limit: int

    def judge(self, sent: Any) -> dict[str, str]:
        if not isinstance(sent, dict) or len(sent) > self.count:
            raise Invalid("body-wrong")
        for name, part in sent.items():
            if not isinstance(part, str) or len(part) > self.limit or not name.isascii() or len(name) > 40:
                raise Invalid("field-wrong", field=_printable(name))
            if not _encodable(part):
                raise Invalid("field-wrong", field=_printable(name))
        return sent


def form(shape: Mapping[str, Field]) -> dict[str, Any]:
    """The request's form, judged; the token that every form carries is not part of it."""
    sent = {name: value for name, value in request.form.items() if name != "csrf"}
    return read(shape, {name: value for name, value in sent.items() if value != ""} | _empties(shape, sent))


PAGE: Mapping[str, Field] = {"page": whole(1, 100_001, needed=False)}


def page(asked: Mapping[str, Any], size: int = 50) -> tuple[int, int]:
    """(offset, limit) of the judged `PAGE`."""
    return ((asked["page"] or 1) - 1) * size, size


def paging(size: int = 50) -> tuple[int, int]:
    """(offset, limit) from `?page=`, counted from 1."""
    try:
        page = int(request.args.get("page", "1"))
    except ValueError:
        page = 1
    return (min(max(page, 1), 100_000) - 1) * size, size


def _empties(shape: Mapping[str, Field], sent: dict[str, str]) -> dict[str, str]:
    """A form sends an empty text for what was left out: only a field that may be empty sees it."""
    return {name: "" for name, value in sent.items() if value == "" and name in shape and shape[name].default == ""}


def _printable(name: Any) -> str:
    """A field's name as a client sent it, fit to be sent back."""
    return str(name)[:40].encode("utf-8", "replace").decode()


def _encodable(value: str) -> bool:
    """Lone surrogates pass through JSON but not through UTF-8, nor do NULs through PostgreSQL."""
    return "\0" not in value and not any(0xD800 <= ord(sign) <= 0xDFFF for sign in value)
