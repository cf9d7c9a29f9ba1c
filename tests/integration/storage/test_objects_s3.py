"""What only a service can do: be away, keep other people's bytes, take parts."""

import base64
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO

import pytest
from minio import Minio
from minio.datatypes import Part
from minio.error import S3Error

from inspection.model.errors import Unavailable, WrongDigest
from inspection.model.package import store_line
from storage.objects.bytes import key_of
from storage.objects.s3 import S3Objects
from tests.fixtures.processes import free_port
from tests.fixtures.s3 import S3


def digest_of(data: bytes) -> str:
    return sha256(data).hexdigest()


def objects_in(s3: S3, bucket: str, part: int = 5 << 20) -> S3Objects:
    return S3Objects(s3.endpoint, bucket, s3.access_key, s3.secret_key, secure=False, part=part)


def test_bytes_of_several_parts_are_one_object(s3: S3, bucket: str) -> None:
    data = os.urandom((12 << 20) + 7)
    digest, objects = digest_of(data), objects_in(s3, bucket)
    objects.put(digest, BytesIO(data), len(data))
    objects.put(digest, BytesIO(data), len(data))
    assert objects.confirm(digest, len(data))
    with objects.open(digest, (5 << 20) - 3, (5 << 20) + 3) as body:
        assert body.read() == data[(5 << 20) - 3 : (5 << 20) + 3]


def test_parts_that_do_not_match_leave_no_object_and_no_upload(s3: S3, bucket: str) -> None:
    data, objects = os.urandom(6 << 20), objects_in(s3, bucket)
    digest = digest_of(data)
    for wrong, size in ((data[:-1] + b"!", len(data)), (data[:-1], len(data)), (data + b"!", len(data))):
        with pytest.raises(WrongDigest):
            objects.put(digest, BytesIO(wrong), size)
    assert objects.size(digest) is None
    uploads = s3.client()._list_multipart_uploads(bucket).uploads
    assert [upload.object_name for upload in uploads] == []


def test_other_bytes_that_stand_under_a_key_are_found_and_not_written_over(s3: S3, bucket: str) -> None:
    digest, objects = digest_of(b"kept"), objects_in(s3, bucket)
    s3.client().put_object(bucket_name=bucket, object_name=key_of(digest), data=BytesIO(b"keqt"), length=4)
    assert not objects.confirm(digest, 4)
    with pytest.raises(WrongDigest):
        objects.put(digest, BytesIO(b"kept"), 4)
    with objects.open(digest) as body:
        assert body.read() == b"keqt"


def test_an_object_without_the_services_checksum_is_confirmed_by_reading(s3: S3, bucket: str) -> None:
    digest, objects = digest_of(b"kept"), objects_in(s3, bucket)
    s3.client().put_object(bucket_name=bucket, object_name=key_of(digest), data=BytesIO(b"kept"), length=4)
    assert objects.confirm(digest, 4)
    objects.put(digest, BytesIO(b"kept"), 4)


def away(s3: S3, bucket: str) -> list[S3Objects]:
    nobody = S3Objects(f"127.0.0.1:{free_port()}", bucket, "key", "secret", secure=False)
    stranger = S3Objects(s3.endpoint, bucket, "nobody", "nobody-secret", secure=False)
    return [nobody, stranger]


@pytest.mark.parametrize("which", [0, 1], ids=["nobody-listens", "refused"])
def test_a_service_that_is_away_or_refuses_us_is_unavailable_to_both_cores(s3: S3, bucket: str, which: int) -> None:
    objects, digest = away(s3, bucket)[which], digest_of(b"kept")
    calls: list[Callable[[], object]] = [
        objects.prepare,
        lambda: objects.put(digest, BytesIO(b"kept"), 4),
        lambda: objects.confirm(digest, 4),
        lambda: objects.open(digest),
        lambda: objects.size(digest),
    ]
    for call in calls:
        with pytest.raises(Unavailable) as error:
            call()
        assert isinstance(error.value, OSError)


