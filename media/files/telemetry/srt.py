"""DJI's subtitle telemetry: the bracketed form, the GPS(…) form, the one-line form, from a sidecar or a text track.

The blocks' local time has no zone. Bracketed fields are named. `GPS(a,b,c)` is longitude, latitude on the models that
are known; on others it is the reverse: what can only be a longitude, or lies by the site, decides.
"""

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from media.files.telemetry.places import metres
from media.files.telemetry.sample import FARTHEST_ZONE, Sample, Telemetry, finite, position

MOST_BLOCKS = 500_000
_CLOCK = r"(\d{1,4})\s{0,4}:\s{0,4}(\d{1,4})\s{0,4}:\s{0,4}(\d{1,4})[,.:](\d{1,9})"
_CUE = re.compile(rf"{_CLOCK}\s{{0,8}}-{{1,4}}>\s{{0,8}}{_CLOCK}")
_TAG = re.compile(r"<[^<>]{0,200}>")
_NUMBER = r"[-+]?\d{1,12}(?:[.,]\d{1,12})?"
_DATE = re.compile(
    r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})[ T]+(\d{1,2}):(\d{2}):(\d{2})(?:[.,](\d{1,3}))?(?:[.,](\d{1,3}))?"
)
_PAIR = re.compile(rf"([a-z][a-z_. ]{{0,20}}?)\s*:\s*(1/{_NUMBER}|{_NUMBER})", re.I)
_LOOSE = re.compile(rf"\b(F|SS|ISO|EV|D|H|H\.S|V\.S)[ /:]\s*(1/{_NUMBER}|{_NUMBER})", re.I)
_CALL = re.compile(r"\b(GPS|RTK|HOME|F\.PRY|G\.PRY)\s*\(([^()]{1,120})\)", re.I)
_NAMES = {
    "latitude": "latitude",
    "lat": "latitude",
    "longitude": "longitude",
    "longtitude": "longitude",
    "lon": "longitude",
    "long": "longitude",
    "rel_alt": "relative",
    "abs_alt": "absolute",
    "altitude": "altitude",
    "barometer": "barometer",
    "h": "relative",
    "h.s": "speed",
    "gb_yaw": "yaw",
    "gb_pitch": "pitch",
    "gb_roll": "roll",
    "drone_yaw": "heading",
    "iso": "iso",
    "shutter": "shutter",
    "ss": "shutter",
    "fnum": "fnum",
    "f": "fnum",
    "ev": "ev",
    "ct": "temperature",
    "focal_len": "focal",
}


@dataclass(slots=True)
class _Block:
    """One cue as read: numbers by our names, triples of GPS(…) in the order that they stand in."""

    at: float | None
    local: datetime | None
    numbers: dict[str, float]
    pair: tuple[float, float] | None = None
    home: tuple[float, float] | None = None
    height: float | None = None
    gimbal: tuple[float, float, float] | None = None


@dataclass(slots=True)
class _Read:
    blocks: list[_Block] = field(default_factory=list)
    broken: int = 0


def read(
    text: str,
    site: tuple[float, float] | None = None,
    offset_minutes: int | None = None,
    container: datetime | None = None,
) -> Telemetry:
    """A sidecar's telemetry. `site` latitude, longitude; `offset_minutes` the zone that is assumed; `container` the
    film's creation in UTC, from which the zone is found where it fits."""
    return _whole("dji-srt", _parse(cues(text)), site, offset_minutes, container)


def read_track(
    cells: Iterable[tuple[float, bytes]],
    site: tuple[float, float] | None = None,
    offset_minutes: int | None = None,
    container: datetime | None = None,
) -> Telemetry:
    """A text track's: seconds on the timeline and bytes of each cell (3GPP timed text: two bytes of length first)."""
    texts = ((at, data[2 : 2 + int.from_bytes(data[:2], "big")].decode("utf-8", "replace")) for at, data in cells)
    return _whole("dji-text", _parse(texts), site, offset_minutes, container)


