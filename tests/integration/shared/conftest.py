"""The counting context on the session's servers: a world of its own for each test, or one a file with its services."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.amqp_world import World, open_world
from tests.support.stack import Servers


@pytest.fixture
def world(tmp_path: Path, database_url: str, amqp_uri: str) -> Iterator[World]:
    """Without any process."""
    with open_world(tmp_path, database_url, amqp_uri) as opened:
        yield opened


@pytest.fixture(scope="module")
def counting(tmp_path_factory: pytest.TempPathFactory, servers: Servers) -> Iterator[World]:
    """With the counter's service, which two calls keep busy."""
    directory = tmp_path_factory.mktemp("counting")
    with servers.database() as database_url, open_world(directory, database_url, servers.amqp_uri) as opened:
        opened.serve("counter", WQ_MAX_WORKERS=2)
        yield opened
