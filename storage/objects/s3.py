"""Objects in a bucket of any S3 service, through the `minio` client.

An object is written once: `If-None-Match: *` refuses a second writer, and `x-amz-checksum-sha256` lets the service
refuse bytes that changed on the way. minio 7.2.20 has no public conditional put: `Minio._execute`,
`_create_multipart_upload`, `_upload_part`, `_complete_multipart_upload` and `_abort_multipart_upload` are private and
used here; `TestMinio` in tests/integration/storage/test_objects_s3.py names them.
"""

import base64
import io
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

import urllib3
from minio import Minio
from minio.commonconfig import ENABLED, CopySource
from minio.datatypes import Part
from minio.error import MinioException, S3Error
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from inspection.model.errors import NotFound
from inspection.model.package import Keeping, Lock
from storage.objects.bytes import DIGEST, checked, is_intact, key_of, name_of
from storage.objects.errors import OtherBytes, StoreAway

PART = 16 << 20  # bytes: up to here one put, beyond it parts of this size (at most 10,000: 160 GB)
CONNECT = 3.0  # seconds
READ = 15.0
TRIES = urllib3.Retry(
    total=2,
    backoff_factor=0.2,
    status_forcelist=(500, 502, 503, 504),
    raise_on_status=False,
    respect_retry_after_header=False,
)
Headers = dict[str, str | list[str] | tuple[str]]  # as minio writes it
ASIDE = "set-aside/"
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
TAKEN = {"PreconditionFailed", "ConditionalRequestConflict"}
MISSING = {"NoSuchKey", "NotFound"}
WITHOUT_LOCK = {"ObjectLockConfigurationNotFoundError", "NotImplemented", "MethodNotAllowed", "InvalidRequest"}