def cues(text: str) -> Iterator[tuple[float, str]]:
    """Begin in seconds and text of each cue; numbers, tags and blank lines do not matter."""
    found = None
    for number, match in enumerate(_CUE.finditer(text)):
        if number >= MOST_BLOCKS:
            return
        if found is not None:
            yield _seconds(found), text[found.end() : match.start()]
        found = match
    if found is not None:
        yield _seconds(found), text[found.end() :]


def _seconds(match: re.Match[str]) -> float:
    hours, minutes, seconds, parts = (int(one) for one in match.groups()[:4])
    return float(hours * 3600 + minutes * 60 + seconds) + parts / 10.0 ** len(match.group(4))


def _parse(texts: Iterable[tuple[float, str]]) -> _Read:
    read = _Read()
    for at, text in texts:
        plain = _TAG.sub(" ", text)
        block = _block(at, plain)
        if block is None:
            read.broken += 1
        else:
            read.blocks.append(block)
    return read


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def _block(at: float, text: str) -> _Block | None:
    block = _Block(at, _local(text), {})
    for name, inside in _CALL.findall(text):
        _call(block, name.upper(), inside)
    bare = _CALL.sub(" ", _DATE.sub(" ", text))
    for name, value in [*_PAIR.findall(bare), *_LOOSE.findall(bare)]:
        known = _NAMES.get(name.strip().lower())
        if known and known not in block.numbers:
            number = _number(value[2:] if value.startswith("1/") else value)
            if known == "shutter" and number:  # a plain number is the divisor
                number = 1 / number
            block.numbers[known] = number
    return block if block.numbers or block.pair or block.local else None


def _local(text: str) -> datetime | None:
    found = _DATE.search(text)
    if not found:
        return None
    year, month, day, hour, minute, second = (int(one) for one in found.groups()[:6])
    micro = int((found.group(7) or "").ljust(3, "0")) * 1000 + int((found.group(8) or "").ljust(3, "0"))
    try:
        return datetime(year, month, day, hour, minute, second, micro)  # noqa: DTZ001 -- local, its zone comes later
    except ValueError:
        return None


def _call(block: _Block, name: str, inside: str) -> None:
    numbers = _numbers(inside)
    if len(numbers) < 2:
        return
    if name in ("GPS", "RTK") and (block.pair is None or name == "RTK"):
        block.pair = (numbers[0], numbers[1])
        block.height = numbers[2] if len(numbers) > 2 and name == "RTK" else None
    elif name == "HOME":
        block.home = (numbers[0], numbers[1])
    elif name == "G.PRY" and len(numbers) >= 3:
        block.gimbal = (numbers[0], numbers[1], numbers[2])


def _numbers(inside: str) -> list[float]:
    """Numbers between parentheses; with comma decimals there are twice as many parts as numbers."""
    if "." not in inside:
        spaced = re.split(r"[;\s]\s*|,\s+", inside.strip())
        if len(spaced) >= 2 and all(re.fullmatch(rf"\D{{0,3}}{_NUMBER}\D{{0,2}}", one) for one in spaced):
            return [_number(re.search(_NUMBER, one).group()) for one in spaced]  # type: ignore[union-attr]
        parts = [one.strip() for one in inside.split(",")]
        whole = all(re.fullmatch(r"[-+]?\d{1,12}", one) for one in parts)
        if len(parts) in (4, 5, 6) and whole and all(len(parts[n]) > 2 for n in (1, 3)):
            joined = [f"{parts[n]}.{parts[n + 1]}" for n in range(0, len(parts) - 1, 2)]
            return [float(one) for one in (*joined, *(parts[-1:] if len(parts) == 5 else []))]
    return [_number(one) for one in re.findall(r"[-+]?\d{1,12}(?:\.\d{1,12})?", inside)]


