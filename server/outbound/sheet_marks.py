"""Marks over a printed still, as lines in millimetres: the picture itself is left as it is."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from math import hypot
from typing import Any

from inspection.model.annotation import WHOLE

Line = list[float]
HEAD = 3.0  # millimetres of an arrow's head
ROOM = 4.0  # that a label takes above the mark


def lines_of(mark: Mapping[str, Any], width: float, height: float) -> list[Line]:
    """`[x1, y1, x2, y2]` each, within a picture of this size on the sheet."""
    points = [(x * width / WHOLE, y * height / WHOLE) for x, y in mark["points"]]
    if mark["shape"] == "box":
        (left, top), (right, bottom) = points
        corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
        return list(_joined(corners))
    if mark["shape"] == "arrow":
        return [*_joined(points), *_head(*points)]
    if mark["shape"] == "text":
        (x, y), arm = points[0], 1.5
        return [_line((x - arm, y), (x + arm, y)), _line((x, y - arm), (x, y + arm))]
    return list(_joined(points))


def label_of(marked: Mapping[str, Any], width: float, height: float) -> dict[str, Any]:
    """The mark's number and label beside it, inside the picture."""
    mark = marked["mark"]
    left = min(x for x, _ in mark["points"]) * width / WHOLE
    top = min(y for _, y in mark["points"]) * height / WHOLE
    words = f"№ {marked['number']} {mark['label']}".strip()
    return {"text": words, "x": round(min(left, max(0.0, width - 12)), 2), "y": round(max(0.0, top - ROOM), 2)}


def _joined(points: Sequence[tuple[float, float]]) -> Iterator[Line]:
    for begin, end in itertools.pairwise(points):
        yield _line(begin, end)


def _head(tail: tuple[float, float], tip: tuple[float, float]) -> Iterator[Line]:
    across, down = tail[0] - tip[0], tail[1] - tip[1]
    length = hypot(across, down) or 1.0
    along, side = (
        (across / length * HEAD, down / length * HEAD),
        (-down / length * HEAD / 2, across / length * HEAD / 2),
    )
    for turn in (1, -1):
        yield _line(tip, (tip[0] + along[0] + turn * side[0], tip[1] + along[1] + turn * side[1]))


def _line(begin: tuple[float, float], end: tuple[float, float]) -> Line:
    return [round(part, 3) for part in (*begin, *end)]
