"""The configured store."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from storage.objects.local import LocalObjects
from storage.objects.s3 import S3Objects
from storage.objects.uploads_local import LocalUploads
from storage.objects.uploads_s3 import S3Uploads

Objects = LocalObjects | S3Objects
Uploads = LocalUploads | S3Uploads


def build_objects(settings: Mapping[str, Any]) -> Objects:
    """From the configuration's section: `kind` "folder" needs `folder`; "s3" needs `endpoint` (host[:port]),
    `bucket`, `access_key` and `secret_key`, and takes `region`, `secure`,
    `retention_days` and `legal_hold`. Raises `ValueError` for another kind."""
    kind = settings.get("kind", "folder")
    if kind == "folder":
        return LocalObjects(Path(settings["folder"]))
    if kind == "s3":
        return S3Objects(
            endpoint=settings["endpoint"],
            bucket=settings["bucket"],
            access_key=settings["access_key"],
            secret_key=settings["secret_key"],
            region=settings.get("region", ""),
            secure=settings.get("secure", True),
            retention_days=settings.get("retention_days", 0),
            legal_hold=settings.get("legal_hold", False),
        )
    raise ValueError(f"no such kind of object store: {kind!r}")


def build_uploads(settings: Mapping[str, Any]) -> Uploads:
    """Where uploads arrive, in the same store. Raises `ValueError` for another kind."""
    if settings.get("kind", "folder") == "folder":
        return LocalUploads(Path(settings["folder"]))
    objects = build_objects(settings)
    if isinstance(objects, LocalObjects):
        raise ValueError("no uploads into such a store")
    return S3Uploads(objects)