def _whole(
    name: str,
    read: _Read,
    site: tuple[float, float] | None,
    offset_minutes: int | None,
    container: datetime | None,
) -> Telemetry:
    swapped, order = _order(read.blocks, site)
    zone, offset = _zone(read.blocks, offset_minutes, container)
    datum = _datum(read.blocks)
    samples = tuple(_sample(one, swapped, offset) for one in read.blocks)
    home = next((one.home for one in read.blocks if one.home), None)
    place = position(*(home if swapped else home[::-1])) if home else (None, None)
    found = Telemetry(name, samples, datum, zone, offset, order, read.broken)
    return replace(found, home=(place[0], place[1])) if place[0] is not None and place[1] is not None else found


def _order(blocks: list[_Block], site: tuple[float, float] | None) -> tuple[bool, str]:
    """Whether GPS(…) is latitude first, and how that is known."""
    pairs = [one.pair for one in blocks if one.pair and any(one.pair)]
    if not pairs:
        return False, "named"
    if any(abs(first) > 90 for first, _ in pairs):
        return False, "range"
    if any(abs(second) > 90 for _, second in pairs):
        return True, "range"
    if site:
        first, second = pairs[len(pairs) // 2]
        usual, reverse = metres(site, (second, first)), metres(site, (first, second))
        if min(usual, reverse) * 10 < max(usual, reverse):
            return reverse < usual, "site"
    return False, "format"


def _zone(blocks: list[_Block], given: int | None, container: datetime | None) -> tuple[str, int | None]:
    """The zone: from the container's UTC when they differ by nearly a multiple of a quarter of an hour, else given."""
    first = next((one for one in blocks if one.local), None)
    if first is None or first.local is None:
        return "none", None
    if container is not None:
        local = first.local - timedelta(seconds=first.at or 0)
        minutes = (local.replace(tzinfo=UTC) - container).total_seconds() / 60
        nearest = round(minutes / 15) * 15
        if abs(minutes - nearest) <= 3 and abs(nearest) <= FARTHEST_ZONE:
            return "container", nearest
    if given is not None and abs(given) <= FARTHEST_ZONE:
        return "assumed", given
    return "none", None


def _datum(blocks: list[_Block]) -> str:
    names = {name for one in blocks[:1000] for name in one.numbers}
    if "absolute" in names:
        return "egm96"
    if any(one.height is not None for one in blocks[:1000]):
        return "wgs84"
    if "barometer" in names:
        return "barometric"
    return "relative" if "relative" in names and "altitude" not in names else "unknown"


def _sample(block: _Block, swapped: bool, offset: int | None) -> Sample:
    numbers = block.numbers
    latitude, longitude = numbers.get("latitude"), numbers.get("longitude")
    if latitude is None and block.pair:
        latitude, longitude = block.pair if swapped else block.pair[::-1]
    latitude, longitude = position(latitude, longitude)
    time = None
    if block.local and offset is not None:
        try:
            time = (block.local - timedelta(minutes=offset)).replace(tzinfo=UTC)
        except OverflowError:
            time = None
    altitude = next(
        (
            value
            for value in (numbers.get("absolute"), block.height, numbers.get("altitude"), numbers.get("barometer"))
            if value is not None
        ),
        None,
    )
    fnum, focal = numbers.get("fnum"), numbers.get("focal")
    pitch, roll, yaw = block.gimbal or (numbers.get("pitch"), numbers.get("roll"), numbers.get("yaw"))
    return Sample(
        at=block.at if block.at is None or math.isfinite(block.at) else None,
        time=time,
        latitude=latitude,
        longitude=longitude,
        altitude=finite(altitude, -1000, 100_000),
        relative=finite(numbers.get("relative"), -10_000, 100_000),
        speed=finite(numbers.get("speed"), 0, 1000),
        yaw=finite(yaw, -360, 360),
        pitch=finite(pitch, -360, 360),
        roll=finite(roll, -360, 360),
        heading=finite(numbers.get("heading"), -360, 360),
        iso=finite(numbers.get("iso"), 0),
        shutter=finite(numbers.get("shutter"), 0),
        fnum=fnum / 100 if fnum and fnum >= 50 else fnum,
        ev=numbers.get("ev"),
        focal=focal / 10 if focal and focal >= 100 else focal,
        temperature=numbers.get("temperature"),
    )
