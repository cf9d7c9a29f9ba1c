"""What only browser tests use: Playwright's event loop must not be where asynchronous tests run theirs."""

from pathlib import Path

import pytest

from tests.fixtures.axe import violations
from tests.fixtures.chromium import chromium, launch_chromium, playwright

__all__ = ["artefacts", "chromium", "launch_chromium", "playwright", "violations"]


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """Where pictures of pages are left for people to look at; git does not keep them."""
    folder = Path(__file__).parents[2] / "artefacts"
    folder.mkdir(exist_ok=True)
    return folder