def test_a_bucket_that_is_missing_is_made_once(s3: S3, bucket: str) -> None:
    objects = objects_in(s3, f"{bucket}-new")
    assert not s3.client().bucket_exists(bucket_name=f"{bucket}-new")
    objects.prepare()
    objects.prepare()
    assert s3.client().bucket_exists(bucket_name=f"{bucket}-new")
    objects.put(digest_of(b"kept"), BytesIO(b"kept"), 4)
    assert objects.confirm(digest_of(b"kept"), 4)


def test_reading_half_of_an_object_gives_the_connection_back(s3: S3, bucket: str) -> None:
    data = os.urandom(3 << 20)
    digest, objects = digest_of(data), objects_in(s3, bucket)
    objects.put(digest, BytesIO(data), len(data))
    for _ in range(40):  # more than the pool holds
        with objects.open(digest) as body:
            assert body.read(1000) == data[:1000]
    assert objects.confirm(digest, len(data))


@pytest.mark.parametrize("size", [5, (5 << 20) + 1], ids=["whole", "parts"])
def test_a_locked_object_cannot_be_removed_by_anybody(s3: S3, size: int) -> None:
    bucket, data = s3.new_bucket(object_lock=True), os.urandom(size)
    objects = S3Objects(s3.endpoint, bucket, s3.access_key, s3.secret_key, secure=False, retention_days=2, part=5 << 20)
    objects.put(digest_of(data), BytesIO(data), size)
    client, key = s3.client(), key_of(digest_of(data))
    retention = client.get_object_retention(bucket_name=bucket, object_name=key)
    assert retention is not None
    assert retention.mode == "COMPLIANCE"
    assert timedelta(days=1) < retention.retain_until_date - datetime.now(UTC) <= timedelta(days=2)
    version = client.stat_object(bucket_name=bucket, object_name=key).version_id
    with pytest.raises(S3Error):
        client.remove_object(bucket_name=bucket, object_name=key, version_id=version)
    assert objects.confirm(digest_of(data), size)


@pytest.mark.parametrize("size", [5, (5 << 20) + 1], ids=["whole", "parts"])
def test_retention_and_legal_hold_are_set_on_write_and_told(s3: S3, size: int) -> None:
    bucket, data = s3.new_bucket(object_lock=True), os.urandom(size)
    keys = (s3.endpoint, bucket, s3.access_key, s3.secret_key)
    objects = S3Objects(*keys, secure=False, retention_days=2, legal_hold=True, part=5 << 20)
    objects.put(digest_of(data), BytesIO(data), size)
    assert store_line(objects.keeping()) == "s3; object lock; 2 days; legal hold"
    lock = objects.lock(digest_of(data))
    assert lock is not None
    assert lock.legal_hold
    assert lock.until is not None
    assert timedelta(days=1) < lock.until - datetime.now(UTC) <= timedelta(days=2)
    assert s3.client().is_object_legal_hold_enabled(bucket_name=bucket, object_name=key_of(digest_of(data)))
    assert objects.lock(digest_of(b"missing")) is None


def test_a_bucket_without_object_lock_takes_objects_and_is_said_to_have_none(s3: S3, bucket: str) -> None:
    objects = S3Objects(s3.endpoint, bucket, s3.access_key, s3.secret_key, secure=False, retention_days=2)
    objects.put(digest_of(b"kept"), BytesIO(b"kept"), 4)
    assert store_line(objects.keeping()) == "s3; no object lock"
    assert objects.lock(digest_of(b"kept")) is None


def test_what_is_none_of_ours_is_listed_by_its_name(s3: S3, bucket: str) -> None:
    objects = objects_in(s3, bucket)
    s3.client().put_object(bucket_name=bucket, object_name="notes/readme", data=BytesIO(b"x"), length=1)
    s3.client().put_object(bucket_name=bucket, object_name=digest_of(b"y"), data=BytesIO(b"yy"), length=2)
    assert dict(objects.all()) == {"notes/readme": 1, digest_of(b"y"): 2}


