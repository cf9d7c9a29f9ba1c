"""Deadlines in working days. Weekends do not count; public holidays are an argument."""

from datetime import date, datetime, timedelta, timezone

OFFICE_ZONE = timezone(timedelta(hours=8), "CST")  # China keeps one time and no summer time
SATURDAY = 5
NO_HOLIDAYS: frozenset[date] = frozenset()


def office_day(now: datetime) -> date:
    """The day on the office's wall calendar."""
    return now.astimezone(OFFICE_ZONE).date()


def is_working(day: date, holidays: frozenset[date] = NO_HOLIDAYS) -> bool:
    return day.weekday() < SATURDAY and day not in holidays


def add_working_days(start: date, days: int, holidays: frozenset[date] = NO_HOLIDAYS) -> date:
    """The day on which `days` working days after `start` have passed; the day of intake itself does not count."""
    day = start
    while days > 0:
        day += timedelta(days=1)
        days -= is_working(day, holidays)
    return day


def working_days_left(today: date, due: date, holidays: frozenset[date] = NO_HOLIDAYS) -> int:
    """Working days after today up to the due day; negative when it has passed."""
    sign, low, high = (1, today, due) if due >= today else (-1, due, today)
    span = (high - low).days
    return sign * sum(is_working(low + timedelta(days=step), holidays) for step in range(1, span + 1))
