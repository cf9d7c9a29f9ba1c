"""What requests to a node carry as JSON, judged."""

import json
from typing import Final

from media.client import MESSAGE_KINDS, RoomMessage
from media.live.ladder import Wish
from media.live.problems import Refusal

_HIGHEST: Final = 1 << 15  # pixels


def read_wish(text: str) -> Wish:
    """Which layer a viewer wants: `encodingId` by name, `maxHeight` pixels of its shorter side. Raises `Refusal`."""
    try:
        values = json.loads(text or "{}")
    except ValueError as error:
        raise Refusal("message-invalid") from error
    rid, height = (values.get("encodingId", ""), values.get("maxHeight", 0)) if isinstance(values, dict) else (0, 0)
    if not isinstance(rid, str) or type(height) is not int or not 0 <= height <= _HIGHEST:
        raise Refusal("message-invalid")
    return Wish(rid, height)


def read_message(text: str) -> RoomMessage:
    """A message for the people in a room. Raises `Refusal`."""
    try:
        values = json.loads(text)
    except ValueError as error:
        raise Refusal("message-invalid") from error
    if not isinstance(values, dict) or values.get("kind") not in MESSAGE_KINDS:
        raise Refusal("message-invalid")
    words = {key: values.get(key, "") for key in ("kind", "to", "who", "name")}
    body = values.get("body", {})
    if not all(isinstance(value, str) for value in words.values()) or not isinstance(body, dict):
        raise Refusal("message-invalid")
    return {**words, "body": body}  # type: ignore[typeddict-item]
