"""What the S3 client does by itself, for measuring ours beside it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from storage.objects.build import build_objects
from storage.objects.s3 import S3Objects


def client_upload(settings: Mapping[str, Any], name: str, path: Path) -> None:
    """The client's own multipart upload of a file (three parts at a time), as an object that is let go again.
    `settings` as for `build_objects`. Raises `ValueError` for another kind of store, and the client's errors."""
    objects = build_objects(settings)
    if not isinstance(objects, S3Objects):
        raise ValueError("no S3 service")
    objects._client.fput_object(bucket_name=objects._bucket, object_name=name, file_path=str(path))


def let_go(settings: Mapping[str, Any], name: str) -> None:
    """The object that was put. Raises the client's errors."""
    objects = build_objects(settings)
    if isinstance(objects, S3Objects):
        objects._client.remove_object(bucket_name=objects._bucket, object_name=name)
