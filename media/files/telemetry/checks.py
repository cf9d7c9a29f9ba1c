"""Where and when: does the telemetry fit the site and the survey, and do the clocks agree. Figures, no sentences."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from media.files.telemetry.places import Place, from_gcj, outside
from media.files.telemetry.sample import Sample, Telemetry

NEAR = 50.0
"""Metres beyond the polygon that count as on the site: receivers are not better."""
GCJ_LEAST = 100.0
"""Metres that a shift must explain to be believed."""
CLOCKS = timedelta(minutes=5)
"""How far two clocks may differ and agree."""


@dataclass(frozen=True, slots=True)
class Check:
    """`code` names the sentence, `result` is pass, warn or fail, `figures` stand in the sentence.

    place-inside {share, seconds}; place-outside {metres, farthest, seconds, share}; place-unknown;
    place-gcj02 {metres};
    time-inside {first, last}; time-outside {first, last, minutes}; time-unknown; clocks-agree {seconds, zone};
    clocks-differ {seconds, one, other}; zone-assumed {minutes}; telemetry-broken {broken, unchecked};
    telemetry-unknown {name}.
    """

    code: str
    result: str
    figures: dict[str, float | str] = field(default_factory=dict)


def check(
    telemetry: Telemetry | None,
    polygon: Sequence[Place] = (),
    window: tuple[datetime, datetime] | None = None,
    container: datetime | None = None,
    uploaded: datetime | None = None,
) -> list[Check]:
    """All checks that the facts allow. `polygon`: corners (or one point) of the site; `window`: within which the survey
    asked for filming; `container`: creation in UTC that the file says; `uploaded`: when the server had it."""
    found: list[Check] = []
    if polygon:
        found.append(_place(telemetry, polygon))
    if window:
        found.append(_time(telemetry, window, container))
    found += _clocks(telemetry, container, uploaded)
    if telemetry and telemetry.zone == "assumed":
        found.append(Check("zone-assumed", "warn", {"minutes": telemetry.offset_minutes or 0}))
    if telemetry and (telemetry.broken or telemetry.unchecked):
        figures: dict[str, float | str] = {"broken": telemetry.broken, "unchecked": telemetry.unchecked}
        found.append(Check("telemetry-broken", "warn", figures))
    if telemetry and telemetry.unknown:
        found.append(Check("telemetry-unknown", "warn", {"name": telemetry.unknown}))
    return found


def _place(telemetry: Telemetry | None, polygon: Sequence[Place]) -> Check:
    placed = telemetry.placed if telemetry else ()
    if not placed:
        return Check("place-unknown", "warn")
    far = [outside(_at(one), polygon) for one in placed]
    lasts = _lasts(placed)
    away = sum(last for last, distance in zip(lasts, far, strict=True) if distance > NEAR)
    outer = [distance for distance in far if distance > NEAR]
    share = 1 - len(outer) / len(far)
    if not outer:
        return Check("place-inside", "pass", {"share": 1.0, "seconds": round(sum(lasts), 1)})
    nearer = [outside(from_gcj(_at(one)), polygon) for one in placed]
    better = sum(distance <= NEAR for distance in nearer)
    if better > len(far) * 0.9 and better > (len(far) - len(outer)) * 2 and min(outer) >= GCJ_LEAST:
        return Check("place-gcj02", "warn", {"metres": round(sorted(far)[len(far) // 2], 1)})
    figures: dict[str, float | str] = {
        "metres": round(sorted(outer)[len(outer) // 2], 1),
        "farthest": round(max(outer), 1),
        "seconds": round(away, 1),
        "share": round(share, 4),
    }
    return Check("place-outside", "warn" if share >= 0.5 else "fail", figures)


def _at(sample: Sample) -> Place:
    return sample.latitude or 0.0, sample.longitude or 0.0


def _lasts(samples: Sequence[Sample]) -> list[float]:
    """Seconds for which each sample stands: until the next, by the film's time or the clock."""
    lasts = []
    for one, following in pairwise(samples):
        step = 0.0
        if one.at is not None and following.at is not None:
            step = following.at - one.at
        elif one.time and following.time:
            step = (following.time - one.time).total_seconds()
        lasts.append(min(max(0.0, step), 60.0))
    return [*lasts, lasts[-1] if lasts else 0.0]


def _time(telemetry: Telemetry | None, window: tuple[datetime, datetime], container: datetime | None) -> Check:
    first = (telemetry.first if telemetry else None) or container
    last = (telemetry.last if telemetry else None) or container
    if first is None or last is None:
        return Check("time-unknown", "warn")
    figures: dict[str, float | str] = {"first": first.isoformat(), "last": last.isoformat()}
    if window[0] <= first and last <= window[1]:
        return Check("time-inside", "pass", figures)
    off = max(window[0] - first, last - window[1])
    return Check("time-outside", "fail", figures | {"minutes": round(off.total_seconds() / 60, 1)})


def _clocks(telemetry: Telemetry | None, container: datetime | None, uploaded: datetime | None) -> list[Check]:
    found = []
    first = telemetry.first if telemetry else None
    if first and container and telemetry and telemetry.zone != "film":  # which is the container's own clock
        begin = next((one for one in telemetry.samples if one.time), None)
        at = timedelta(seconds=(begin.at or 0.0) if begin else 0.0)
        off = (first - at - container).total_seconds()
        figures: dict[str, float | str] = {"seconds": round(off, 1)}
        if abs(off) <= CLOCKS.total_seconds():
            found.append(Check("clocks-agree", "pass", figures | {"zone": telemetry.zone}))
        else:
            found.append(Check("clocks-differ", "warn", figures | {"one": "telemetry", "other": "container"}))
    last = max((one for one in (telemetry.last if telemetry else None, container) if one), default=None)
    if last and uploaded and last > uploaded + CLOCKS:
        ahead = round((last - uploaded).total_seconds(), 1)
        found.append(Check("clocks-differ", "warn", {"seconds": ahead, "one": "file", "other": "server"}))
    return found
