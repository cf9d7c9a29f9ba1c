"""Times and ways are rounded to what matters, and told in the reader's units."""

import json
from pathlib import Path
from typing import Any

import pytest

from server.pages.film_words import sentences
from server.pages.quantities import distance, span, zone

TRANSLATIONS = Path(__file__).resolve().parents[3] / "web" / "translations"


def speaker(language: str) -> Any:
    words = json.loads((TRANSLATIONS / f"{language}.json").read_text("utf-8"))
    return lambda key, **values: words[key].format(**values)


say = speaker("en")


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0 s"), (2.0, "2 s"), (-0.34, "0.3 s"), (9.96, "10 s"), (59.4, "59 s"), (59.6, "1 min"), (61, "1 min 1 s"),
        (483.1, "8 min 3 s"), (1_800, "30 min"), (3_599, "1 h"), (28_986, "8 h 3 min"), (86_400, "24 h"),
        (172_800, "2 days"), (180_000, "2 days 2 h"),
    ],
)  # fmt: skip
def test_a_span_of_time(seconds: float, told: str) -> None:
    assert span(seconds, say) == told


@pytest.mark.parametrize(
    ("metres", "told"),
    [
        (0.04, "0 m"), (3.26, "3.3 m"), (35.2, "35 m"), (999.4, "999 m"), (999.6, "1 km"), (1_040, "1 km"),
        (9_930, "9.9 km"), (9_990, "10 km"), (197_037.3, "197 km"),
    ],
)  # fmt: skip
def test_a_distance(metres: float, told: str) -> None:
    assert distance(metres, say) == told


def test_a_zone() -> None:
    assert [zone(480), zone(-210), zone(0)] == ["UTC+8", "UTC−3:30", "UTC+0"]


def found(code: str, **figures: float | str) -> dict[str, Any]:
    return {"code": code, "result": "warn", "figures": figures}


CHECKS = [
    found("place-outside", metres=197_037.3, farthest=197_037.4, seconds=2.0, share=0.0),
    found("place-outside", metres=64.2, farthest=120.0, seconds=75, share=0.8128),
    found("time-outside", first="x", last="y", minutes=483.1),
    found("zone-assumed", minutes=480),
    found("clocks-differ", seconds=7_200.4, one="file", other="server"),
]


def test_what_the_checks_found_is_read_without_a_calculator() -> None:
    assert [one["words"] for one in sentences({"checks": CHECKS, "damage": ["truncated", "unheard-of"]}, say)] == [
        "The end of the film is missing",
        "Filmed 197 km from the site all along",
        "Away from the site for 1 min 15 s, usually by 64 m, by 120 m at most; 81 % of it on the site",
        "Filmed outside the survey's time, by 8 h 3 min",
        "The time zone is not stated; UTC+8 is assumed",
        "The clocks differ by 2 h",
    ]
    assert len(sentences({"checks": CHECKS, "beginning": 10.0}, speaker("zh-CN"))) == 6
