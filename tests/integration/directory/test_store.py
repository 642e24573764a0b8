"""A bucket keeps what every store promises, over a real S3 API; a server that is away is said to be, after a while."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from textwrap import dedent
from typing import Any
from uuid import uuid4

import boto3
import pytest
from moto.server import ThreadedMotoServer

from services.directory.papers.store import ObjectStore, S3Store
from shared.errors import Unavailable
from tests.support.store_contract import CONTENT, Damage, StoreContract

KEYS = ("key", "secret")


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def client(endpoint: str) -> Iterator[Any]:
    client = boto3.session.Session().client(
        "s3", endpoint_url=endpoint, aws_access_key_id=KEYS[0], aws_secret_access_key=KEYS[1], region_name="us-east-1"
    )
    yield client
    client.close()


@pytest.fixture
def bucket(client: Any) -> str:
    name = f"evidence-{uuid4().hex}"
    client.create_bucket(Bucket=name)
    return name


@pytest.fixture
def store(endpoint: str, bucket: str) -> ObjectStore:
    return S3Store(endpoint, bucket, *KEYS)


@pytest.fixture
def damage(client: Any, bucket: str) -> Damage:
    def spoil(address: str) -> None:
        client.put_object(Bucket=bucket, Key=f"{address[:2]}/{address}", Body=CONTENT[:-1])

    return spoil


class TestS3Store(StoreContract):
    """The contract."""


def unavailable(store: ObjectStore) -> None:
    for use in (lambda: store.put(CONTENT), lambda: store.get("0" * 64), lambda: store.delete("0" * 64)):
        with pytest.raises(Unavailable) as caught:
            use()
        assert caught.value.code == "object.unavailable"


def test_a_bucket_that_does_not_exist_is_a_fault_of_the_store_and_no_missing_file(endpoint: str) -> None:
    unavailable(S3Store(endpoint, "no-such-bucket", *KEYS))


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        unavailable(S3Store(f"http://127.0.0.1:{closed.getsockname()[1]}", "evidence", *KEYS))


def test_a_server_that_does_not_answer_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as frozen:
        unavailable(S3Store(f"http://127.0.0.1:{frozen.getsockname()[1]}", "evidence", *KEYS, read_seconds=0.2))


def test_green_threads_of_a_serving_process_use_a_bucket_at_once(endpoint: str, bucket: str) -> None:
    program = """
        import sys
        from wq import serving
        import eventlet
        from services.directory.papers.store import S3Store

        store = S3Store(*sys.argv[1:])

        def use(number):
            content = bytes([number]) * 100_000
            return store.get(store.put(content)) == content

        assert all(eventlet.GreenPool(10).imap(use, range(30)))
    """
    argv = [sys.executable, "-W", "ignore", "-c", dedent(program), endpoint, bucket, *KEYS]
    subprocess.run(argv, timeout=60, check=True)
