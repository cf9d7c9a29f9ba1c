"""Lengths of time and way as people say them: rounded to what matters, in the reader's units."""

from collections.abc import Callable

Say = Callable[..., str]
MINUTE, HOUR, DAY = 60, 3_600, 86_400  # seconds


def span(seconds: float, say: Say) -> str:
    """How long: tenths below ten seconds, then the two largest units; the sign does not matter."""
    length = abs(seconds)
    if length < 9.95:
        return say("unit.seconds", n=f"{length:.1f}".removesuffix(".0"))
    if round(length) < MINUTE:
        return say("unit.seconds", n=round(length))
    if round(length) < 10 * MINUTE:
        return _two(round(length), MINUTE, ("unit.minutes", "unit.minutes_seconds"), say)
    if length < HOUR - MINUTE / 2:
        return say("unit.minutes", n=round(length / MINUTE))
    if length < 2 * DAY:
        return _two(round(length / MINUTE), 60, ("unit.hours", "unit.hours_minutes"), say)
    return _two(round(length / HOUR), 24, ("unit.days", "unit.days_hours"), say)


def distance(metres: float, say: Say) -> str:
    """How far: whole metres below a kilometre, tenths of one below ten."""
    length = abs(metres)
    if length < 9.95:
        return say("unit.metres", n=f"{length:.1f}".removesuffix(".0"))
    if round(length) < 1_000:
        return say("unit.metres", n=round(length))
    kilometres = length / 1_000
    return say("unit.kilometres", n=f"{kilometres:.1f}".removesuffix(".0") if kilometres < 9.95 else round(kilometres))


def zone(minutes: float) -> str:
    """A time zone by its distance from UTC."""
    hours, rest = divmod(round(abs(minutes)), 60)
    return f"UTC{'−' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")


def _two(whole: int, large: int, keys: tuple[str, str], say: Say) -> str:
    n, rest = divmod(whole, large)
    return say(keys[1], n=n, rest=rest) if rest else say(keys[0], n=n)
