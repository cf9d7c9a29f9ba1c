from io import BytesIO

import psycopg

from tests.fixtures.postgres import Postgres
from tests.fixtures.s3 import S3


def test_each_test_gets_a_database_of_its_own(postgres: Postgres, postgres_url: str) -> None:
    other = postgres.new_database()
    assert postgres.url(other) != postgres_url
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
    postgres.drop_database(other)


def test_the_s3_server_keeps_what_it_is_given(s3: S3, bucket: str) -> None:
    client = s3.client()
    client.put_object(bucket_name=bucket, object_name="one", data=BytesIO(b"bytes"), length=5)
    answer = client.get_object(bucket_name=bucket, object_name="one")
    assert answer.read() == b"bytes"
    answer.close()


def test_a_bucket_with_object_lock_can_be_made(s3: S3) -> None:
    name = s3.new_bucket(object_lock=True)
    assert s3.client().get_object_lock_config(bucket_name=name) is not None
