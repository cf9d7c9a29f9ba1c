"""Uploads in a bucket: S3 multipart with equal parts, whatever the link does.

Parts are of one size, so that the 10,000 of them hold any number of interruptions: what a broken link leaves of a part
stands as an object of its own (`incoming/<id>/<part>`) and is put before what comes next. A part that is put a second
time has its ETag noted beside it, since some services list both.

Private calls of minio 7.2.20: `_create_multipart_upload`, `_upload_part`, `_list_parts`, `_complete_multipart_upload`,
`_abort_multipart_upload`; `TestMinio` in tests/integration/storage/test_objects_s3.py names them.
"""

import io

from minio.datatypes import Part
from minio.error import S3Error

from inspection.model.upload import upload_name
from storage.objects.bytes import key_of
from storage.objects.errors import StoreAway
from storage.objects.s3 import MISSING, S3Objects, _away

PART = 8 << 20  # bytes: 10,000 of them are 80 GB
MOST_PARTS = 9_900
PAGE = 1_000  # parts that a listing tells at once


def part_size(size: int) -> int:
    """Bytes of each part but the last; the same for every process that takes a chunk of that upload."""
    if size <= PART * MOST_PARTS:
        return PART
    mib = 1 << 20
    return -(-size // MOST_PARTS // mib) * mib + mib


class S3Uploads:
    """Implements `inspection.ports.UploadStore` in the bucket of an `S3Objects`."""

    def __init__(self, objects: S3Objects) -> None:
        self._objects, self._client, self._bucket = objects, objects._client, objects._bucket

    def begin(self, id: str, size: int) -> str:
        if size == 0:
            return ""
        with _away():
            return self._client._create_multipart_upload(self._bucket, _key(id), self._objects._headers())

    def resume(self, id: str, token: str, size: int, offset: int) -> "S3Writer":
        whole = part_size(size)
        number, left = divmod(offset, whole)
        head = bytearray()
        if left:
            with _away():
                answer = self._client.get_object(
                    bucket_name=self._bucket, object_name=_tail(id, number + 1), length=left
                )
                try:
                    head += answer.read()
                finally:
                    answer.close()
                    answer.release_conn()
            if len(head) != left:
                raise StoreAway(f"the rest of part {number + 1} is not whole")
        with _away():
            page = self._client._list_parts(self._bucket, _key(id), token, PAGE, str(number) if number else None)
        there = {part.part_number for part in page.parts if part.part_number > number}
        return S3Writer(self, id, token, size, offset, head, there)

    def finish(self, id: str, token: str, size: int) -> None:
        if size == 0:
            return
        with _away():
            try:
                parts = self._parts(id, token)
                needed = -(-size // part_size(size))
                given = [Part(number, self._etag(id, number, parts)) for number in range(1, needed + 1)]
                self._client._complete_multipart_upload(self._bucket, _key(id), token, given)
            except S3Error as error:
                if error.code != "NoSuchUpload" or self._objects.size(upload_name(id)) != size:
                    raise
            self._forget_tails(id)

    def path(self, id: str) -> str | None:
        return None

    def drop(self, id: str, token: str) -> None:
        with _away():
            if token:
                try:
                    self._client._abort_multipart_upload(self._bucket, _key(id), token)
                except S3Error as error:
                    if error.code not in MISSING | {"NoSuchUpload"}:
                        raise
            if self._objects.size(upload_name(id)) is not None:
                self._client.remove_object(bucket_name=self._bucket, object_name=_key(id))
            self._forget_tails(id)

    def _etag(self, id: str, number: int, parts: list[Part]) -> str:
        told = {str(part.etag) for part in parts if part.part_number == number}
        if not told:
            raise StoreAway(f"part {number} is missing")
        if len(told) == 1:
            return told.pop()
        answer = self._client.get_object(bucket_name=self._bucket, object_name=f"{_tail(id, number)}.etag")
        try:
            return answer.read().decode()
        finally:
            answer.close()
            answer.release_conn()

    def _parts(self, id: str, token: str) -> list[Part]:
        found: list[Part] = []
        marker = None
        for _ in range(MOST_PARTS // PAGE + 2):
            page = self._client._list_parts(self._bucket, _key(id), token, PAGE, marker)
            found += page.parts
            if not page.is_truncated:
                break
            marker = str(page.next_part_number_marker)
        return sorted(found, key=lambda part: part.part_number)

    def _forget_tails(self, id: str) -> None:
        found = self._client.list_objects(bucket_name=self._bucket, prefix=f"incoming/{id}/", recursive=True)
        for tail in found:
            self._client.remove_object(bucket_name=self._bucket, object_name=str(tail.object_name))

    def put_part(self, id: str, token: str, number: int, data: bytes | bytearray, again: bool) -> None:
        """Again under the same number: the later bytes count."""
        with _away():
            told = self._client._upload_part(self._bucket, _key(id), data, {}, token, number)  # type: ignore[arg-type]
            etag = told.strip('"').encode()
            if again:
                note = f"{_tail(id, number)}.etag"
                self._client.put_object(
                    bucket_name=self._bucket, object_name=note, data=io.BytesIO(etag), length=len(etag)
                )

    def put_tail(self, id: str, number: int, data: bytes) -> None:
        with _away():
            self._client.put_object(
                bucket_name=self._bucket, object_name=_tail(id, number), data=io.BytesIO(data), length=len(data)
            )


class S3Writer:
    """Implements `inspection.ports.UploadWriter`: never holds more than one part."""

    def __init__(
        self, uploads: S3Uploads, id: str, token: str, size: int, offset: int, head: bytearray, there: set[int]
    ) -> None:
        self._there = there  # parts that an earlier attempt put and nobody counted
        self._uploads, self._id, self._token, self._size = uploads, id, token, size
        self._whole = part_size(size)
        self._rest, self.held = head, offset

    def write(self, data: bytes | memoryview) -> None:
        view = memoryview(data)
        while view:
            taken = view[: self._whole - len(self._rest)]
            self._rest += taken
            view = view[len(taken) :]
            if len(self._rest) == self._whole:
                self._put()

    def keep(self) -> int:
        reached = self._done() + len(self._rest)
        if self._rest and reached == self._size:
            self._put()
        elif self._rest:
            self._uploads.put_tail(self._id, self._number(), bytes(self._rest))
            self.held = reached
        return self.held

    def close(self) -> None:
        self._rest = bytearray()

    def _put(self) -> None:
        number, data = self._number(), self._rest
        length, self._rest = len(data), bytearray()  # handed on as it is: twenty uploads hold twenty parts, not forty
        self._uploads.put_part(self._id, self._token, number, data, number in self._there)
        self.held = (number - 1) * self._whole + length

    def _done(self) -> int:
        return (self._number() - 1) * self._whole

    def _number(self) -> int:
        return self.held // self._whole + 1


def _key(id: str) -> str:
    return key_of(upload_name(id))


def _tail(id: str, number: int) -> str:
    return f"incoming/{id}/{number}"
