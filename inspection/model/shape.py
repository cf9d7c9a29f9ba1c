"""Read values of unknown make: what is not as expected is `Malformed`, never another exception."""

import json
from typing import Any, TypeVar

from inspection.model.errors import Invalid
from inspection.model.ledger import canonical

Wanted = TypeVar("Wanted")


class Malformed(Exception):
    """`where` it is in the document, as a path of keys; `code` what is wrong with it."""

    def __init__(self, where: str, code: str = "malformed") -> None:
        super().__init__(f"{where}: {code}")
        self.where = where
        self.code = code


def parse(data: bytes) -> Any:
    """A JSON value whose bytes are its own canonical form, so that nothing hides in how it is written."""
    try:
        value = json.loads(data)
        if canonical(value) != data:
            raise Malformed("", "not-canonical")
    except (ValueError, RecursionError, Invalid) as error:
        raise Malformed("", "not-json") from error
    return value


def part(document: Any, key: str, kind: type[Wanted]) -> Wanted:
    """The value under `key`, which has to be there and of `kind` (a bool is no int)."""
    if not isinstance(document, dict) or key not in document:
        raise Malformed(key, "missing")
    return fits(document[key], key, kind)


def fits(value: Any, where: str, kind: type[Wanted]) -> Wanted:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise Malformed(where)
    return value


def maybe(document: Any, key: str, kind: type[Wanted]) -> Wanted | None:
    """As `part`, or null."""
    if isinstance(document, dict) and key in document and document[key] is None:
        return None
    return part(document, key, kind)


def parts(document: Any, key: str) -> list[dict[str, Any]]:
    """A list of objects."""
    return [fits(one, key, dict) for one in part(document, key, list)]


def hex_bytes(text: str, size: int, where: str) -> bytes:
    """Lower-case hex of exactly `size` bytes."""
    try:
        data = bytes.fromhex(text)
    except ValueError as error:
        raise Malformed(where) from error
    if len(data) != size or data.hex() != text:
        raise Malformed(where)
    return data
