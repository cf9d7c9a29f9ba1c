"""Selectors of W3C Web Annotations (https://www.w3.org/TR/annotation-model/#selectors) read: media fragments, pages of
a PDF, and the few shapes of SVG that stand for a mark."""

import re
from fractions import Fraction
from typing import Any

from inspection.model.annotation import WHOLE, Point, Shape
from inspection.model.shape import Malformed, part

UNREADABLE = "annotation-unreadable"
NUMBER = r"(\d{1,15}(?:\.\d{1,12})?)"
TIME = re.compile(rf"(?:npt:)?{NUMBER}?(?:,{NUMBER})?", re.ASCII)
XYWH = re.compile(rf"percent:{NUMBER},{NUMBER},{NUMBER},{NUMBER}", re.ASCII)
VIEW = re.compile(
    r'<svg\b[^<>]*\bviewBox="0 0 (\d{1,7}(?:\.\d+)?) (\d{1,7}(?:\.\d+)?)"[^<>]*>(.*)</svg>', re.ASCII | re.DOTALL
)
DRAWN = re.compile(r"\s*<(line|circle|polyline)\b([^<>]*?)/?>(?:</\1>)?\s*", re.ASCII)
ATTRIBUTE = re.compile(r'\b([a-z][a-z0-9]*)="([^"<>]*)"', re.ASCII)
PAGE = re.compile(r"page=(\d{1,6})", re.ASCII)


class Region:
    """What selectors say, gathered from the outside in."""

    def __init__(self) -> None:
        self.seconds: Fraction | None = None
        self.page: int | None = None
        self.shape, self.points = Shape.TEXT, list[Point]()

    def take(self, selector: Any, depth: int = 0) -> None:
        if isinstance(selector, list):  # alternatives that mean the same
            selector = next((one for one in selector if kinds_of(one) & {"FragmentSelector", "SvgSelector"}), None)
        if selector is None:
            return
        kinds = kinds_of(selector)
        if depth > 3 or not kinds & {"FragmentSelector", "SvgSelector"}:
            raise Malformed("selector", UNREADABLE)
        value = part(selector, "value", str)
        if "FragmentSelector" in kinds:
            self._fragment(value)
        else:
            self.shape, self.points = _svg(value)
        self.take(selector.get("refinedBy"), depth + 1)

    def _fragment(self, value: str) -> None:
        for pair in filter(None, value.split("&")):
            name, _, told = pair.partition("=")
            if name == "t" and (found := TIME.fullmatch(told)):
                self.seconds = Fraction(found[1] or 0)
            elif name == "xywh" and (found := XYWH.fullmatch(told)):
                x, y, width, height = (_millionth(Fraction(one) / 100) for one in found.groups())
                self.shape, self.points = Shape.BOX, [(x, y), (x + width, y + height)]
            elif found := PAGE.fullmatch(pair):
                self.page = int(found[1])
            else:
                raise Malformed("selector", UNREADABLE)


def _svg(value: str) -> tuple[Shape, list[Point]]:
    """A line, a polyline or a circle in a picture of the view box's size; anything else is not read."""
    view = VIEW.fullmatch(value.strip())
    drawn = DRAWN.fullmatch(view[3]) if view else None
    if view is None or drawn is None or len(value) > 100_000:
        raise Malformed("selector", UNREADABLE)
    wide, high = Fraction(view[1]), Fraction(view[2])
    told = dict(ATTRIBUTE.findall(drawn[2]))
    try:
        if drawn[1] == "line":
            pairs = [(told["x1"], told["y1"]), (told["x2"], told["y2"])]
        elif drawn[1] == "circle":
            pairs = [(told["cx"], told["cy"])]
        else:
            numbers = told["points"].replace(",", " ").split()
            pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
        points = [(_millionth(Fraction(x) / wide), _millionth(Fraction(y) / high)) for x, y in pairs]
    except (KeyError, ValueError, ZeroDivisionError) as error:
        raise Malformed("selector", UNREADABLE) from error
    shapes = {"line": Shape.ARROW, "circle": Shape.TEXT, "polyline": Shape.FREEHAND}
    return shapes[drawn[1]], points


def kinds_of(value: Any) -> set[str]:
    """The types of a JSON-LD object."""
    told = value.get("type", value.get("@type")) if isinstance(value, dict) else None
    return listed(told)


def listed(told: Any) -> set[str]:
    """One word or several."""
    return {one for one in (told if isinstance(told, list) else [told]) if isinstance(one, str)}


def _millionth(share: Fraction) -> int:
    return round(share * WHOLE)
