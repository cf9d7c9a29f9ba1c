"""How moments, places and digests are written on a sheet."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from inspection.model.ledger import moment


@dataclass(frozen=True, slots=True)
class Telling:
    say: Callable[..., str]
    language: str
    zone: ZoneInfo
    address: str

    def time(self, at_us: int | None) -> str:
        """The office's wall clock, with its distance from UTC."""
        if at_us is None:
            return "–"
        return moment(at_us).astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S UTC%z")

    def place(self, latitude_e7: int | None, longitude_e7: int | None) -> str:
        if latitude_e7 is None or longitude_e7 is None:
            return str(self.say("paper.unknown"))
        return f"{latitude_e7 / 1e7:.6f}, {longitude_e7 / 1e7:.6f} (WGS-84)"


def code(ticks: int, timescale: int) -> str:
    """A time code: hours, minutes, seconds and thousandths from the survey's epoch."""
    thousandths = ticks * 1000 // max(timescale, 1)
    seconds, rest = divmod(thousandths, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{rest:03d}"


def mono(text: str) -> dict[str, str]:
    return {"mono": text}


def table(title: str, widths: list[int], head: list[str], rows: list[list[Any]]) -> dict[str, Any]:
    return {"kind": "table", "title": title, "widths": widths, "head": head, "rows": rows}