class TestMinio:
    """What we use of minio 7.2.20 that is private, or that a service may do otherwise. A new version passes or this
    says what changed."""

    @pytest.fixture
    def client(self, s3: S3) -> Minio:
        return s3.client()

    def put(self, client: Minio, bucket: str, key: str, data: bytes, digest: bytes) -> int:
        told = {"If-None-Match": "*", "x-amz-checksum-sha256": base64.b64encode(digest).decode()}
        return int(client._execute("PUT", bucket, key, body=data, headers={**told}, no_body_trace=True).status)

    def test_a_conditional_put_answers_412_when_the_key_is_taken(self, client: Minio, bucket: str) -> None:
        digest = sha256(b"kept").digest()
        assert self.put(client, bucket, "key", b"kept", digest) == 200
        with pytest.raises(S3Error) as error:
            self.put(client, bucket, "key", b"kept", digest)
        assert error.value.code == "PreconditionFailed"
        assert error.value.response.status == 412

    def test_the_service_refuses_bytes_with_another_checksum(self, client: Minio, bucket: str) -> None:
        with pytest.raises(S3Error) as error:
            self.put(client, bucket, "key", b"keqt", sha256(b"kept").digest())
        assert error.value.code == "BadDigest"

    def test_parts_of_an_upload_are_put_listed_page_by_page_and_put_together(self, client: Minio, bucket: str) -> None:
        upload = client._create_multipart_upload(bucket, "parts", {"Content-Type": "application/octet-stream"})
        data = [os.urandom(5 << 20), b"end"]
        etags = [client._upload_part(bucket, "parts", one, {}, upload, n) for n, one in enumerate(data, 1)]
        first = client._list_parts(bucket, "parts", upload, 1, None)
        assert (first.is_truncated, [part.part_number for part in first.parts]) == (True, [1])
        second = client._list_parts(bucket, "parts", upload, 1, str(first.next_part_number_marker))
        assert [str(part.etag) for part in second.parts] == [etags[1].strip('"')]
        given = [Part(n, etag) for n, etag in enumerate(etags, 1)]
        client._complete_multipart_upload(bucket, "parts", upload, given)
        assert client.get_object(bucket_name=bucket, object_name="parts").read() == b"".join(data)
        other = client._create_multipart_upload(bucket, "other", {"Content-Type": "application/octet-stream"})
        client._abort_multipart_upload(bucket, "other", other)

    def test_the_service_tells_the_checksum_that_it_checked(self, client: Minio, bucket: str) -> None:
        digest = sha256(b"kept").digest()
        self.put(client, bucket, "key", b"kept", digest)
        stat = client.stat_object(
            bucket_name=bucket, object_name="key", extra_headers={"x-amz-checksum-mode": "ENABLED"}
        )
        told = {name.lower(): value for name, value in (stat.metadata or {}).items()}
        assert told["x-amz-checksum-sha256"] == base64.b64encode(digest).decode()

    def test_parts_are_put_completed_and_aborted_by_private_calls(self, client: Minio, bucket: str) -> None:
        upload = client._create_multipart_upload(bucket, "key", {})
        pieces = [bytes(5 << 20), b"kept"]
        etags = [
            client._upload_part(bucket, "key", piece, {}, upload, number) for number, piece in enumerate(pieces, 1)
        ]
        parts = [Part(number, etag) for number, etag in enumerate(etags, 1)]
        client._complete_multipart_upload(bucket, "key", upload, parts)
        assert client.stat_object(bucket_name=bucket, object_name="key").size == (5 << 20) + 4
        client._abort_multipart_upload(bucket, "key", client._create_multipart_upload(bucket, "key", {}))
