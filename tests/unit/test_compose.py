"""`compose.yaml` cannot be run where there is no container engine; that it names what exists can be tested."""

import re
from dataclasses import fields
from pathlib import Path

from server.configuration import SECTIONS

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = (ROOT / "compose.yaml").read_text()


def settings() -> set[str]:
    return {f"TAKAN_{section}_{part.name}".upper() for section, kind in SECTIONS.items() for part in fields(kind)}


def test_every_setting_given_to_a_role_exists() -> None:
    given = set(re.findall(r"^ +(TAKAN_\w+): ", COMPOSE, re.MULTILINE))
    assert {"TAKAN_DATABASE_URL", "TAKAN_OBJECTS_KIND", "TAKAN_MEDIA_ANNOUNCED"} <= given
    assert given - settings() == set()


def test_every_value_that_the_office_must_give_is_explained_at_the_top() -> None:
    head = COMPOSE[: COMPOSE.index("\nname: ")]
    wanted = set(re.findall(r"\$\{(\w+)", COMPOSE))
    assert {name for name in wanted if f"{name}=" not in head} == set()


def test_every_role_is_started_by_a_command_of_the_script() -> None:
    script = (ROOT / "takan").read_text()
    roles = re.findall(r"command: \[(\w+), --data", COMPOSE)
    assert sorted(roles) == ["media", "migrate", "web", "worker"]
    assert all(f'"{role}": "' in script for role in roles)
