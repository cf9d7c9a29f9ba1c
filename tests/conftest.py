"""Fixtures that every kind of test may use; the modules of tests/fixtures say what each is."""

from tests.fixtures.clip import clip, new_clip
from tests.fixtures.instance import instance, start_instance
from tests.fixtures.postgres import postgres, postgres_url
from tests.fixtures.s3 import bucket, s3

__all__ = ["bucket", "clip", "instance", "new_clip", "postgres", "postgres_url", "s3", "start_instance"]