class S3Objects:
    """Implements `inspection.ports.ObjectStore` and `media.ports.SegmentStore` in one bucket.

    `endpoint` is `host[:port]`. With `retention_days` each object is locked on write for so long (Object Lock in its
    compliance mode: nobody can shorten it), with `legal_hold` it is held until an administrator of the service lets
    it go; both only where the bucket was made with Object Lock, and `keeping` tells whether it was. Nothing is sent
    before the first call, so that a role starts while the service is away.
    """

    def __init__(
        self,
        endpoint: str,
        bucket: str,
        access_key: str,
        secret_key: str,
        region: str = "",
        secure: bool = True,
        retention_days: int = 0,
        legal_hold: bool = False,
        part: int = PART,
    ) -> None:
        self._retention = timedelta(days=retention_days)
        self._hold = legal_hold
        self._lockable: bool | None = None  # not asked yet
        self._part = part
        self._bucket = bucket
        self._client = Minio(
            endpoint=endpoint,
            access_key=access_key,
            secret_key=secret_key,
            secure=secure,
            region=region or "us-east-1",
            http_client=urllib3.PoolManager(
                maxsize=16, timeout=urllib3.Timeout(connect=CONNECT, read=READ), retries=TRIES
            ),
        )

    def prepare(self) -> None:
        """Make the bucket when it is missing."""
        with _away():
            if self._client.bucket_exists(bucket_name=self._bucket):
                return
            try:
                self._client.make_bucket(bucket_name=self._bucket, object_lock=self._wants_lock())
            except S3Error as error:
                if error.code not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
                    raise

    def put(self, digest: str, source: BinaryIO, size: int) -> None:
        if not DIGEST.match(digest):
            raise OtherBytes(digest)
        key = key_of(digest)
        with _away():
            if size <= self._part:
                placed = self._put_whole(key, digest, b"".join(checked(source, digest, size)))
            else:
                placed = self._put_parts(key, checked(source, digest, size))
            if not placed and not self.confirm(digest, size):
                raise OtherBytes(digest)

    def confirm(self, digest: str, size: int) -> bool:
        """By the service's own SHA-256 where it keeps one, else by reading the object back."""
        with _away():
            stat = self._stat(digest, {"x-amz-checksum-mode": "ENABLED"})
            if stat is None or stat.size != size:
                return False
            # Of an object in parts the service has a digest of digests ("…-2"), which is not ours.
            told = {name.lower(): value for name, value in stat.metadata.items()}.get("x-amz-checksum-sha256", "-")
            if "-" not in told:
                return bool(told == _base64(digest))
            with self.open(digest) as body:
                return is_intact(body, digest, size)

    def open(self, digest: str, start: int = 0, end: int | None = None) -> BinaryIO:
        key = key_of(digest)
        if end is not None and end <= start:
            return self._nothing(digest)
        with _away():
            length = 0 if end is None else end - start
            try:
                response = self._client.get_object(
                    bucket_name=self._bucket, object_name=key, offset=start, length=length
                )
            except S3Error as error:
                if error.code in MISSING:
                    raise NotFound("object-missing") from error
                if error.code == "InvalidRange":
                    return self._nothing(digest)
                raise
        return io.BufferedReader(_Body(response))

    def size(self, digest: str) -> int | None:
        with _away():
            stat = self._stat(digest, {})
            return None if stat is None else int(stat.size)

    def all(self) -> Iterator[tuple[str, int]]:
        with _away():
            for one in self._client.list_objects(bucket_name=self._bucket, recursive=True):
                # Neither what a broken link left of a part, nor what stood where other bytes belong.
                if not str(one.object_name).startswith(("incoming/", ASIDE)):
                    yield name_of(str(one.object_name)), int(one.size or 0)

    def versions(self, digest: str) -> Iterator[BinaryIO]:
        key = key_of(digest)
        with _away():
            kept = self._client.list_objects(bucket_name=self._bucket, prefix=key, recursive=True, include_version=True)
            # minio 7.2.20 gives "true" and "false" as the service wrote them.
            older = [one for one in kept if one.object_name == key and str(one.is_latest).lower() != "true"]
        there = [one for one in older if not one.is_delete_marker]
        for one in sorted(there, key=lambda one: one.last_modified or EARLIEST, reverse=True):
            with _away():
                response = self._client.get_object(bucket_name=self._bucket, object_name=key, version_id=one.version_id)
            yield io.BufferedReader(_Body(response))

    def restore(self, name: str, digest: str, source: BinaryIO, size: int) -> None:
        """A version before stays where the bucket keeps versions, else it is copied to `set-aside/`."""
        key = key_of(name)
        with _away():
            if size <= self._part:
                data = b"".join(checked(source, digest, size))
                self._set_aside(name, key)
                checksum: Headers = {"x-amz-checksum-sha256": _base64(digest), "x-amz-sdk-checksum-algorithm": "SHA256"}
                headers = checksum | self._headers()
                self._client._execute("PUT", self._bucket, key, body=data, headers=headers, no_body_trace=True)
            else:
                self._set_aside(name, key)
                self._put_parts(key, checked(source, digest, size))

    def _set_aside(self, name: str, key: str) -> None:
        versions = self._client.get_bucket_versioning(bucket_name=self._bucket)
        if versions.status == ENABLED or self._stat(name, {}) is None:
            return
        self._client.copy_object(
            bucket_name=self._bucket,
            object_name=f"{ASIDE}{name}.{secrets.token_hex(4)}",
            source=CopySource(bucket_name=self._bucket, object_name=key),
        )

    def keeping(self) -> Keeping:
        with _away():
            if not self._has_lock():
                return Keeping("s3", object_lock=False)
        return Keeping("s3", self._wants_lock(), self._retention.days, self._hold)

    def lock(self, digest: str) -> Lock | None:
        with _away():
            stat = self._stat(digest, {}) if self._has_lock() else None
        if stat is None:
            return None
        told = {name.lower(): value for name, value in stat.metadata.items()}
        until = told.get("x-amz-object-lock-retain-until-date")
        hold = told.get("x-amz-object-lock-legal-hold") == "ON"
        return Lock(None if until is None else datetime.fromisoformat(until), hold)

    def _wants_lock(self) -> bool:
        return bool(self._retention) or self._hold

    def _has_lock(self) -> bool:
        """Whether the bucket was made with Object Lock: asked once, since a bucket never loses it."""
        if self._lockable is None:
            try:
                self._client.get_object_lock_config(bucket_name=self._bucket)
                self._lockable = True
            except S3Error as error:
                if error.code not in WITHOUT_LOCK:
                    raise
                self._lockable = False
        return self._lockable

    def _nothing(self, digest: str) -> BinaryIO:
        if self.size(digest) is None:
            raise NotFound("object-missing")
        return io.BytesIO()

    def _stat(self, digest: str, headers: Headers) -> Any | None:
        try:
            return self._client.stat_object(bucket_name=self._bucket, object_name=key_of(digest), extra_headers=headers)
        except NotFound:
            return None
        except S3Error as error:
            if error.code in MISSING:
                return None
            raise

    def _headers(self) -> Headers:
        """What every new object is told about itself."""
        headers: Headers = {"Content-Type": "application/octet-stream"}
        if not self._wants_lock() or not self._has_lock():
            return headers
        if self._hold:
            headers["x-amz-object-lock-legal-hold"] = "ON"
        if self._retention:
            until = datetime.now(UTC) + self._retention
            headers["x-amz-object-lock-mode"] = "COMPLIANCE"
            headers["x-amz-object-lock-retain-until-date"] = until.strftime("%Y-%m-%dT%H:%M:%SZ")
        return headers

    def _put_whole(self, key: str, digest: str, data: bytes) -> bool:
        """False when the key was taken."""
        headers: Headers = {"If-None-Match": "*", "x-amz-checksum-sha256": _base64(digest)}
        headers |= {"x-amz-sdk-checksum-algorithm": "SHA256"} | self._headers()
        try:
            self._client._execute("PUT", self._bucket, key, body=data, headers=headers, no_body_trace=True)
        except S3Error as error:
            if error.code in TAKEN:
                return False
            raise
        return True

    def _put_parts(self, key: str, chunks: Iterator[bytes]) -> bool:
        """The object has its name only after all of it was checked. Never says that it was placed: the caller reads
        it back, since a service's digest of parts is not the digest of the whole."""
        upload = self._client._create_multipart_upload(self._bucket, key, self._headers())
        try:
            etags = [
                self._client._upload_part(self._bucket, key, part, {}, upload, number)
                for number, part in enumerate(_parts(chunks, self._part), 1)
            ]
            parts = [Part(number, etag) for number, etag in enumerate(etags, 1)]
            self._client._complete_multipart_upload(self._bucket, key, upload, parts)
        except (OtherBytes, MinioException, HTTPError, OSError):
            with suppress(MinioException, HTTPError):
                self._client._abort_multipart_upload(self._bucket, key, upload)
            raise
        return False


class _Body(io.RawIOBase):
    """The body of an answer; a service that goes away in its middle is a store that is away."""

    def __init__(self, response: BaseHTTPResponse) -> None:
        super().__init__()
        self._response = response

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        with _away():
            data = self._response.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._response.close()
            self._response.release_conn()
        super().close()


def _parts(chunks: Iterator[bytes], size: int) -> Iterator[bytes]:
    part = bytearray()
    for chunk in chunks:
        part += chunk
        while len(part) >= size:
            yield bytes(part[:size])
            del part[:size]
    if part:
        yield bytes(part)


def _base64(digest: str) -> str:
    return base64.b64encode(bytes.fromhex(digest)).decode()


@contextmanager
def _away() -> Iterator[None]:
    try:
        yield
    except StoreAway:
        raise
    except (MinioException, HTTPError, OSError) as error:
        raise StoreAway(f"{type(error).__name__}: {error}") from error
