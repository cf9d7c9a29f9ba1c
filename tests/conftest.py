"""Fixtures that every kind of test may use; the modules of tests/fixtures say what each is."""

from tests.fixtures.postgres import postgres, postgres_url
from tests.fixtures.s3 import bucket, s3

__all__ = ["bucket", "postgres", "postgres_url", "s3"]
