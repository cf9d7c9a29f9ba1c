"""GPX 1.0 and 1.1: track, route and way points. No entity is ever expanded."""

from datetime import UTC, datetime
from typing import Any
from xml.parsers import expat

from media.files.telemetry.sample import Sample, Telemetry, finite, position

MOST_POINTS = 2_000_000
_POINTS = {"trkpt": 0, "rtept": 1, "wpt": 2}


class _Stop(Exception):
    """Enough, or nothing that is read here."""


class _Reader:
    """Collects points; `zone` is stated where the times carry one."""

    def __init__(self) -> None:
        self.points: tuple[list[Sample], ...] = ([], [], [])
        self.broken = 0
        self.device: str | None = None
        self._place: tuple[float, float] | tuple[None, None] | None = None
        self._kind = 0
        self._facts: dict[str, str] = {}
        self._text: list[str] | None = None

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if name in _POINTS:
            try:
                self._place = position(float(attributes["lat"]), float(attributes["lon"]))
            except (KeyError, ValueError):
                self._place = None, None
            self._kind, self._facts = _POINTS[name], {}
        elif name == "gpx":
            self.device = attributes.get("creator", "")[:80] or None
        elif name in ("ele", "time", "speed", "course"):
            self._text = []

    def text(self, data: str) -> None:
        if self._text is not None and sum(map(len, self._text)) < 100:
            self._text.append(data)

    def end(self, name: str) -> None:
        name = name.rpartition(":")[2]
        if self._text is not None and name in ("ele", "time", "speed", "course"):
            self._facts[name] = "".join(self._text).strip()
            self._text = None
        elif name in _POINTS and self._place is not None:
            self._point()

    def _point(self) -> None:
        place = self._place or (None, None)
        self._place = None
        if place[0] is None:
            self.broken += 1
            return
        numbers = {name: _number(self._facts.get(name)) for name in ("ele", "speed", "course")}
        self.points[self._kind].append(
            Sample(
                time=_moment(self._facts.get("time")),
                latitude=place[0],
                longitude=place[1],
                altitude=finite(numbers["ele"], -1000, 100_000),
                speed=finite(numbers["speed"], 0, 1000),
                heading=finite(numbers["course"], 0, 360),
            )
        )
        if sum(map(len, self.points)) > MOST_POINTS:
            raise _Stop


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _moment(text: str | None) -> datetime | None:
    """Only a time with a zone is a time; the standard says UTC, and a bare one is taken as that."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        return None


def _refuse(*_: Any) -> None:
    raise _Stop


def read(data: bytes) -> Telemetry:
    """The points of a file, damaged or not: what stands before the damage. A document type is refused whole."""
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = reader.begin, reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = _refuse
    broken = 0
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, _Stop, UnicodeDecodeError, LookupError, ValueError):
        broken = 1
    samples = next((points for points in reader.points if points), [])
    zone = "utc" if any(one.time for one in samples) else "none"
    offset = 0 if zone == "utc" else None
    broken += reader.broken
    return Telemetry("gpx", tuple(samples), "egm96", zone, offset, "named", broken, 0, reader.device)
