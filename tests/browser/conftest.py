"""What only browser tests use: Playwright's event loop must not be where asynchronous tests run theirs."""

from tests.fixtures.axe import violations
from tests.fixtures.chromium import chromium, launch_chromium, playwright

__all__ = ["chromium", "launch_chromium", "playwright", "violations"]
